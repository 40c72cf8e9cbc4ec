"""What a workflow says of its inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..engine import schemas
from ..errors import Diagnostic, DocumentError, Location
from ..messages import JSON
from ..model import Description, Workflow

_SHOWN = 300  # characters of what a validator says


class InputSchema:
    """
    The schema of a workflow's inputs.

    Attributes:
        parts: The schema objects that apply to all inputs together: itself, those of its
            ``allOf`` and of references.
        properties: What all of them say of each input, by name.
        place: The path of the schema in the document.
        given_at: Where those inputs stand that a file gives.
    """

    def __init__(
        self,
        description: Description,
        workflow: Workflow,
        given_at: Mapping[str, Location],
    ) -> None:
        self.given_at = given_at
        self.description = description
        self.schema: JSON = workflow.inputs
        self.root = description.root
        self.place = (*workflow.path, "inputs")
        self.parts = tuple(schemas.parts(self.schema, self.root))
        self.properties: dict[str, JSON] = {}
        for part in self.parts:
            for name, each in schemas.members(part):
                self.properties.setdefault(name, each)

    def required(self) -> tuple[str, ...]:
        """The names of ``required``, each once."""
        listed: dict[str, None] = {}
        for part in self.parts:
            names = part.get("required")
            if isinstance(names, list | tuple):
                listed.update((each, None) for each in names if isinstance(each, str))
        return tuple(listed)

    def problem(self, name: str, message: str, hint: str | None = None) -> Diagnostic:
        """A problem with the input *name*, at its schema."""
        at = (*self.place, "properties", name)
        if isinstance(self.schema, Mapping) and name not in dict(
            schemas.members(self.schema)
        ):
            at = self.place
        return Diagnostic(
            code="invalid-inputs",
            message=message,
            location=self.description.locate(at, key=True),
            hint=hint,
            related=self.related(name),
        )

    def related(self, name: str) -> tuple[tuple[Location, str], ...]:
        """Where the input *name* is given, for a problem with it."""
        at = self.given_at.get(name)
        return () if at is None else ((at, "given here"),)

    def problem_of_all(self, said: str) -> Diagnostic:
        """A problem with the inputs together."""
        return Diagnostic(
            code="invalid-inputs",
            message=f"the inputs are not valid: {said}",
            location=self.description.locate(self.place),
        )

    def validator(
        self, schema: JSON
    ) -> Callable[[object], Iterator[schemas.Violation]]:
        """
        A compiled 2020-12 validator; ``$ref``s reach the whole document, never the network.

        Raises:
            DocumentError: *schema* is not a JSON Schema.
        """
        try:
            check = schemas.validator(schema, self.root)
        except ValueError as problem:
            raise self._unusable(problem) from None

        def violations(instance: object) -> Iterator[schemas.Violation]:
            try:
                yield from check(instance)
            except ValueError as problem:
                raise self._unusable(problem) from None

        return violations

    def _unusable(self, problem: ValueError) -> DocumentError:
        return DocumentError(
            f"the schema of the inputs cannot be used: {short(str(problem))}",
            code="AZ204",
            location=self.description.locate(self.place),
        )


def short(said: str) -> str:
    """What a validator says begins with the value, however long, and ends with why."""
    half = _SHOWN // 2
    return said if len(said) <= _SHOWN else f"{said[:half]} … {said[-half:]}"
