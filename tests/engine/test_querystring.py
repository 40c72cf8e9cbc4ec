"""
``in: querystring``: the whole query string of a request, Arazzo 1.1.

https://spec.openapis.org/arazzo/v1.1.0.html#parameter-object
"""

import pytest

from arazzo_runner.messages import NO_BODIES, Response, Secret, Template
from arazzo_runner.openapi.requests import build_request
from arazzo_runner.testing import play

OK = Response(200)
INPUTS = {
    "n": "a b&c",
    "o": {"k": [1, 2]},
    "category": "tea",
    "minPrice": 5,
    "q": 'say "hi"',
    "nothing": None,
}


def api(content="", *, path="/search", security="", version="3.2.0"):
    """One operation; *content* of its ``in: querystring`` parameter, if it has one."""
    declared = (
        f"parameters: [{{name: whole, in: querystring, content: {{{content}}}}}], "
        if content
        else ""
    )
    return (
        f"openapi: {version}\n"
        "info: {title: t, version: '1'}\n"
        "servers: [{url: https://api.test/v1}]\n"
        f"paths: {{'{path}': {{get: {{operationId: find, {security}{declared}responses: {{}}}}}}}}\n"
        "components: {securitySchemes: {key: {type: apiKey, in: query, name: api_key}}}\n"
    )


JSON = api("application/json: {schema: {type: object}}")
FORM = api("application/x-www-form-urlencoded: {schema: {type: object}}")
LOCKED = api(security="security: [{key: []}], ")


def workflow(value, *, name="whole", outputs="", more=""):
    return (
        "inputs: {type: object, properties: {n: {}, o: {}, category: {}, minPrice: {}, "
        "q: {}, nothing: {}, x: {}}}\n"
        f"steps:\n- stepId: one\n  operationId: find\n{outputs}  parameters:\n"
        f"  - {{name: {name}, in: querystring, value: {value}}}\n{more}"
    )


def played(flow, value, *, description=None, replies=(OK,), **parts):
    plan = flow(workflow(value, **parts), version="1.1.0", api=description or api())
    return plan, play(plan, INPUTS, replies)


def sent(plan, done):
    """The URL of the first request."""
    return build_request(
        plan.operation_step("main", "one").operation,
        done.calls[0],
        server=plan.servers["one"],
        bodies=NO_BODIES,
    ).url


def query(flow, value, **options):
    return sent(*played(flow, value, **options)).partition("?")[2]


@pytest.mark.parametrize(
    "value, expected",
    [
        ("filter=active&sort=desc&limit=50", "filter=active&sort=desc&limit=50"),
        (
            "'category={$inputs.category}&minPrice={$inputs.minPrice}&inStock=true'",
            "category=tea&minPrice=5&inStock=true",
        ),
        ("'q={$inputs.n}'", "q=a%20b&c"),
        ('"q=-name+x&p=:/?@!$()*;,=\'"', "q=-name+x&p=:/?@!$()*;,='"),
        ("'q=50%25&r=%c3%A9'", "q=50%25&r=%c3%A9"),
        ("'q=50%&r=100%2&s=%zz'", "q=50%25&r=100%252&s=%25zz"),
        ("'q=a#b [c] <d> é'", "q=a%23b%20%5Bc%5D%20%3Cd%3E%20%C3%A9"),
        ('"q=a\\r\\nb"', "q=a%0D%0Ab"),
        ("$inputs.category", "tea"),
        ("''", ""),
    ],
)
@pytest.mark.parametrize("description", [api(), FORM, api(version="3.0.3")])
def test_a_text_is_sent_as_written(flow, value, expected, description):
    """N-PARAM-01, N-PARAM-03: only what no URL can hold is encoded, and nothing twice."""
    assert query(flow, value, description=description) == expected


@pytest.mark.parametrize(
    "value, expected",
    [
        (
            '\'{"filter":"active","limit":50}\'',
            "%7B%22filter%22:%22active%22,%22limit%22:50%7D",
        ),
        ("'%7B%22a%22:1%7D'", "%7B%22a%22:1%7D"),
        ('\'{"q":"{$inputs.q}"}\'', "%7B%22q%22:%22say%20%5C%22hi%5C%22%22%7D"),
        ("$inputs.o", "%7B%22k%22%3A%5B1%2C2%5D%7D"),
        ("{a: $inputs.n}", "%7B%22a%22%3A%22a%20b%26c%22%7D"),
    ],
)
def test_json_as_the_operation_declares_it(flow, value, expected):
    """N-PARAM-02: a text that is JSON, or a value that is written as JSON."""
    _, done = played(flow, value, description=JSON)

    assert query(flow, value, description=JSON) == expected
    assert [each.code for each in done.warnings] == []


@pytest.mark.parametrize(
    "value, expected",
    [
        ("{a: 1, b: [x, 'y z'], c: null}", "a=1&b=x&b=y+z"),
        ("{a: {b: 1}}", "a%5Bb%5D=1"),
        ("{tags: [x, y]}", "tags=x,y"),
    ],
)
def test_an_object_as_a_form(flow, value, expected):
    """N-PARAM-02, with the Encoding Objects of the media type."""
    form = api(
        "application/x-www-form-urlencoded: {encoding: {tags: {style: form, explode: false}}}"
    )

    assert query(flow, value, description=form) == expected


