"""
What an expression can see, and what it gives.

https://spec.openapis.org/arazzo/v1.1.0.html#runtime-expressions
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from typing import cast

from ..messages import (
    ABSENT,
    JSON,
    NO_BODIES,
    Absent,
    Bodies,
    Call,
    File,
    Records,
    Response,
    Value,
    record_values,
)
from . import nodes
from .nodes import Expression, Named
from .parser import parse_navigation
from .xml_reading import as_plain, read_xml


def no_url(_call: Call) -> Value:
    """The URL of a step that sends nothing."""
    return None


@dataclass(frozen=True, slots=True)
class Ran:
    """
    A workflow that has ended, or one that is going on, as ``$workflows`` shows it.

    `steps`: outputs of its steps, by step id.
    """

    inputs: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    steps: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """
    A view of a run at one moment. Derived, never updated.

    Attributes:
        inputs: The workflow's inputs.
        steps: Outputs of the steps that ran, by step id.
        outputs: Outputs of the workflow computed so far; at a step that calls a workflow,
            what that gave.
        workflows: Gives the workflows of this run, by the id that this document knows
            them by.
        call: The request of the current step, or None before one is built.
        response: The response to it, or None.
        method: Of the current step's operation, upper case.
        accept: What its request asks for if it has no parameter for that.
        url: Gives the URL of `call`, with secrets still references.
        sources: Fields of each source description.
        components: The document's Components Object.
        self_uri: The document's own URI.
        bodies: How to read what is kept in files.
        reads_xml: A response of XML can be looked into (dialect rule AZ528).
    """

    inputs: Mapping[str, Value] = field(default_factory=dict)
    steps: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    workflows: Callable[[], Mapping[str, Ran]] = dict
    call: Call | None = None
    response: Response | None = None
    method: str = ""
    accept: str = ""
    url: Callable[[Call], Value] = no_url
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    components: JSON = None
    self_uri: str = ""
    bodies: Bodies = NO_BODIES
    reads_xml: bool = True

    def after(self, step_id: str, outputs: Mapping[str, Value]) -> Scope:
        """The same with the outputs of a step."""
        # Written out: `dataclasses.replace` takes five times as long, at every poll.
        return Scope(
            inputs=self.inputs,
            steps={**self.steps, step_id: outputs},
            outputs=self.outputs,
            workflows=self.workflows,
            call=self.call,
            response=self.response,
            method=self.method,
            accept=self.accept,
            url=self.url,
            sources=self.sources,
            components=self.components,
            self_uri=self.self_uri,
            bodies=self.bodies,
            reads_xml=self.reads_xml,
        )

    @property
    def xml(self) -> bool:
        """Whether the response is XML that can be looked into."""
        return (
            self.reads_xml
            and self.response is not None
            and isinstance(self.response.body, str)
            and self.response.media_type.endswith(("/xml", "+xml"))
        )


def evaluate(expression: Expression, scope: Scope) -> Value | Absent:
    """
    The value of *expression*, its type kept; ABSENT where there is none.

    Raises nothing of its own: an expression that parsed always has a value or is absent.
    """
    match expression:
        case nodes.Body(message, pointer, navigation):
            return _body(message, pointer, navigation, scope)
        case nodes.StatusCode():
            return scope.response.status if scope.response else ABSENT
        case nodes.Input(named):
            return _lookup(scope.inputs, named, scope.bodies)
        case nodes.StepOutput(step_id, named):
            found = scope.steps.get(step_id)
            return ABSENT if found is None else _lookup(found, named, scope.bodies)
        case nodes.MessageParameter(message, place, name):
            return _message_parameter(message, place, name, scope)
        case nodes.Output(named):
            return _lookup(scope.outputs, named, scope.bodies)
        case nodes.Inputs():
            return scope.inputs
        case nodes.Url():
            return scope.url(scope.call) if scope.call else ABSENT
        case nodes.Method():
            return scope.method or ABSENT
        case nodes.SourceReference(name, reference):
            return scope.sources.get(name, {}).get(reference, ABSENT)
        case nodes.WorkflowValue(workflow_id, part, named):
            ran = scope.workflows().get(workflow_id, _NEVER)
            values = ran.inputs if part == "inputs" else ran.outputs
            return _lookup(values, named, scope.bodies)
        case nodes.WorkflowStepOutput(workflow_id, step_id, named):
            outputs = scope.workflows().get(workflow_id, _NEVER).steps.get(step_id, {})
            return _lookup(outputs, named, scope.bodies)
        case nodes.Component(kind, name):
            return _component(scope.components, kind, name)
        case nodes.SelfUri():
            return scope.self_uri or ABSENT


_NEVER = Ran()


def _component(components: JSON, kind: str, name: str) -> Value | Absent:
    """A component as it is written; without its *kind*, as in 1.0.0, the only one so named."""
    if not isinstance(components, Mapping):
        return ABSENT
    found = [
        section[name]
        for key, section in components.items()
        if kind in ("", key) and isinstance(section, Mapping) and name in section
    ]
    return cast(Value, found[0]) if len(found) == 1 else ABSENT


def _body(
    message: str, pointer: str | None, navigation: nodes.Navigation, scope: Scope
) -> Value | Absent:
    xml = False
    if message == "response":
        value = scope.response.body if scope.response else ABSENT
        if (pointer or navigation) and isinstance(value, str) and scope.xml:
            value, xml = read_xml(value), True
    else:
        value = scope.call.body if scope.call and message == "request" else ABSENT
        if isinstance(value, str) and (pointer or navigation):
            value = _json_text(value, scope)
    if pointer:
        value = _reach(value, pointer, scope.bodies)
    for key in navigation:
        value = follow(value, key, scope.bodies)
    return as_plain(value) if xml else value


def _json_text(payload: str, scope: Scope) -> Value | Absent:
    """A payload that is written as text and sent as JSON, to be looked into."""
    if scope.call is None or "json" not in scope.call.content_type.lower():
        return ABSENT
    try:
        return cast(Value, json.loads(payload))
    except (ValueError, RecursionError):
        return ABSENT


def _message_parameter(
    message: str, place: str, name: str, scope: Scope
) -> Value | Absent:
    if message == "response":
        if scope.response is None or place != "header":
            return ABSENT
        found = scope.response.header(name)
        return ABSENT if found is None else found
    if scope.call is None:
        return ABSENT
    wanted = name.lower() if place == "header" else name
    for argument in scope.call.arguments:
        given = argument.name.lower() if place == "header" else argument.name
        if argument.location == place and given == wanted:
            return argument.value
    automatic = {"content-type": scope.call.content_type, "accept": scope.accept}
    return (automatic.get(wanted) if place == "header" else "") or ABSENT


def _lookup(
    values: Mapping[str, Value], named: Named, bodies: Bodies
) -> Value | Absent:
    for name, navigation in named.readings:
        if name in values:
            value: Value | Absent = values[name]
            for key in navigation:
                value = follow(value, key, bodies)
            return _reach(value, named.pointer, bodies) if named.pointer else value
    return ABSENT


def list_on_the_way(expression: Expression, scope: Scope) -> bool:
    """Whether *expression* names a member of a list, and not which item of it."""
    if not isinstance(expression, nodes.StepOutput):
        return False
    values = scope.steps.get(expression.step_id, {})
    for name, navigation in expression.named.readings:
        if name in values:
            value: Value | Absent = values[name]
            for key in (*navigation, *pointer_tokens(expression.named.pointer or "")):
                if isinstance(value, list | tuple | Records) and _index(key) is None:
                    return True
                value = follow(value, key, scope.bodies)
            return False
    return False


def follow(value: Value | Absent, key: str | int, bodies: Bodies) -> Value | Absent:
    """The member or item *key* of *value*; ABSENT where there is none."""
    if type(value) is dict:  # nearly always; a poll costs microseconds
        return cast("dict[str, Value]", value).get(str(key), ABSENT)
    match value:
        case Mapping():
            return value.get(str(key), ABSENT)
        case str() | Absent():
            return ABSENT
        case Records():
            index = _index(key)
            if index is None:
                return ABSENT
            return next(islice(record_values(value, bodies), index, None), ABSENT)
        case File():
            return follow(bodies.data(value), key, bodies)
        case Sequence():
            index = _index(key)
            if index is None or index >= len(value):
                return ABSENT
            return value[index]
        case _:
            return ABSENT


def _index(key: str | int) -> int | None:
    if isinstance(key, int):
        return key
    # RFC 6901: digits without a leading zero.
    if (
        key.isascii()
        and key.isdigit()
        and len(key) < 16
        and (key == "0" or key[0] != "0")
    ):
        return int(key)
    return None


def at_pointer(
    value: Value | Absent, pointer: str, bodies: Bodies = NO_BODIES
) -> Value | Absent:
    """
    What the JSON Pointer *pointer* (RFC 6901) reaches in *value*, or ABSENT.

        >>> at_pointer({"a/b": [1, {"c": None}]}, "/a~1b/1/c") is None
        True
    """
    for token in pointer_tokens(pointer):
        value = follow(value, token, bodies)
        if isinstance(value, Absent):
            return ABSENT
    return value


@lru_cache(maxsize=1024)
def pointer_tokens(pointer: str) -> tuple[str, ...]:
    """The tokens of a JSON Pointer (RFC 6901), decoded."""
    tokens = pointer.split("/")[1:]
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)


def _reach(value: Value | Absent, pointer: str, bodies: Bodies) -> Value | Absent:
    """
    As `at_pointer`; ``#/items[0].id`` also reaches into ``items`` where no member is
    really called so (checklist A-03).
    """
    for token in pointer_tokens(pointer):
        found = follow(value, token, bodies)
        if isinstance(found, Absent):
            found = _navigate(value, token, bodies)
        if isinstance(found, Absent):
            return ABSENT
        value = found
    return value


def _navigate(value: Value | Absent, token: str, bodies: Bodies) -> Value | Absent:
    ends = [at for at, char in enumerate(token) if at and char in ".["]
    for end in reversed(ends[:20]):
        owner = follow(value, token[:end], bodies)
        way = parse_navigation(token[end:])
        if not isinstance(owner, Absent) and way is not None:
            for key in way:
                owner = follow(owner, key, bodies)
            return owner
    return ABSENT
