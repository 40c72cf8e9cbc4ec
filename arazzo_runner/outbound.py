"""Which servers a run calls: their variables, and who named their hosts (security D3)."""

from __future__ import annotations

from collections.abc import Iterable

from .engine.compile import operation_steps
from .engine.plan import Plan
from .errors import UsageError, did_you_mean
from .openapi.servers import server_variables
from .transports.addresses import names_stranger


def strangers(plan: Plan, named: Iterable[str]) -> frozenset[tuple[str, str]]:
    """
    Workflow and step of the requests whose server only a description from the network
    names: they may reach the public internet alone. *named* are the servers that the user
    gave; the host that a description was read from is known to him as well.
    """
    own = tuple(named)
    return frozenset(
        (name, step.step_id)
        for name, each in plan.plans.items()
        for step in each.operation_steps()
        if names_stranger(step.operation.document.uri, each.servers[step.step_id], own)
    )


def check_server_variables(plan: Plan, names: Iterable[str]) -> None:
    """
    Raises:
        UsageError: one of *names* is no variable of a server that *plan* calls.
    """
    known = {
        name: None
        for step in operation_steps(plan)
        for bare in server_variables(step.operation)
        for name in (bare, f"{step.source}.{bare}")
    }
    for name in names:
        # One of another document has the names of its sources before it.
        if name in known or any(name.endswith(f".{each}") for each in known):
            continue
        bare = [each for each in known if "." not in each]
        raise UsageError(
            f"no server of this workflow has a variable {name!r}",
            hint=did_you_mean(name, bare, "server variables"),
        )
