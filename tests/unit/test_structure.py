"""
The requirements on structure, each with a document that keeps it and one that does not.

The ids are those of the list of requirements (R- for 1.0, N- for what 1.1 adds); A-71 is
its table of where the text and the official schemas disagree, and what is done here.

https://spec.openapis.org/arazzo/v1.1.0.html#schema
"""

import textwrap

import pytest

from arazzo_runner.errors import DocumentError
from arazzo_runner.loader.build import build
from arazzo_runner.loader.parse import parse

#: A whole document; a case replaces what stands in one of its fields, or adds to it.
ROOT = {
    "arazzo": "1.1.0",
    "info": "{title: t, version: '1'}",
    "sourceDescriptions": "[{name: s, url: s.yaml}]",
    "workflows": "[{workflowId: w, steps: [STEP]}]",
}
STEP = "{stepId: a, operationId: b}"


def root(**fields):
    """The document with *fields* of its root; None takes one away."""
    lines = {**ROOT, **fields}
    lines = {name.replace("own", "$self"): each for name, each in lines.items()}
    found = [f"{name}: {each}" for name, each in lines.items() if each is not None]
    return "\n".join(found).replace("STEP", STEP) + "\n"


def workflow(fields, arazzo="1.1.0", steps=f"[{STEP}]", components="{}"):
    """The document with *fields* of its workflow, and others beside."""
    inner = textwrap.indent(textwrap.dedent(fields), "  ")
    written = f"\n- steps: {steps}\n{inner}"
    return root(arazzo=arazzo, workflows=written, components=components)


def step(fields, arazzo="1.1.0", components="{}", target="operationId: b"):
    """The document with *fields* of its step."""
    lines = f"{target}\n{textwrap.dedent(fields)}".strip()
    inner = textwrap.indent(lines, "    ").strip()
    written = f"\n- workflowId: w\n  steps:\n  - stepId: a\n    {inner}"
    return root(arazzo=arazzo, workflows=written, components=components)


def criterion(fields, arazzo="1.1.0"):
    return step(f"successCriteria: [{{{fields}}}]", arazzo)


def action(fields, kind="onFailure", arazzo="1.1.0"):
    return step(f"{kind}: [{{{fields}}}]", arazzo)


def parameter(fields, arazzo="1.1.0", **options):
    return step(f"parameters: [{{{fields}}}]", arazzo, **options)


def body(fields, arazzo="1.1.0"):
    return step(f"requestBody: {{{fields}}}", arazzo)


def source(fields, arazzo="1.1.0"):
    return root(arazzo=arazzo, sourceDescriptions=f"[{{{fields}}}]")


def components(fields):
    return root(components=f"{{{fields}}}")


def found(text, strict=False):
    """The problems of a document: (code, severity) of each."""
    try:
        _, warnings = build(parse(text, "doc.yaml"), strict=strict)
    except DocumentError as error:
        warnings = error.problems
    return [(each.code, each.severity) for each in warnings]


W, A = "workflowId: w", "name: n, type: end"

