"""One ``arazzo show``, from options to an exit status."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from ..errors import ArazzoError
from ..reporters.text import one_line
from ..runner import Runner
from ..showing import Overview, overview
from .messages import Messages, all_problems
from .run import by_name
from .secrets import configured_credentials, with_env_file
from .targets import standard_output

_NAME: Final = re.compile(r"_([a-z])")
_WRITTEN: Final = ("default", "allowed")  # by the author of the document


def execute(
    given: Mapping[str, Any], environment: Mapping[str, str], configured: object
) -> int:
    """Show what *given* asks for and return the exit status."""
    messages = Messages()
    try:
        variables = with_env_file(environment, given["env_file"])
        with Runner(
            given["description"],
            servers=by_name(given["server"], "--server"),
            server_variables=dict(given["server_var"]),
            sources=by_name(given["source"], "--source"),
            strict=given["strict"],
            environment=variables,
            configured=configured_credentials(configured, variables),
            mock=True,
        ) as runner:
            messages.opened = runner.source_text
            asked = (
                [given["workflow"]]
                if given["workflow"]
                else [each.workflow_id for each in runner.description.workflows]
            )
            found = [overview(runner, each) for each in asked]
    except ArazzoError as error:
        messages.problems(all_problems(error))
        return error.exit_status
    with standard_output() as stream:
        text = _json(found) if given["format"] == "json" else "\n".join(_lines(found))
        stream.write(f"{text}\n".encode("utf-8", "replace"))
    return 0


def _json(found: Sequence[Overview]) -> str:
    shown = []
    for each in found:
        data = asdict(each)
        data["hosts"] = [{"url": url, "source": source} for url, source in each.hosts]
        for credential in data["credentials"]:
            credential["in"], credential["name"] = credential.pop("place")
        shown.append(_camel(data))
    return json.dumps({"workflows": shown}, indent=2, ensure_ascii=False)


def _camel(value: Any) -> Any:
    """*value* with the names of its members as all JSON of the command has them."""
    if isinstance(value, dict):
        return {
            _NAME.sub(_upper, name): each if name in _WRITTEN else _camel(each)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [_camel(each) for each in value]
    return value


def _upper(found: re.Match[str]) -> str:
    return found[1].upper()


def _lines(found: Sequence[Overview]) -> Iterator[str]:
    for index, each in enumerate(found):
        if index:
            yield ""
        yield one_line(each.workflow_id) + (
            f": {one_line(each.summary)}" if each.summary else ""
        )
        yield from _table("inputs", list(_inputs(each)))
        yield from _table("credentials", list(_credentials(each)))
        yield from _table("hosts", [_host(*pair) for pair in each.hosts])
        yield from _table(
            "steps", [[step.step_id, step.calls, step.source] for step in each.steps]
        )
        yield from _table(
            "outputs", [[", ".join(each.outputs)]] if each.outputs else []
        )


def _host(url: str, source: str) -> list[str]:
    return [url or f"none; give --server {source}=URL", source]


def _inputs(shown: Overview) -> Iterator[list[str]]:
    for each in shown.inputs:
        kind = " or ".join(each.types)
        marks = [f"{kind} ({each.format})" if each.format else kind]
        marks.append("required" if each.required else "")
        marks.append("secret" if each.secret else "")
        if each.default is not None and not each.secret:
            marks.append(f"default {_short(each.default)}")
        said = each.description
        if each.allowed:
            listed = ", ".join(_short(one) for one in each.allowed[:8])
            more = ", …" if len(each.allowed) > 8 else ""
            said = f"{said}{' ' if said else ''}[{listed}{more}]"
        yield [each.name, ", ".join(filter(None, marks)), said]


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 30 else f"{text[:29]}…"


def _credentials(shown: Overview) -> Iterator[list[str]]:
    for each in shown.credentials:
        other = f" (or give {' or '.join(each.others)})" if each.others else ""
        members = " and ".join(each.members)
        ways = f"{each.variable} (a token; or {members})" if members else each.variable
        state = {
            "given": "given by the workflow",
            "found": f"from {each.found}",
            "missing": f"missing: set {ways}{other}",
            "incomplete": f"from {each.found}, incomplete: {each.lacking}",
            "unused": f"not needed; {ways} gives it",
        }[each.state]
        yield [f"{each.source}.{each.scheme}", each.about, state]


def _table(title: str, rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"  {title}"
    cleaned = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in cleaned) for at in range(len(cleaned[0]))]
    for row in cleaned:
        cells = [
            cell.ljust(min(width, 40)) for cell, width in zip(row, widths, strict=True)
        ]
        yield f"    {'  '.join(cells)}".rstrip()
