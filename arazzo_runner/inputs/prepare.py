"""
The inputs of a run: defaults filled in, validated, files opened, secrets put away.

https://spec.openapis.org/arazzo/v1.1.0.html#workflow-object (inputs); checklist A-53, A-54.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from ..engine import schemas
from ..engine.plan import Plan
from ..errors import Diagnostic, InputError, Location, did_you_mean
from ..messages import JSON, Secret, Value
from ..transports.spool import Spool
from .schema import InputSchema
from .taking import Taken
from .validation import Validation, texts


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    Attributes:
        values: The inputs as the engine sees them.
        secrets: The values behind their `Secret` references.
        hidden: What must not be seen, as text.
        warnings: What is worth knowing about them.
        given: The inputs of workflows that others depend on, by name.
    """

    values: Mapping[str, Value]
    secrets: Mapping[str, Value] = field(repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)
    warnings: tuple[Diagnostic, ...] = ()
    given: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)


def prepare_inputs(
    plan: Plan,
    given: Mapping[str, object],
    *,
    spool: Spool,
    mock: bool = False,
    strict: bool = False,
    given_at: Mapping[str, Location] | None = None,
) -> Prepared:
    """
    What a run of *plan* starts with: the inputs of its workflow, and those of the
    workflows that others depend on (checklist A-51): given under the workflow's name, or,
    not with *strict*, those of *given* that it declares as well. *given_at* is where those
    stand that a file gives.

    Raises:
        InputError: with every problem; nothing was sent.
        DocumentError: the schema of the inputs is not a JSON Schema.
    """
    if not isinstance(given, Mapping):
        raise InputError(
            f"the inputs are a {type(given).__name__}, not a mapping of names to values"
        )
    shared: dict[str, Mapping[str, object]] = {}
    mine = dict(given)
    for name in dependencies(plan):
        shared[name] = _shared(plan, plan.plans[name], given, mine, strict)
    found: dict[str, Prepared] = {}
    problems: list[Diagnostic] = []
    for name, values in ((plan.workflow_id, mine), *shared.items()):
        try:
            found[name] = _prepared(
                plan.plans[name],
                values,
                spool,
                prefix="" if name == plan.workflow_id else f"{name}.",
                mock=mock,
                strict=strict,
                given_at=given_at or {},
            )
        except InputError as error:
            problems += (_of_workflow(each, name, plan) for each in error.problems)
    if problems:
        raise InputError.of(problems)
    main = found[plan.workflow_id]
    return Prepared(
        main.values,
        {ref: value for each in found.values() for ref, value in each.secrets.items()},
        tuple(text for each in found.values() for text in each.hidden),
        tuple(warning for each in found.values() for warning in each.warnings),
        {name: found[name].values for name in shared},
    )


def dependencies(plan: Plan) -> tuple[str, ...]:
    """The workflows of a run of *plan* that others depend on, each once."""
    names = (name for each in plan.plans.values() for name in each.depends_on)
    return tuple(name for name in dict.fromkeys(names) if name != plan.workflow_id)


def check_secret_names(plan: Plan, names: Collection[str]) -> None:
    """
    Raises:
        InputError: one of *names* is no input of the workflows that are given inputs.
    """
    declared: dict[str, JSON] = {}
    for each in (plan, *(plan.plans[name] for name in dependencies(plan))):
        declared |= schemas.input_properties(each.unit.description, each.workflow)
    for name in sorted(set(names) - declared.keys()) if declared else ():
        raise InputError(
            f"there is no input {name!r} to keep secret",
            hint=did_you_mean(name, declared, "inputs"),
        )


def _shared(
    plan: Plan,
    target: Plan,
    given: Mapping[str, object],
    mine: dict[str, object],
    strict: bool,
) -> Mapping[str, object]:
    """What of *given* is for the workflow *target*; what is for it alone leaves *mine*."""
    own = schemas.input_properties(plan.unit.description, plan.workflow)
    named = given.get(target.workflow_id)
    if isinstance(named, Mapping) and target.workflow_id not in own:
        mine.pop(target.workflow_id, None)
        return named
    if strict:
        return {}
    declared = schemas.input_properties(target.unit.description, target.workflow)
    for name in declared.keys() - own.keys():
        mine.pop(name, None)
    return {name: given[name] for name in declared if name in given}


def _of_workflow(problem: Diagnostic, name: str, plan: Plan) -> Diagnostic:
    if name == plan.workflow_id:
        return problem
    message = f"workflow {name!r}, which must run before: {problem.message}"
    hint = f"give its inputs under its name: {name}={{…}}"
    return replace(problem, message=message, hint=hint)


def _prepared(
    plan: Plan,
    given: Mapping[str, object],
    spool: Spool,
    *,
    prefix: str,
    mock: bool,
    strict: bool,
    given_at: Mapping[str, Location],
) -> Prepared:
    """
    The inputs of one workflow; *prefix* tells its secrets from those of others.

    A `pathlib.Path` becomes a `File`, `Records` where the schema wants an array, or the
    text in it where the input is a secret.

    Raises:
        InputError: with every problem; nothing was sent.
        DocumentError: the schema of the inputs is not a JSON Schema.
    """
    declared = InputSchema(plan.unit.description, plan.workflow, given_at)
    taken = Taken(declared, plan.secret_inputs, spool)
    for name, each in given.items():
        taken.take(name, each)
    taken.fill_in()
    warnings = taken.placeholders() if mock else []
    undeclared = taken.undeclared(strict)
    validation = Validation(
        taken,
        secret=plan.secret_inputs,
        guarded=plan.secret_inputs | {path[0] for path in plan.secret_members},
        spool=spool,
    )
    problems = taken.problems + list(validation.problems())
    if strict:
        problems += undeclared
    if problems:
        raise InputError.of(problems)
    values = dict(taken.values)
    secrets: dict[str, Value] = {}
    hidden: list[str] = []
    for name in sorted(plan.secret_inputs & values.keys()):
        value = values[name]
        hidden += texts(value)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            ref = f"{prefix}inputs.{name}"
            secrets[ref] = value
            values[name] = Secret(ref)
    for path in sorted(plan.secret_members):
        ref = prefix + ".".join(("inputs", *path))
        found: list[Value] = []
        values = cast(dict[str, Value], _put_away(values, path, Secret(ref), found))
        if found:
            secrets[ref] = found[0]
            hidden += texts(found[0])
    return Prepared(values, secrets, tuple(hidden), (*warnings, *undeclared))


def _put_away(
    value: Value, path: Sequence[str], secret: Secret, found: list[Value]
) -> Value:
    """*value* with *secret* for the text at *path*, which is added to *found*."""
    if not path:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            found.append(value)
            return secret
        return value
    if isinstance(value, Mapping) and path[0] in value:
        inner = _put_away(value[path[0]], path[1:], secret, found)
        return {**value, path[0]: inner}
    if isinstance(value, list) and path[0].isdecimal() and int(path[0]) < len(value):
        at = int(path[0])
        return [
            *value[:at],
            _put_away(value[at], path[1:], secret, found),
            *value[at + 1 :],
        ]
    return value