#: Requirement, a document that keeps it, one that does not, the code of the error.
CASES = [
    # 1.1 document
    ("R-DOC-01", root(), "{}", "AZ105"),
    ("R-DOC-04", root(), f"- {root(workflows=None)[:5]}", "AZ105"),
    ("R-DOC-05", root(), root(info=None, Info="{title: t, version: '1'}"), "AZ203"),
    ("R-DOC-05", step(""), step("operationid: x"), "AZ203"),
    ("R-DOC-12", action("name: n, type: retry, retryLimit: 2"),
     action("name: n, type: retry, retryLimit: 2.0"), "AZ202"),
    ("R-DOC-12", action("name: n, type: retry, retryLimit: 2"),
     action("name: n, type: retry, retryLimit: 2e0"), "AZ202"),
    ("R-DOC-16", root(), root(workflows="[{workflowId: w, steps: [{operationId: b}]}]"),
     "AZ201"),
    # 1.2 root
    ("R-ROOT-01", root(), root(arazzo=None), "AZ201"),
    ("R-ROOT-01", root(), root(arazzo="1.1"), "AZ202"),
    ("R-ROOT-01", root(), root(arazzo="one"), "AZ106"),
    ("R-ROOT-02", root(arazzo="1.0.1"), root(arazzo="2.0.0"), "AZ106"),
    ("R-ROOT-02", root(arazzo="1.1.0"), root(arazzo="0.9.0"), "AZ106"),
    ("R-ROOT-03", root(), root(info=None), "AZ201"),
    ("R-ROOT-03", root(), root(info="t"), "AZ202"),
    ("R-INFO-05", root(), root(info="{title: t, version: '1', contact: me}"), "AZ203"),
    ("R-ROOT-05", root(), root(sourceDescriptions=None), "AZ201"),
    ("R-ROOT-05", root(), root(sourceDescriptions="[]"), "AZ204"),
    ("R-ROOT-05", root(), root(sourceDescriptions="{}"), "AZ202"),
    ("R-ROOT-06", root(), root(workflows=None), "AZ201"),
    ("R-ROOT-06", root(), root(workflows="[]"), "AZ204"),
    ("R-ROOT-06", root(), root(workflows="w"), "AZ202"),
    ("R-ROOT-07", components(""), root(components="[]"), "AZ202"),
    ("R-ROOT-08", root(**{"x-a": "1"}), root(y="1"), "AZ203"),
    ("R-ROOT-09", root(), root(sourceDescriptions="[{name: s, url: a}, {name: s, url: a}]"),
     "AZ205"),
    ("R-ROOT-09", root(), root(workflows="[{workflowId: w, steps: [STEP]},"
     " {workflowId: w, steps: [STEP]}]"), "AZ205"),
    # 1.3 info
    ("R-INFO-01", root(), root(info="{version: '1'}"), "AZ201"),
    ("R-INFO-01", root(), root(info="{title: 1, version: '1'}"), "AZ202"),
    ("R-INFO-02", root(), root(info="{title: t}"), "AZ201"),
    ("R-INFO-02", root(), root(info="{title: t, version: 1.0}"), "AZ202"),
    ("R-INFO-03", root(info="{title: t, version: '1', summary: s}"),
     root(info="{title: t, version: '1', summary: 1}"), "AZ202"),
    ("R-INFO-04", root(info="{title: t, version: '1', description: '*d*'}"),
     root(info="{title: t, version: '1', description: [d]}"), "AZ202"),
    ("R-INFO-05", root(info="{title: t, version: '1', x-a: null}"),
     root(info="{title: t, version: '1', a: null}"), "AZ203"),
    # 1.4 source descriptions
    ("R-SRC-01", source("name: a, url: b"), source("url: b"), "AZ201"),
    ("R-SRC-01", source("name: a, url: b"), source("name: 1, url: b"), "AZ202"),
    ("R-SRC-02", root(sourceDescriptions="[{name: a, url: x}, {name: A, url: x}]"),
     root(sourceDescriptions="[{name: a, url: x}, {name: a, url: y}]"), "AZ205"),
    ("R-SRC-04", source("name: a, url: '../b%20c.yaml'"), source("name: a"), "AZ201"),
    ("R-SRC-04", source("name: a, url: 'https://example.com/b?c#d'"),
     source("name: a, url: 1"), "AZ202"),
    ("R-SRC-06", source("name: a, url: b, type: openapi"),
     source("name: a, url: b, type: wsdl"), "AZ204"),
    ("R-SRC-06", source("name: a, url: b, type: arazzo"),
     source("name: a, url: b, type: OpenAPI"), "AZ204"),
    ("R-SRC-08", source("name: a, url: b, x-c: 1"), source("name: a, url: b, c: 1"),
     "AZ203"),
    # 1.5 workflows
    ("R-WF-01", workflow(W), workflow("summary: s"), "AZ201"),
    ("R-WF-01", workflow(W), workflow("workflowId: 1"), "AZ202"),
    ("R-WF-02", root(workflows="[{workflowId: v, steps: [STEP]}, {workflowId: w, steps: [STEP]}]"),
     root(workflows="[{workflowId: w, steps: [STEP]}, {workflowId: w, steps: [STEP]}]"),
     "AZ205"),
    ("R-WF-03", root(workflows="[{workflowId: W, steps: [STEP]}, {workflowId: w, steps: [STEP]}]"),
     workflow("workflowID: w"), "AZ203"),
    ("R-WF-05", workflow(f"{W}\nsummary: s\ndescription: d"), workflow(f"{W}\nsummary: 1"),
     "AZ202"),
    ("R-WF-06", workflow(f"{W}\ninputs: true"), workflow(f"{W}\ninputs: []"), "AZ202"),
    ("R-WF-08", workflow(f"{W}\ndependsOn: [v]"), workflow(f"{W}\ndependsOn: [1]"),
     "AZ202"),
    ("R-WF-12", workflow(W), workflow(W, steps="{}"), "AZ202"),
    ("R-WF-12", workflow(W), root(workflows="[{workflowId: w}]"), "AZ201"),
    ("R-WF-13", workflow(W), workflow(W, steps="[]"), "AZ204"),
    ("R-WF-16", workflow(f"{W}\nsuccessActions: [{{reference: $components.successActions.n}}]"),
     workflow(f"{W}\nsuccessActions: [{{reference: 1}}]"), "AZ202"),
    ("R-WF-17", workflow(f"{W}\nsuccessActions: [{{{A}}}, {{name: m, type: end}}]"),
     workflow(f"{W}\nsuccessActions: [{{{A}}}, {{{A}}}]"), "AZ205"),
    ("R-WF-20", workflow(f"{W}\nfailureActions: [{{reference: $components.failureActions.n}}]"),
     workflow(f"{W}\nfailureActions: [{{reference: ''}}]"), "AZ204"),
    ("R-WF-21", workflow(f"{W}\nfailureActions: [{{{A}}}, {{name: N, type: end}}]"),
     workflow(f"{W}\nfailureActions: [{{{A}}}, {{name: n, type: retry}}]"), "AZ205"),
    ("R-WF-22", workflow(f"{W}\noutputs: {{a: $inputs.b}}"), workflow(f"{W}\noutputs: [a]"),
     "AZ202"),
    ("R-WF-26", workflow(f"{W}\nparameters: [{{reference: $components.parameters.n}}]"),
     workflow(f"{W}\nparameters: [{{reference: [n]}}]"), "AZ202"),
    ("R-WF-27", workflow(f"{W}\nparameters: [{{name: p, in: query, value: 1}}, "
     "{name: p, in: path, value: 1}]"),
     workflow(f"{W}\nparameters: [{{name: p, in: query, value: 1}}, "
     "{name: p, in: query, value: 2}]"), "AZ205"),
    ("R-WF-28", workflow(f"{W}\nx-a: 1"), workflow(f"{W}\na: 1"), "AZ203"),
    # 1.6 steps
    ("R-STEP-01", step(""), workflow(W, steps="[{operationId: b}]"), "AZ201"),
    ("R-STEP-01", step(""), workflow(W, steps="[{stepId: 1, operationId: b}]"), "AZ202"),
    ("R-STEP-02", workflow(W, steps="[{stepId: a, operationId: b}, {stepId: b, operationId: b}]"),
     workflow(W, steps="[{stepId: a, operationId: b}, {stepId: a, operationId: c}]"), "AZ205"),
    ("R-STEP-03", workflow(W, steps="[{stepId: a, operationId: b}, {stepId: A, operationId: b}]"),
     step("stepid: b"), "AZ203"),
    ("R-STEP-05", step("description: d"), step("description: 1"), "AZ202"),
    ("R-STEP-06", step("", target="operationPath: b"), step("", target="description: b"),
     "AZ201"),
    ("R-STEP-06", step("", target="workflowId: b"), step("operationPath: c"), "AZ206"),
    ("R-STEP-06", step("", target="operationId: b"), step("workflowId: c"), "AZ206"),
    ("R-STEP-18", step("parameters: [{reference: $components.parameters.n}]"),
     step("parameters: [{reference: null}]"), "AZ202"),
    ("R-STEP-19", parameter("name: p, in: query, value: 1"),
     step("parameters:\n- {name: p, in: query, value: 1}\n- {name: p, in: query, value: 2}"),
     "AZ205"),
    ("R-STEP-24", step("successCriteria: [{condition: $statusCode == 200}]"),
     step("successCriteria: []"), "AZ204"),
    ("R-STEP-28", step("onSuccess: [{reference: $components.successActions.n}]"),
     step("onSuccess: [n]"), "AZ202"),
    ("R-STEP-29", step(f"onSuccess: [{{{A}}}]"), step(f"onSuccess: [{{{A}}}, {{{A}}}]"),
     "AZ205"),
    ("R-STEP-33", step("onFailure: [{reference: $components.failureActions.n}]"),
     step("onFailure: {reference: n}"), "AZ202"),
    ("R-STEP-34", step(f"onFailure: [{{{A}}}]"), step(f"onFailure: [{{{A}}}, {{{A}}}]"),
     "AZ205"),
    ("R-STEP-35", step("outputs: {a: $url}"), step("outputs: {a: null}"), "AZ202"),
    ("R-STEP-37", step("x-a: 1"), step("a: 1"), "AZ203"),
    # 1.7 parameters
    ("R-PARAM-01", parameter("name: p, in: query, value: 1"),
     parameter("in: query, value: 1"), "AZ201"),
    ("R-PARAM-01", parameter("name: p, in: query, value: 1"),
     parameter("name: '', in: query, value: 1"), "AZ204"),
    ("R-PARAM-02", step("parameters:\n- {name: p, in: query, value: 1}\n- {name: p, in: header, value: 1}"),
     step("parameters:\n- {name: p, in: header, value: 1}\n- {name: P, in: header, value: 1}"),
     "AZ205"),
    *(("R-PARAM-03", parameter(f"name: p, in: {place}, value: 1"),
       parameter("name: p, in: Query, value: 1"), "AZ204")
      for place in ("path", "query", "header", "cookie")),
    ("R-PARAM-03", parameter("name: p, in: path, value: 1"),
     parameter("name: p, in: body, value: 1"), "AZ204"),
    ("R-PARAM-04", parameter("name: p, value: 1", target="workflowId: v"),
     parameter("name: p, value: 1"), "AZ201"),
    ("R-PARAM-10", parameter("name: p, in: query, value: null"),
     parameter("name: p, in: query"), "AZ201"),
    ("R-PARAM-12", parameter("name: p, in: query, value: 1, x-a: 1"),
     parameter("name: p, in: query, value: 1, style: form"), "AZ203"),
    # 1.8 success actions
    ("R-SACT-01", action(A, "onSuccess"), action("type: end", "onSuccess"), "AZ201"),
    ("R-SACT-01", action(A, "onSuccess"), action("name: 1, type: end", "onSuccess"), "AZ202"),
    ("R-SACT-02", action("name: n, type: goto, stepId: a", "onSuccess"),
     action("name: n", "onSuccess"), "AZ201"),
    ("R-SACT-02", action(A, "onSuccess"), action("name: n, type: stop", "onSuccess"), "AZ204"),
    ("R-SACT-06", action("name: n, type: goto, workflowId: v", "onSuccess"),
     action("name: n, type: goto, workflowId: v, stepId: a", "onSuccess"), "AZ206"),
    ("R-SACT-06", action("name: n, type: goto, stepId: a", "onSuccess"),
     action("name: n, type: goto", "onSuccess"), "AZ201"),
    ("R-SACT-12 A-71", action(f"{A}, criteria: [{{condition: a}}]", "onSuccess"),
     action(f"{A}, criteria: []", "onSuccess"), "AZ204"),
    ("R-SACT-13", action(f"{A}, x-a: 1", "onSuccess"), action(f"{A}, a: 1", "onSuccess"),
     "AZ203"),
    # 1.9 failure actions
    ("R-FACT-01", action(A), action("type: end"), "AZ201"),
    ("R-FACT-02", action("name: n, type: retry"), action("name: n"), "AZ201"),
    ("R-FACT-02", action("name: n, type: goto, stepId: a"), action("name: n, type: break"),
     "AZ204"),
    ("R-FACT-08 A-71", action("name: n, type: retry, stepId: a"),
     action("name: n, type: retry, stepId: a, workflowId: v"), "AZ206"),
    ("R-FACT-08", action("name: n, type: goto, workflowId: v"),
     action("name: n, type: goto, stepId: a, workflowId: v"), "AZ206"),
    ("R-FACT-11", action("name: n, type: retry, retryAfter: 0.5"),
     action("name: n, type: retry, retryAfter: -0.5"), "AZ204"),
    ("R-FACT-11", action("name: n, type: retry, retryAfter: 0"),
     action("name: n, type: retry, retryAfter: '1'"), "AZ202"),
    ("R-FACT-14", action("name: n, type: retry, retryLimit: 0"),
     action("name: n, type: retry, retryLimit: -1"), "AZ204"),
    ("R-FACT-14", action("name: n, type: retry, retryLimit: 5"),
     action("name: n, type: retry, retryLimit: 1.5"), "AZ202"),
    ("R-FACT-18", action("name: n, type: retry"),
     action("name: n, type: retry, retryLimit: null"), "AZ202"),
    ("R-FACT-20", action(f"{A}, x-a: 1"), action(f"{A}, a: 1"), "AZ203"),
    # 1.10 components, reusable objects
    ("R-COMP-01", components("inputs: {a: {}}, parameters: {}, successActions: {},"
     " failureActions: {}"), components("schemas: {}"), "AZ203"),
    ("R-COMP-01", components("inputs: {}"), components("inputs: []"), "AZ202"),
    *(("R-COMP-02", components(f"{section}: {{a-B_1.c: {value}}}"),
       components(f"{section}: {{a b: {value}}}"), "AZ204")
      for section, value in (("inputs", "true"), ("parameters", "{name: p, value: 1}"),
                             ("successActions", f"{{{A}}}"), ("failureActions", f"{{{A}}}"))),
    ("R-COMP-05", components("inputs: {a: false}"), components("inputs: {a: x}"), "AZ202"),
    ("R-COMP-05", components("parameters: {a: {name: p, in: query, value: 1}}"),
     components("parameters: {a: {name: p, in: query}}"), "AZ201"),
    ("R-COMP-05", components(f"successActions: {{a: {{{A}}}}}"),
     components("successActions: {a: {name: n, type: goto}}"), "AZ201"),
    ("R-COMP-05", components(f"failureActions: {{a: {{{A}}}}}"),
     components("failureActions: {a: {name: n}}"), "AZ201"),
    ("R-COMP-06", components("x-a: 1"), components("a: 1"), "AZ203"),
    ("R-REUSE-01", step("parameters: [{reference: $components.parameters.n}]"),
     step("parameters: [{value: 1}]"), "AZ201"),
    ("R-REUSE-05", workflow(f"{W}\ninputs: {{$ref: '#/components/inputs/a'}}"),
     workflow(f"{W}\ninputs: {{reference: $components.inputs.a}}"), "AZ203"),
    ("R-REUSE-05", workflow(f"{W}\ninputs: {{properties: {{reference: {{type: string}}}}}}"),
     components("inputs: {a: {reference: $components.inputs.b}, b: {}}"), "AZ203"),
    # 1.11 criteria
    ("R-CRIT-01", criterion("condition: a"), criterion("context: $url"), "AZ201"),
    ("R-CRIT-01", criterion("condition: a"), criterion("condition: true"), "AZ202"),
    *(("R-CRIT-03", criterion(f"condition: a, context: $url, type: {type_}"),
       criterion("condition: a, context: $url, type: jmespath"), "AZ204")
      for type_ in ("regex", "jsonpath", "xpath", "{type: xpath, version: xpath-10}")),
    ("R-CRIT-03", criterion("condition: a, type: simple"),
     criterion("condition: a, type: 1"), "AZ202"),
    *(("R-CRIT-04 R-CRIT-05", criterion(f"condition: a, context: $url, type: {type_}"),
       criterion(f"condition: a, type: {type_}"), "AZ406")
      for type_ in ("regex", "jsonpath", "xpath", "{type: xpath, version: xpath-10}")),
    ("R-CRIT-06", criterion("condition: a, context: $url, type: regex"),
     criterion("condition: a, context: 1, type: regex"), "AZ202"),
    ("R-CRIT-18", criterion("condition: a, context: $url, type:"
     " {type: jsonpath, version: draft-goessner-dispatch-jsonpath-00}"),
     criterion("condition: a, context: $url, type: jsonpath-goessner"), "AZ204"),
    ("R-CRIT-19", criterion("condition: a, x-a: 1"), criterion("condition: a, a: 1"), "AZ203"),
    ("R-CET-01 N-EXPT-01", criterion("condition: a, context: $url, type:"
     " {type: jsonpath, version: rfc9535}"),
     criterion("condition: a, context: $url, type: {version: rfc9535}"), "AZ201"),
    ("R-CET-01", criterion("condition: a, context: $url, type:"
     " {type: xpath, version: xpath-20}"),
     criterion("condition: a, context: $url, type: {type: regex, version: '1'}"), "AZ204"),
    ("R-CET-02 N-EXPT-03", criterion("condition: a, context: $url, type:"
     " {type: xpath, version: xpath-30}"),
     criterion("condition: a, context: $url, type: {type: xpath}"), "AZ201"),
    *(("R-CET-02 N-EXPT-02", criterion("condition: a, context: $url, type:"
       f" {{type: {type_}, version: {version}}}"),
       criterion(f"condition: a, context: $url, type: {{type: {type_}, version: v1}}"), "AZ204")
      for type_, version in (("jsonpath", "rfc9535"), ("xpath", "xpath-31"), ("xpath", "xpath-10"),
                             ("jsonpath", "draft-goessner-dispatch-jsonpath-00"))),
    ("R-CET-05", criterion("condition: a, context: $url, type:"
     " {type: xpath, version: xpath-10, x-a: 1}"),
     criterion("condition: a, context: $url, type: {type: xpath, version: xpath-10, a: 1}"),
     "AZ203"),
    ("A-71", criterion("condition: a, context: $url, type: {type: jsonpath, version: rfc9535}"),
     criterion("condition: a, context: $url, type: {type: jsonpointer, version: rfc6901}"),
     "AZ204"),
    ("A-71", criterion("condition: a, context: $url, type: {type: xpath, version: xpath-10}"),
     criterion("condition: a, context: $url, type: xpath, version: xpath-10"), "AZ203"),
    # 1.12 bodies and replacements
    ("R-BODY-01", body("contentType: text/plain, payload: a"),
     body("contentType: 1, payload: a"), "AZ202"),
    ("R-BODY-02", body("payload: [a, {b: $url}, null]"), step("requestBody: a"), "AZ202"),
    ("R-BODY-09", body("payload: {}, replacements: [{target: /a, value: 1}]"),
     body("payload: {}, replacements: {target: /a, value: 1}"), "AZ202"),
    ("R-BODY-10", body("payload: 1, x-a: 1"), body("payload: 1, a: 1"), "AZ203"),
    ("R-REPL-01", body("replacements: [{target: '', value: 1}]"),
     body("replacements: [{value: 1}]"), "AZ201"),
    ("R-REPL-03 A-71", body("replacements: [{target: /a, value: 10}]"),
     body("replacements: [{target: /a}]"), "AZ201"),
    ("R-REPL-04", body("replacements: [{target: /a, value: 1, x-a: 1}]"),
     body("replacements: [{target: /a, value: 1, a: 1}]"), "AZ203"),
    # 1.14 extensions
    ("R-EXT-01", step("x-a: 1"), step("X-a: 1"), "AZ203"),
    ("R-EXT-03", step("x-a: null\nx-b: 1\nx-c: [1]\nx-d: {e: 1}"), step("xa: null"), "AZ203"),
    # 2.1 identity
    ("N-ROOT-01", root(arazzo="1.1.3"), root(arazzo="1.x"), "AZ106"),
    ("N-ROOT-02", root(own="flows/a%20b.yaml"), root(own="'a b.yaml'"), "AZ204"),
    ("N-ROOT-02", root(own="https://example.com/ü"), root(own="'https://e.com/%zz'"), "AZ204"),
    ("N-ROOT-02", root(own="urn:a:b"), root(own="1"), "AZ202"),
    ("N-ROOT-03", root(own="https://example.com/a"), root(own="'https://example.com/a#b'"),
     "AZ204"),
    # 2.2 sources, workflows, steps
    ("N-SRC-01", source("name: a, url: b, type: asyncapi"),
     source("name: a, url: b, type: async"), "AZ204"),
    ("N-WF-01", workflow(f"{W}\noutputs: {{a: {{context: $inputs.a, selector: /b, type:"
     " jsonpointer}}"), workflow(f"{W}\noutputs: {{a: {{context: $inputs.a, selector: /b}}}}"),
     "AZ201"),
    ("N-STEP-01", step("action: send", target="channelPath: $sourceDescriptions.e.url#/channels/a"),
     step("action: send", target="channelPath: 1"), "AZ202"),
    *(("N-STEP-02", step("action: send", target="channelPath: c"),
       step(f"{other}: b\naction: send", target="channelPath: c"), "AZ206")
      for other in ("operationId", "operationPath", "workflowId")),
    ("N-STEP-06", step("timeout: 0"), step("timeout: 1.5"), "AZ202"),
    ("N-STEP-06 A-68 A-71", step("timeout: 5000"), step("timeout: -1"), "AZ204"),
    *(("N-STEP-07", step(f"action: {name}"), step("action: publish"), "AZ204")
      for name in ("send", "receive")),
    ("N-STEP-07", step("action: send"), step("action: send", target="workflowId: v"), "AZ206"),
    ("N-STEP-08", step("action: receive", target="channelPath: c"),
     step("", target="channelPath: c"), "AZ201"),
    ("N-STEP-09", step("action: receive\ncorrelationId: $inputs.a"),
     step("action: send\ncorrelationId: $inputs.a"), "AZ206"),
    ("N-STEP-09", step("action: receive\ncorrelationId: {a: 1}"), step("correlationId: a"),
     "AZ206"),
    ("N-STEP-13", step("dependsOn: [b]"), step("dependsOn: [$steps.b]"), "AZ204"),
    ("N-STEP-14", step("dependsOn: [$workflows.v.steps.b]"), step("dependsOn: [$workflows.v]"),
     "AZ204"),
    ("N-STEP-15", step("dependsOn: [$sourceDescriptions.s.v.steps.b]"),
     step("dependsOn: [$sourceDescriptions.s.v.b]"), "AZ204"),
    ("N-STEP-16", step("dependsOn: [b, c]"), step("dependsOn: []"), "AZ204"),
    ("N-STEP-16", step("dependsOn: [b, B]"), step("dependsOn: [b, b]"), "AZ205"),
    ("N-STEP-18", step("successCriteria: [{condition: a}]"), step("successCriteria: []"),
     "AZ204"),
    ("N-STEP-19", step("outputs: {a: {context: $url, selector: $.b, type: jsonpath}}"),
     step("outputs: {a: {context: $url, type: jsonpath}}"), "AZ201"),
    # 2.3 parameters, actions, bodies
    ("N-PARAM-01", parameter("name: p, in: querystring, value: 'a=1'"),
     parameter("name: p, in: queryString, value: 'a=1'"), "AZ204"),
    ("N-PARAM-04", step("parameters:\n- {name: p, in: querystring, value: a}\n- {name: q, in: header, value: a}"),
     step("parameters:\n- {name: p, in: querystring, value: a}\n- {name: q, in: query, value: a}"),
     "AZ327"),
    ("N-PARAM-04", workflow(f"{W}\nparameters: [{{name: p, in: querystring, value: a}}]",
                            steps="[{stepId: a, operationId: b, parameters: [{name: q, in: path, value: a}]}]"),
     workflow(f"{W}\nparameters: [{{name: p, in: querystring, value: a}}]",
              steps="[{stepId: a, operationId: b, parameters: [{name: q, in: query, value: a}]}]"),
     "AZ327"),
    ("N-PARAM-04", workflow(f"{W}\nparameters: [{{name: p, in: query, value: a}}]"),
     workflow(f"{W}\nparameters: [{{name: p, in: query, value: a}}, {{name: q, in: querystring, value: a}}]"),
     "AZ327"),
    ("N-PARAM-06", action("name: n, type: goto, workflowId: v, parameters: [{name: p, value: 1}]"),
     parameter("name: p, value: 1"), "AZ201"),
    ("N-ACT-02", action("name: n, type: goto, workflowId: v, parameters:"
     " [{reference: $components.parameters.p}]"),
     action("name: n, type: goto, workflowId: v, parameters: [{reference: 1}]"), "AZ202"),
    ("N-ACT-03", action("name: n, type: goto, workflowId: v, parameters:"
     " [{name: p, value: 1}, {name: q, value: 1}]"),
     action("name: n, type: goto, workflowId: v, parameters:"
     " [{name: p, value: 1}, {name: p, value: 2}]"), "AZ205"),
    ("N-ACT-04 A-71", action("name: n, type: retry, workflowId: v, parameters:"
     " [{name: p, value: 1}]"),
     action("name: n, type: retry, workflowId: v, parameters:"
     " [{name: p, in: query, value: 1}]"), "AZ206"),
    ("N-ACT-05", action("name: n, type: goto, workflowId: v, parameters: []"),
     action("name: n, type: goto, stepId: a, parameters: []"), "AZ206"),
    *(("N-REPL-02", body(f"replacements: [{{target: a, value: 1, targetSelectorType: {type_}}}]"),
       body("replacements: [{target: a, value: 1, targetSelectorType: regex}]"), "AZ204")
      for type_ in ("jsonpath", "xpath", "jsonpointer", "{type: xpath, version: xpath-31}",
                    "{type: jsonpointer, version: rfc6901}")),
    # 2.4 selectors
    ("N-EXPT-01", step("outputs: {a: {context: $url, selector: /b, type:"
     " {type: jsonpointer, version: rfc6901}}}"),
     step("outputs: {a: {context: $url, selector: /b, type: {type: simple, version: '1'}}}"),
     "AZ204"),
    ("N-SEL-01", step("outputs: {a: {context: $url, selector: b, type: xpath}}"),
     step("outputs: {a: {selector: b, type: xpath}}"), "AZ201"),
    ("N-SEL-02", step("outputs: {a: {context: $url, selector: '', type: jsonpointer}}"),
     step("outputs: {a: {context: $url, selector: 1, type: jsonpointer}}"), "AZ202"),
    ("N-SEL-03", step("outputs: {a: {context: $url, selector: b, type: jsonpath}}"),
     step("outputs: {a: {context: $url, selector: b, type: regex}}"), "AZ204"),
    # what the official schemas accept and the text does not
    ("A-71", step("parameters:\n- {name: p, in: query, value: {a: 1}}"),
     step("parameters:\n- {name: p, in: query, value: 1}\n- {name: p, in: query, value: 2}"),
     "AZ205"),
]  # fmt: skip


