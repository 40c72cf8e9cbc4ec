"""What rules ask of operations: where they are described, what a schema demands for certain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..errors import DocumentError, Location
from ..messages import JSON
from ..openapi.document import Document, is_array, is_object
from ..openapi.operations import Operation


def related_to(
    operation: Operation, below: str = ""
) -> tuple[tuple[Location, str], ...]:
    """The place in the API description, to be shown beside that in the workflow."""
    document = operation.document
    place = document.location(f"{operation.pointer}{below}")
    return ((place, f"{operation.method} {operation.path} is described here"),)


def conjunction(
    document: Document, schema: JSON, depth: int = 6
) -> Iterator[Mapping[str, JSON]]:
    """*schema* and what it must also be: references and ``allOf``, no alternatives."""
    try:
        found = document.resolve(schema)
    except DocumentError:
        return
    if not is_object(found) or not depth:
        return
    yield found
    combined = found.get("allOf")
    for each in combined if is_array(combined) else ():
        yield from conjunction(document, each, depth - 1)
