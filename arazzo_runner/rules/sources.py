"""
Rules about steps and the operations they call.

What is not certain is not said: a member that an expression gives counts as given, a schema
that is not closed may have any member. Findings show the place in the API description too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from ..engine.plan import Plan, PlannedStep
from ..engine.secrecy import CREDENTIAL_HEADERS
from ..errors import DocumentError, did_you_mean
from ..expressions import nodes
from ..expressions.criteria import Simple
from ..expressions.scope import pointer_tokens
from ..expressions.templates import Constant
from ..messages import JSON
from ..model import Path, Step
from ..openapi.contract_words import names_credential
from ..openapi.document import Document, is_object
from ..openapi.media_types import kind
from ..openapi.operations import Operation
from ..openapi.schemas import nullable_members
from ..openapi.security import credential_places
from ..openapi.servers import server_url
from .bodies import check_body
from .literals import misfit, short
from .operations import conjunction, related_to
from .report import Findings

# Header fields that are in a request whoever gives them.
_SENT_ANYWAY = frozenset(
    (
        *("accept", "accept-encoding", "authorization", "connection", "content-length"),
        *("content-type", "cookie", "host", "transfer-encoding", "user-agent"),
    )
)
_MUCH = 400  # schemas of one operation that are looked through
#: How like each other names are of which one is mistyped.
_SLIP = 0.79
_SUCCESS = re.compile(r"2(?:\d\d|XX)", re.IGNORECASE)


def check_operations(plan: Plan, findings: Findings) -> None:
    """All rules of this module, for the steps of *plan* that call operations."""
    written = {step.step_id: step for step in plan.workflow.steps}
    servers: set[tuple[str, str]] = set()  # checked already
    nullables: set[str] = set()
    for step in plan.operation_steps():
        source = written[step.step_id]
        _server(step, source, servers, findings)
        _target(step, source, findings)
        _parameters(step, source, findings)
        _literals(step, findings)
        check_body(step, source, findings)
        _statuses(step, findings)
        _outputs(step, source, findings)
        _nullable(step, source, nullables, findings)


def _server(
    step: PlannedStep, source: Step, told: set[tuple[str, str]], findings: Findings
) -> None:
    """A server that cannot be asked: the document may be right, who runs it gives one."""
    operation = step.operation
    server = (step.source, str(operation.servers[0].get("url")))
    if server in told:
        return
    told.add(server)
    try:
        server_url(operation, document_uri=operation.document.uri)
    except DocumentError as error:
        for problem in error.problems:
            at = problem.location
            findings.add(
                "warning",
                "AZ311",
                problem.message,
                (*source.path, "stepId"),
                f"run it with --server {step.source}=URL",
                related=((at, "the API description"),) if at.uri else (),
            )


def _target(step: PlannedStep, source: Step, findings: Findings) -> None:
    """R-STEP-13: the id, where there is one."""
    identity = step.operation.operation_id
    if source.operation_path is not None and identity:
        document = step.operation.document
        if len(document.by_id.get(identity, ())) == 1:
            findings.info(
                "AZ729",
                "operationId is preferred to operationPath",
                (*source.path, "operationPath"),
                f"write operationId: {identity}",
            )


def _parameters(step: PlannedStep, source: Step, findings: Findings) -> None:
    operation = step.operation
    given = {
        (each.place, each.name.lower() if each.place == "header" else each.name)
        for each in step.parameters
    }
    secured = credential_places(operation)
    for declared in operation.parameters:
        name, place = declared.name, declared.location
        key = (place, name.lower() if place == "header" else name)
        if not declared.required or place == "path" or key in given:
            continue
        if (place, name.lower()) in secured or (
            place == "header" and name.lower() in _SENT_ANYWAY
        ):
            continue
        if place in ("query", "querystring") and ("querystring" in dict(given)):
            continue
        if place == "query" and any(n == name for n, _ in operation.template.query):
            continue  # it stands in the path, as published files have it
        # Who runs it may give a credential; no description says so here.
        credential = place == "header" and name.lower() in CREDENTIAL_HEADERS
        hint = f"add a parameter with name: {name}, in: {place}"
        findings.add(
            "warning" if credential else "error",
            "AZ721",
            f"{operation.method} {operation.path} needs the {place} parameter {name!r}, "
            "which is not given",
            (*source.path, "stepId"),
            f"{hint}; or run it with -H '{name}: …'" if credential else hint,
            related=related_to(operation),
        )


def _literals(step: PlannedStep, findings: Findings) -> None:
    """A parameter that is written out, and certainly not what its schema says."""
    operation = step.operation
    declared = {(each.location, each.name): each for each in operation.parameters}
    for given in step.parameters:
        parameter = declared.get((given.place, given.name))
        if (
            parameter is None
            or parameter.content is not None
            or not isinstance(given.value, Constant)
            or names_credential(given.name)
        ):
            continue
        value, document = given.value.value, operation.document
        wrong = misfit(document, parameter.schema, value, text=True)
        if wrong is not None:
            findings.at(
                "warning",
                "AZ636",
                f"the {given.place} parameter {given.name!r} of {operation.method} "
                f"{operation.path} is {short(value)}, the description says {wrong}",
                given.location,
                related=related_to(operation),
            )


# --- responses --------------------------------------------------------------------------------


def _statuses(step: PlannedStep, findings: Findings) -> None:
    """A status that a success criterion asks for and the operation does not declare."""
    responses = {key.upper() for key in step.operation.responses}
    if not responses or "DEFAULT" in responses:
        return
    for criterion in step.success_criteria:
        for status in _asked(criterion.test):
            known = str(status) in responses or f"{str(status)[0]}XX" in responses
            if not known and 100 <= status <= 599:
                findings.add(
                    "info",
                    "AZ727",
                    f"{step.operation.method} {step.operation.path} declares no answer "
                    f"with status {status}",
                    (*criterion.criterion.path, "condition"),
                    f"it declares {', '.join(sorted(responses))}",
                )


def _asked(test: object) -> Iterator[int]:
    if not isinstance(test, Simple) or not isinstance(test.condition, nodes.Compare):
        return
    compared = test.condition
    if compared.operator != "==":
        return
    for one, other in (
        (compared.left, compared.right),
        (compared.right, compared.left),
    ):
        match one, other:
            case nodes.Operand(_, nodes.StatusCode()), nodes.Literal(int(status)):
                yield status


def _outputs(step: PlannedStep, source: Step, findings: Findings) -> None:
    """
    A pointer into a response whose schema is closed and has no such member, or has one
    whose name is nearly the same.
    """
    for expression, place in _reading(step, source):
        if expression.message != "response" or not expression.pointer:
            continue
        path = pointer_tokens(expression.pointer)
        for status, schema in _schemas(step.operation, success=True):
            missing = _missing(step.operation.document, schema, path)
            if missing is not None and not _in_failures(step.operation, path[0]):
                token, known = missing
                findings.add(
                    "warning",
                    "AZ728",
                    f"the answer with status {status} has no member {token!r}",
                    place,
                    did_you_mean(token, known, "members"),
                    related=related_to(step.operation, f"/responses/{status}"),
                )


def _reading(step: PlannedStep, source: Step) -> Iterator[tuple[nodes.Body, Path]]:
    """The bodies that outputs and conditions of *step* read, with their places."""
    for output in step.outputs:
        value = output.value
        if isinstance(value, nodes.Operand) and isinstance(
            value.expression, nodes.Body
        ):
            yield value.expression, (*source.path, "outputs", output.name)
    actions = [*step.on_success, *step.on_failure]
    for criterion in (
        *step.success_criteria,
        *(c for a in actions for c in a.criteria),
    ):
        if isinstance(criterion.test, Simple):
            for operand in nodes.operands(criterion.test.condition):
                expression = getattr(operand, "expression", None)
                if isinstance(expression, nodes.Body):
                    yield expression, (*criterion.criterion.path, "condition")


def _in_failures(operation: Operation, name: str) -> bool:
    """Whether an answer that is no success has that member: outputs are taken of it too."""
    return any(
        is_object(properties := part.get("properties")) and name in properties
        for _, schema in _schemas(operation, success=False)
        for part in conjunction(operation.document, schema)
    )


def _schemas(operation: Operation, *, success: bool) -> list[tuple[str, JSON]]:
    """
    The JSON schemas of the answers that are successes, or that are not. Of successes there
    are none unless there is one kind, of which everything is known.
    """
    found: list[tuple[str, JSON]] = []
    for status, response in operation.responses.items():
        if success != bool(_SUCCESS.fullmatch(status)):
            continue
        try:
            resolved = operation.document.resolve(response)
        except DocumentError:
            if success:
                return []
            continue
        content = resolved.get("content") if is_object(resolved) else None
        for name, media in content.items() if is_object(content) else ():
            if kind(name) == "json" and is_object(media):
                found.append((status, media.get("schema")))
            elif success:
                return []
    return found if not success or len(found) == 1 else []


def _missing(
    document: Document, schema: JSON, path: tuple[str, ...]
) -> tuple[str, frozenset[str]] | None:
    """The first token of *path* that a schema certainly, or most likely, does not have."""
    for token in path:
        parts = list(conjunction(document, schema))
        if len(parts) != 1:
            return None
        (part,) = parts
        properties = part.get("properties")
        if is_object(properties) and token in properties:
            schema = properties[token]
        elif token.isdigit() and "items" in part:
            schema = part["items"]
        elif (
            part.get("additionalProperties") is False
            and is_object(properties)
            and "patternProperties" not in part
            and not {"oneOf", "anyOf", "if"} & part.keys()
        ):
            return token, frozenset(properties)
        else:
            # What is not described may be there all the same; a slip of the pen is not.
            names = properties if is_object(properties) else ()
            slip = len(token) > 3 and get_close_matches(token, names, 1, _SLIP)
            return (token, frozenset(names)) if slip else None
    return None


def _nullable(
    step: PlannedStep, source: Step, told: set[str], findings: Findings
) -> None:
    """``nullable`` in a description of version 3.1 or later (dialect rule)."""
    document = step.operation.document
    if document.version < (3, 1) or step.source in told:
        return
    schemas = [schema for _, schema in _schemas(step.operation, success=True)]
    body = step.operation.request_body
    schemas += [media.schema for media in body.content.values()] if body else []
    name = nullable_members(document, schemas, _MUCH)
    if name is not None:
        told.add(step.source)
        findings.add(
            "info",
            "AZ520",
            f"the description of {step.source!r} writes `nullable` (at {name!r}), which "
            "version 3.1 does not have; the value may be null",
            (*source.path, "stepId"),
            "in the description: type: [string, 'null']",
        )