def names(cases):
    counts = {}
    for requirement, *_ in cases:
        counts[requirement] = counts.get(requirement, 0) + 1
        number = counts[requirement]
        yield requirement.replace(" ", "+") + ("" if number == 1 else f"-{number}")


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_a_document_that_keeps_a_requirement(case):
    _, kept, _, _ = case

    assert found(kept, strict=True) == []


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_a_document_that_does_not_keep_it(case):
    """Both lenient and strict, and with nothing else wrong but what follows from it."""
    _, _, broken, code = case

    problems = found(broken)

    assert (code, "error") in problems
    assert found(broken, strict=True)


# --- accepted with a warning ------------------------------------------------------------

#: Requirement, a document, the code of the warning, whether --strict refuses it.
ACCEPTED = [
    ("R-ROOT-02 A-72", root(arazzo="1.2.0"), "AZ106", False),
    ("R-SRC-04", source("name: a, url: 'a b.yaml'"), "AZ204", True),
    ("R-WF-23 A-71", workflow(f"{W}\noutputs: {{a b: $url}}"), "AZ204", True),
    ("R-STEP-36 A-71", step("outputs: {'a(b)': $url}"), "AZ204", True),
    ("R-SACT-02", action("name: n, type: retry", "onSuccess"), "AZ511", True),
    ("R-SACT-05 A-71", action("name: n, type: end, stepId: a", "onSuccess"), "AZ206", False),
    ("R-FACT-07 A-71", action("name: n, type: end, workflowId: v"), "AZ206", False),
    ("R-FACT-13", action("name: n, type: end, retryAfter: 1"), "AZ206", False),
    ("R-FACT-16", action("name: n, type: goto, stepId: a, retryLimit: 1"), "AZ206", False),
    ("R-SACT-12 A-71", action(f"{A}, criteria: []"), "AZ204", False),
    ("R-REUSE-03", step("onFailure: [{reference: $components.failureActions.n, value: 1}]"),
     "AZ203", False),
    ("R-REUSE-04 A-71", step("parameters: [{reference: $components.parameters.n, a: 1}]"),
     "AZ203", False),
    ("R-STEP-20", step("requestBody: {payload: 1}", target="workflowId: v"), "AZ206", False),
    ("R-PARAM-05 A-50", parameter("name: p, in: query, value: 1", target="workflowId: v"),
     "AZ206", False),
    ("N-PARAM-07 A-71", parameter("name: p, in: channel, value: 1"), "AZ204", False),
    ("A-21 A-71", criterion("condition: a, context: $url, type: xpath, version: xpath-10",
                            "1.0.1"), "AZ203", False),
    # what 1.1 brought, in a document of 1.0
    *(("A-72", text, "AZ518", True) for text in (
        root(arazzo="1.0.1", own="https://example.com/a"),
        source("name: a, url: b, type: asyncapi", "1.0.1"),
        step("timeout: 5", "1.0.1"),
        step("dependsOn: [b]", "1.0.0"),
        step("outputs: {a: {context: $url, selector: x, type: jsonpath}}", "1.0.1"),
        parameter("name: p, in: querystring, value: a", "1.0.1"),
        action("name: n, type: goto, workflowId: v, parameters: [{name: p, value: 1}]",
               arazzo="1.0.1"),
        body("replacements: [{target: $.a, value: 1, targetSelectorType: jsonpath}]", "1.0.1"),
        criterion("condition: a, context: $url, type: {type: jsonpath, version: rfc9535}",
                  "1.0.1"),
        criterion("condition: a, context: $url, type: {type: xpath, version: xpath-31}",
                  "1.0.1"),
    )),
]  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED, ids=names(ACCEPTED))
def test_what_is_accepted_with_a_warning(case):
    """Lenient by default; with --strict an error where the specification forbids it."""
    _, text, code, refused = case

    assert found(text) == [(code, "warning")]
    assert found(text, strict=True) == [(code, "error" if refused else "warning")]


@pytest.mark.parametrize("arazzo", ["1.0.0", "1.0.1", "1.0.9"])
def test_patches_are_the_same(arazzo):
    """R-DOC-02, R-DOC-03: the feature set is that of the minor version."""
    assert found(root(arazzo=arazzo), strict=True) == []
    assert found(step("timeout: 5", arazzo)) == [("AZ518", "warning")]


def test_what_is_honoured_although_it_is_newer():
    """A-72: a 1.1 field in a 1.0 document does what 1.1 says."""
    description, _ = build(parse(step("timeout: 1500", "1.0.1"), "doc.yaml"))

    assert description.workflows[0].steps[0].timeout == 1.5


def test_an_older_criterion_has_no_version_of_its_own():
    """R-CET-03: without an object the versions are the default ones."""
    text = criterion("condition: a, context: $url, type: jsonpath")
    description, _ = build(parse(text, "doc.yaml"))

    assert description.workflows[0].steps[0].success_criteria[0].type == "jsonpath"
