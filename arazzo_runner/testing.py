"""
Plays workflows without network, clock or waiting: replies in, a transcript out.

    plan = plan_text(arazzo_yaml, petsApi=openapi_yaml)
    transcript = play(plan, {"limit": 2}, [Response(503), Response(200, body=[])])
    assert transcript.waits == [1.0]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from .engine import machine
from .engine.compile import plan_workflow
from .engine.effects import Effect, Reply, Send, Sleep
from .engine.lookup import Sources, Unit
from .engine.plan import Plan, Settings
from .engine.state import RunState
from .errors import Diagnostic
from .events import Event, RunStatus, StepFinished, Waiting, Warned
from .loader.build import build
from .loader.parse import parse
from .messages import NO_BODIES, Bodies, Call, Response, Value
from .openapi.document import Document, MemoryParts


@dataclass(frozen=True, slots=True)
class Lost:
    """A reply for a request that got no response."""

    failure: str = "the connection was cut"


@dataclass(frozen=True, slots=True)
class Busy:
    """A reply with ``Retry-After``, in seconds."""

    seconds: float
    response: Response = field(default_factory=lambda: Response(429))


class OutOfReplies(AssertionError):
    """The workflow sent more requests than there are replies."""


@dataclass(slots=True)
class Transcript:
    """
    What happened.

    Attributes:
        state: The last state.
        effects: Every effect, in order.
        events: Every event, in order.
    """

    state: RunState
    effects: list[Effect] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def status(self) -> RunStatus | None:
        """How the run ended; None if it goes on."""
        return self.state.status

    @property
    def outputs(self) -> Mapping[str, Value]:
        """The workflow's outputs."""
        return self.state.outputs

    @property
    def error(self) -> Diagnostic | None:
        """Why it did not succeed."""
        return self.state.error

    @property
    def calls(self) -> list[Call]:
        """The requests, in order."""
        return [each.call for each in self.effects if isinstance(each, Send)]

    @property
    def sent(self) -> list[str]:
        """The steps whose requests were sent, in order."""
        return [each.step_id for each in self.effects if isinstance(each, Send)]

    @property
    def waits(self) -> list[float]:
        """The waits in seconds, in order."""
        return [each.seconds for each in self.effects if isinstance(each, Sleep)]

    @property
    def reasons(self) -> list[str]:
        """Why it waited, in order."""
        return [each.reason for each in self.events if isinstance(each, Waiting)]

    @property
    def warnings(self) -> list[Diagnostic]:
        """The warnings, in order."""
        return [each.diagnostic for each in self.events if isinstance(each, Warned)]

    @property
    def decisions(self) -> list[str]:
        """What followed each attempt of a step, in words."""
        return [each.decision for each in self.events if isinstance(each, StepFinished)]


def play(
    plan: Plan,
    inputs: Mapping[str, Value] | None = None,
    replies: Iterable[Response | Lost | Busy] = (),
    *,
    given: Mapping[str, Mapping[str, Value]] | None = None,
    seed: int = 0,
    run_id: str = "played",
    bodies: Bodies = NO_BODIES,
    whole: bool = True,
) -> Transcript:
    """
    Run *plan* with *replies* in place of the network; waits pass at once.

    *given* are the inputs of workflows that others depend on, by name.

    Between any two effects the state is turned into JSON and back, as a durable run does.
    With *whole* False a run that has no reply left is left where it is.

    Raises:
        OutOfReplies: there are fewer replies than requests.
    """
    turn = machine.start(
        plan, inputs or {}, run_id=run_id, seed=seed, given=given, bodies=bodies
    )
    transcript = Transcript(turn.state, [], list(turn.events))
    waiting = iter(replies)
    at = 0.0
    while turn.effects:
        effect = turn.effects[0]
        reply = Reply(key=effect.key, at=at)
        if isinstance(effect, Sleep):
            at += effect.seconds
            reply = Reply(key=effect.key, at=at)
        else:
            answer = next(waiting, None)
            if answer is None:
                if not whole:
                    return transcript
                raise OutOfReplies(f"no reply is left for step {effect.step_id!r}")
            reply = _reply(effect, answer, at)
        transcript.effects.append(effect)
        state = RunState.from_json(turn.state.to_json())
        turn = machine.advance(plan, state, reply, bodies)
        transcript.events += turn.events
        transcript.state = turn.state
    return transcript


def _reply(effect: Effect, given: Response | Lost | Busy, at: float) -> Reply:
    match given:
        case Lost(failure):
            return Reply(key=effect.key, at=at, failure=failure)
        case Busy(seconds, response):
            return Reply(key=effect.key, at=at, response=response, retry_after=seconds)
        case Response():
            return Reply(key=effect.key, at=at, response=given)


def plan_text(
    arazzo: str,
    workflow_id: str | None = None,
    *,
    settings: Settings | None = None,
    servers: Mapping[str, str] | None = None,
    secrets: Iterable[str] = (),
    uri: str = "test.arazzo.yaml",
    **texts: str,
) -> Plan:
    """
    A plan of Arazzo text and the texts of its source descriptions by name: API descriptions,
    and other Arazzo documents, whose source descriptions are looked up there as well.

    Raises:
        DocumentError: with every problem, as for files.
    """
    units: dict[str, Unit] = {}
    entry = _unit(arazzo, uri, texts, units)
    chosen = next(
        each
        for each in entry.description.workflows
        if workflow_id in (None, each.workflow_id)
    )
    plan = plan_workflow(
        entry.description,
        chosen,
        entry.sources,
        settings=settings,
        servers=servers,
        secrets=tuple(secrets),
    )
    return replace(plan, warnings=(*entry.warnings, *plan.warnings))


def _unit(
    text: str, uri: str, texts: Mapping[str, str], units: dict[str, Unit]
) -> Unit:
    description, warnings = build(parse(text, uri))
    documents: dict[str, Document] = {}
    descriptions: dict[str, Unit] = {}
    unit = units[uri] = Unit(
        description=description,
        sources=Sources(documents=documents, descriptions=descriptions),
        warnings=warnings,
    )
    for source in description.source_descriptions:
        name = source.name
        if name not in texts:
            continue
        place = f"{name}.yaml"
        value = parse(texts[name], place).value
        if isinstance(value, dict) and "arazzo" in value:
            known = units.get(place)
            descriptions[name] = known or _unit(texts[name], place, texts, units)
        else:
            documents[name] = Document(MemoryParts.of(value), place, name)
    return unit
