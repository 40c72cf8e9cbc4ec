"""Plays a conformance case through this engine. README.md says what a case is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from arazzo_runner import Runner
from arazzo_runner.engine.effects import Send
from arazzo_runner.engine.plan import Pacing
from arazzo_runner.errors import CODES, DocumentError, InputError, PolicyError
from arazzo_runner.events import StepStarted, Waiting, Warned
from arazzo_runner.exchanges import revealed
from arazzo_runner.inputs.prepare import prepare_inputs
from arazzo_runner.messages import Absent, Argument, Records
from arazzo_runner.openapi.requests import build_request
from arazzo_runner.testing import Busy, Lost, OutOfReplies, play
from arazzo_runner.transports.incoming import Reception, retry_after
from arazzo_runner.transports.spool import Spool

HERE = Path(__file__).parent
ENTRY = "entry.arazzo.yaml"
FIELDS = {
    "id", "title", "requirements", "kind", "mode", "arazzo", "files", "shared",
    "workflow", "inputs", "dependencyInputs", "replies", "expect", "http",
}  # fmt: skip
EXPECTED = {
    "outcome", "reason", "at", "outputs", "requests", "waits", "steps", "warnings",
}  # fmt: skip
REASONS = {
    "poll-timeout": "limit",
    "too-many-steps": "limit",
    "too-deep": "limit",
    "evaluation-budget": "limit",
    "invalid-request": "setup",
    "AZ604": "setup",
    "AZ610": "setup",
    "AZ611": "setup",
    "AZ612": "setup",
}


def cases() -> list[Path]:
    """The files of all cases."""
    return sorted((HERE / "cases").rglob("*.yaml"))


def load(path: Path) -> dict[str, Any]:
    """A case."""
    case: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return case


@dataclass
class Outcome:
    """What happened, in the words of a case's `expect`."""

    outcome: str
    reason: str = ""
    lines: list[int] = field(default_factory=list)
    outputs: Any = None
    requests: list[dict[str, Any]] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    warnings: set[str] = field(default_factory=set)
    said: str = ""


def write(case: dict[str, Any], folder: Path) -> Path:
    """The documents of *case* as files; where the entry document is."""
    for name in case.get("shared", ()):
        (folder / name).write_text((HERE / "shared" / name).read_text("utf-8"), "utf-8")
    for name, text in case.get("files", {}).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    entry = folder / ENTRY
    entry.write_text(case["arazzo"], "utf-8")
    return entry


def run(case: dict[str, Any], folder: Path) -> Outcome:
    """What this engine does with *case*."""
    entry = write(case, folder)
    strict = case.get("mode") == "strict"
    spool = Spool()
    try:
        runner = Runner(entry, strict=strict, retry=0, pacing=Pacing(jitter=0.0))
        plan = runner.plan(case.get("workflow"))
        given = {**case.get("inputs", {}), **case.get("dependencyInputs", {})}
        prepared = prepare_inputs(plan, given, spool=spool, strict=strict)
    except (DocumentError, InputError, PolicyError) as error:
        lines = [
            each.location.line
            for each in error.problems
            if Path(each.location.uri).name == ENTRY
        ]
        return Outcome("refused", lines=lines, said=str(error))
    try:
        done = play(
            plan,
            prepared.values,
            [_reply(each, spool, strict) for each in case.get("replies", ())],
            given=prepared.given,
            bodies=spool,
        )
    except OutOfReplies as error:
        return Outcome("sent more requests than there are replies", said=str(error))
    requests = []
    for effect in done.effects:
        if isinstance(effect, Send):
            step = plan.operation_step(effect.workflow_id, effect.step_id)
            call = effect.call
            arguments = tuple(
                Argument(a.name, a.location, revealed(a.value, prepared.secrets, spool))
                for a in call.arguments
            )
            body = call.body
            if not isinstance(body, Absent):
                body = revealed(body, prepared.secrets, spool)
            request = build_request(
                step.operation,
                replace(call, arguments=arguments, body=body),
                server=plan.plans[effect.workflow_id].servers[effect.step_id],
                bodies=spool,
            )
            data = b"".join(each for each in request.body if isinstance(each, bytes))
            requests.append(
                {
                    "method": request.method,
                    "url": request.url,
                    "headers": {k.lower(): v for k, v in request.headers},
                    "text": data.decode(),
                }
            )
    warned = {
        CODES.get(each.diagnostic.code, "")
        for each in done.events
        if isinstance(each, Warned)
    } | {CODES.get(each.code, "") for each in runner.warnings}
    code = done.error.code if done.error else ""
    return Outcome(
        done.status or "goes on",
        reason=REASONS.get(code, code),
        outputs=plain(revealed(done.outputs, prepared.secrets, spool), spool),
        requests=requests,
        waits=[each.seconds for each in done.events if isinstance(each, Waiting)],
        steps=[each.step_id for each in done.events if isinstance(each, StepStarted)],
        warnings=warned,
        said=str(done.error),
    )


def plain(value: Any, spool: Spool) -> Any:
    """*value* as JSON."""
    if isinstance(value, Records):
        text = value.text if value.text is not None else spool.text(value.file)
        return [json.loads(line) for line in (text or "").splitlines() if line.strip()]
    if isinstance(value, dict):
        return {key: plain(each, spool) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each, spool) for each in value]
    return value


def answer(given: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, fields and body of a reply."""
    fields = [(name, str(value)) for name, value in given.get("headers", {}).items()]
    body = b""
    if "text" in given:
        body = given["text"].encode()
    elif "body" in given:
        body = json.dumps(given["body"]).encode()
        if not any(name.lower() == "content-type" for name, _ in fields):
            fields.append(("Content-Type", "application/json"))
    return given["status"], fields, body


def _reply(given: dict[str, Any], spool: Spool, strict: bool) -> Any:
    if "lost" in given:
        return Lost(given["lost"])
    status, fields, body = answer(given)
    raw = [(name.lower().encode(), value.encode()) for name, value in fields]
    reception = Reception(
        status, raw, spool=spool, url="https://api.test/", strict=strict, download=None
    )
    if body:
        reception.feed(body)
    response = reception.finish()
    seconds = retry_after(reception.headers)
    return response if seconds is None else Busy(seconds, response)
