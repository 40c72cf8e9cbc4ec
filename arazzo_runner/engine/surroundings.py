"""What the steps of one workflow are planned in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..expressions.parser import Names
from ..model import Workflow
from .lookup import Unit
from .report import Report
from .workflows import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """
    What the steps of one workflow are planned in.

    Attributes:
        key: The workflow's name in the run.
        names: What its expressions may name.
        add: Gives the name in the run of another workflow, which is planned as well.
        servers: Base URL by source description name, instead of the description's own.
        variables: Of server URLs, by name or by ``source.name``.
        mock: A description need not have a server that could be asked.
    """

    unit: Unit
    workflow: Workflow
    key: str
    names: Names
    report: Report
    add: Callable[[Target], str]
    servers: Mapping[str, str]
    variables: Mapping[str, str]
    mock: bool

    def variables_of(self, source: str) -> dict[str, str]:
        """Those that are given for a source description, by name."""
        own = f"{source}."
        found = {key: text for key, text in self.variables.items() if "." not in key}
        for key, text in self.variables.items():
            if key.startswith(own):
                found[key.removeprefix(own)] = text
        return found

    @property
    def strict(self) -> bool:
        """No dialect rules."""
        return self.report.strict
