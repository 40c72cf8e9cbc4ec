"""Which hosts a run may reach, and who named them (security D3)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from .engine.plan import Plan


def strangers(plan: Plan, named: Iterable[str]) -> frozenset[tuple[str, str]]:
    """
    Workflow and step of the requests whose server only a description from the network
    names: they may reach the public internet alone. *named* are the servers that the user
    gave; the host that a description was read from is known to him as well.
    """
    own = {each.rstrip("/") for each in named}
    return frozenset(
        (name, step.step_id)
        for name, each in plan.plans.items()
        for step in each.operation_steps()
        if _stranger(each.servers[step.step_id], step.operation.document.uri, own)
    )


def _stranger(server: str, document: str, named: set[str]) -> bool:
    from_network = document.lower().startswith(("http://", "https://"))
    return (
        from_network
        and server.rstrip("/") not in named
        and urlsplit(server).hostname != urlsplit(document).hostname
    )
