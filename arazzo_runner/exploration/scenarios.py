"""A path as a scenario file, which makes a mock go that way again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..engine.plan import Plan
from ..messages import JSON, Absent
from ..mock.drafts import HEADER, Place
from ..openapi.document import escape, is_array
from .paths import Given, Path

#: The version of the format.
VERSION: Final = 1


def scenario(
    plan: Plan, path: Path, inputs: Mapping[str, object], *, seed: int = 0
) -> dict[str, JSON]:
    """
    *path* of *plan* as a scenario: only the replies that a mock would not give by itself.
    *inputs* are the workflow's, as they were given.
    """
    several = _ambiguous(plan)
    replies: list[JSON] = []
    for given in _grouped(path):
        first, calls = given[0], [each.call for each in given]
        named = first.step_id
        if first.step_id in several:
            named = f"{first.workflow_id}.{first.step_id}"
        replies.append({"step": named, "call": _calls(calls), **_reply(first)})
    return {
        "scenario": VERSION,
        "workflow": plan.workflow_id,
        "inputs": _plain(inputs),
        "seed": seed,
        "polls": 0,
        "replies": replies,
    }


def _ambiguous(plan: Plan) -> set[str]:
    """Step ids that several workflows of the run have."""
    seen: set[str] = set()
    several: set[str] = set()
    for one in plan.plans.values():
        for step in one.steps:
            (several if step.step_id in seen else seen).add(step.step_id)
    return several


def _grouped(path: Path) -> Iterator[list[Given]]:
    """The replies that are not the usual ones; the same to calls in a row together."""
    group: list[Given] = []
    for each in path.given:
        if each.usual:
            continue
        last = group[-1] if group else None
        if (
            last is not None
            and (last.workflow_id, last.step_id) == (each.workflow_id, each.step_id)
            and last.choice is each.choice
            and last.call + 1 == each.call
        ):
            group.append(each)
            continue
        if group:
            yield group
        group = [each]
    if group:
        yield group


def _calls(calls: list[int]) -> JSON:
    return calls[0] if len(calls) == 1 else f"{calls[0]}-{calls[-1]}"


def _reply(given: Given) -> dict[str, JSON]:
    choice = given.choice
    if not choice.status:
        return {"fault": "reset"}
    reply: dict[str, JSON] = {"status": choice.status}
    members: dict[str, JSON] = {}
    absent: list[JSON] = []
    headers: dict[str, JSON] = {}
    for place, value in choice.pinned.items():
        if place[:1] == (HEADER,):  # null takes a field away
            headers[place[1]] = None if isinstance(value, Absent) else value
        elif isinstance(value, Absent):
            absent.append(_pointer(place))
        else:
            members[_pointer(place)] = value
    if headers:
        reply["headers"] = headers
    if any("*" in place or not place for place in choice.pinned):
        body = given.response.body if given.response is not None else None
        if isinstance(body, str):
            return {**reply, "text": body}
        return {**reply, "body": _plain(body)}
    if members:
        reply["members"] = members
    if absent:
        reply["absent"] = absent
    return reply


def _pointer(place: Place) -> str:
    return "".join(f"/{escape(token)}" for token in place)


def _plain(value: Any) -> JSON:
    """*value*, a body of JSON, with lists in place of other sequences."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if is_array(value):
        return [_plain(each) for each in value]
    return None if isinstance(value, Absent) else value


# --- text -------------------------------------------------------------------------------


def scenario_text(written: Mapping[str, JSON], comment: str = "") -> str:
    """*written* as YAML; what stands inside is JSON, which YAML reads, too."""
    lines = [f"# {line}" for line in comment.splitlines()]
    for name, value in written.items():
        if name == "replies" and is_array(value) and value:
            lines.append("replies:")
            for each in value:
                lines += _item(each)
        elif name == "inputs" and isinstance(value, Mapping) and value:
            lines.append("inputs:")
            lines += [f"  {_key(key)}: {_scalar(each)}" for key, each in value.items()]
        else:
            lines.append(f"{name}: {_scalar(value)}")
    return "\n".join(lines) + "\n"


def _item(reply: JSON) -> Iterator[str]:
    members = reply.items() if isinstance(reply, Mapping) else ()
    for number, (name, value) in enumerate(members):
        start = "  - " if number == 0 else "    "
        yield f"{start}{name}: {_scalar(value)}"


def _key(name: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name)
    return name if plain and not _WORD.fullmatch(name) else _json(name)


#: What YAML reads as something else than text.
_WORD: Final = re.compile("true|false|null|yes|no|on|off|y|n", re.IGNORECASE)


def _scalar(value: JSON) -> str:
    if isinstance(value, str) and value:
        return _key(value)
    return _json(value)


def _json(value: JSON) -> str:
    # The characters that end a line in YAML and not in JSON are escaped.
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(
        "[\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]",
        lambda found: f"\\u{ord(found[0]):04x}",
        text,
    )