def test_text_that_is_not_of_the_declared_type(flow):
    """N-PARAM-02: it is said, once, and sent."""
    again = "  onSuccess: [{name: a, type: goto, stepId: one, criteria: [{condition: $statusCode == 202}]}]\n"
    plan, done = played(
        flow, "a=1", description=JSON, more=again, replies=(Response(202), OK)
    )

    assert sent(plan, done) == "https://api.test/v1/search?a=1"
    (warning,) = done.warnings
    assert (warning.code, warning.severity) == ("AZ623", "warning")
    assert "application/json" in warning.message


@pytest.mark.parametrize("value", ["{a: 1}", "[1]"])
def test_a_value_that_its_type_cannot_hold(flow, value):
    plan, done = played(flow, value, description=api("text/plain: {}"))

    with pytest.raises(Exception, match="query string of type text/plain"):
        sent(plan, done)


def test_no_value_is_no_query_string(flow):
    """A-57: absent and null are left out."""
    plan, done = played(flow, "$inputs.nothing")

    assert sent(plan, done) == "https://api.test/v1/search"


def test_a_path_that_has_a_query_keeps_it(flow):
    """Descriptions tell operations apart by ``/search?action=list``, whatever the name."""
    description = api(path="/search?action=list")
    plan, done = played(flow, "a=1", description=description, name="action")

    assert sent(plan, done) == "https://api.test/v1/search?action=list&a=1"


def test_the_step_s_own_replaces_the_workflow_s(flow):
    """A-55; there is one query string, whatever it is called."""
    plan = flow(
        "parameters: [{name: general, in: querystring, value: a=1}]\n"
        "steps:\n"
        "- {stepId: one, operationId: find, parameters: [{name: own, in: querystring, value: b=2}]}\n"
        "- {stepId: two, operationId: find}\n",
        version="1.1.0",
        api=api(),
    )
    done = play(plan, {}, [OK, OK])

    assert [each.arguments[0].value for each in done.calls] == ["b=2", "a=1"]
    assert sent(plan, done) == "https://api.test/v1/search?b=2"


@pytest.mark.parametrize(
    "text",
    [
        "steps: [{stepId: one, operationId: find, parameters: ["
        "{name: a, in: query, value: 1}, «{name: b, in: querystring, value: c}]}]",
        "parameters: [{name: a, in: query, value: 1}]\n"
        "steps: [{stepId: one, operationId: find, parameters: ["
        "«{name: b, in: querystring, value: c}]}]",
        "steps: [{stepId: one, operationId: find, parameters: ["
        "{name: a, in: querystring, value: b}, «{name: b, in: querystring, value: c}]}]",
        "parameters: [{name: a, in: querystring, value: b}, "
        "«{name: b, in: querystring, value: c}]\n"
        "steps: [{stepId: one, operationId: find}, {stepId: two, operationId: find}]",
    ],
)
def test_what_has_no_place_beside_it(flow, text):
    """N-PARAM-04: found when the document is loaded."""
    refusal = flow.refuse(text, version="1.1.0", api=api())

    assert refusal.found == [("AZ327", refusal.marks[0])]


# --- secrets ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, secret",
    [
        ("'a=1&api_key={$inputs.x}&b={$inputs.n}'", True),
        ("'api%5Fkey={$inputs.x}'", True),
        ("'API_KEY={$inputs.x}'", True),
        ("'api_key=v1-{$inputs.x}'", True),
        ("'api_key={$inputs.n}{$inputs.x}'", True),
        ("{api_key: $inputs.x}", True),
        ("'a={$inputs.x}&api_key={$inputs.n}'", False),
        ("'api_key=1&a={$inputs.x}'", False),
        ("{a: $inputs.x}", False),
    ],
)
def test_an_input_that_is_a_credential_there_is_secret(flow, value, secret):
    """As in a parameter of its own."""
    plan = flow(workflow(value), version="1.1.0", api=LOCKED)

    assert ("x" in plan.secret_inputs) is secret


@pytest.mark.parametrize(
    "value, expected",
    [
        ("'a=%20&k={$inputs.x}&b=1'", ("a=%20&k=", Secret("x"), "&b=1")),
        ("$inputs.x", ("", Secret("x"))),
        ("{k: $inputs.x, b: 1}", ("k=", Secret("x"), "&b=1")),
    ],
)
def test_url_holds_a_reference_in_place_of_a_secret(flow, value, expected):
    """A-31: ``$url`` is what is sent, secrets stay hidden."""
    plan = flow(
        workflow(value, outputs="  outputs: {url: $url}\n")
        + "outputs: {url: $steps.one.outputs.url}\n",
        version="1.1.0",
        api=FORM,
        secrets=["x"],
    )
    done = play(plan, {"x": Secret("x")}, [OK])

    before, *others = expected
    first = f"https://api.test/v1/search?{before}"
    assert done.outputs["url"] == Template((first, *others))
