"""
A response compared with what its operation describes: status, media type, fields, body.

The body is the value that the media type of the description says it is. What is found names
the place in the response and, as `Finding.pointer`, the place in the description.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from ..errors import ArazzoError, DocumentError, Severity
from ..messages import (
    ABSENT,
    JSON,
    Absent,
    Bodies,
    File,
    Records,
    Response,
    record_values,
)
from .contract_words import UNREADABLE, in_words, is_secret
from .document import escape, is_object
from .linking import local_pointer
from .media_types import essence, kind, matches
from .operations import Operation
from .validators import Direction, Uncheckable, Validate, Violation, compile_schema
from .written import as_written

#: Bodies of more bytes are not read into memory to be checked.
MOST_BYTES: Final = 1 << 24
#: Records of one body that are checked, each by the ``itemSchema``.
MOST_RECORDS: Final = 10_000
_BODILESS: Final = (204, 205, 304)  # where HTTP allows no body

#: Findings of one message; what is wrong beyond that is wrong in the same way, mostly.
MOST_FINDINGS: Final = 10


@dataclass(frozen=True, slots=True)
class Finding:
    """
    A difference between a message and its description.

    Attributes:
        code: AZ631 to AZ639, see ``arazzo explain``.
        message: ``GET /pets/{id} 200: /items/3/price is "12", the description says number``.
        pointer: Where the description says so.
        severity: ``info`` for what was not checked on purpose.
    """

    code: str
    message: str
    pointer: str
    severity: Severity = "warning"

    @property
    def breaks(self) -> bool:
        """Whether it is a breach of the description, not only something unchecked."""
        return self.code not in ("AZ638", "AZ639")


def check_response(
    operation: Operation, response: Response, bodies: Bodies
) -> tuple[Finding, ...]:
    """
    What *response* has other than *operation* describes, at most `MOST_FINDINGS`, one for
    each place of the description. Never raises for a description that cannot be used.

    https://spec.openapis.org/oas/v3.1.1.html#responses-object
    """
    title = f"{operation.method} {operation.path} {response.status}"
    try:
        found = tuple(
            islice(_once(_response(operation, response, bodies, title)), MOST_FINDINGS)
        )
    except DocumentError as error:
        message = f"{title}: cannot be checked: {error.message}"
        return (Finding("AZ638", message, f"{operation.pointer}/responses"),)
    return found


def _once(findings: Iterator[Finding]) -> Iterator[Finding]:
    seen: set[tuple[str, str]] = set()
    for each in findings:
        if (each.code, each.pointer) not in seen:
            seen.add((each.code, each.pointer))
            yield each


def _response(
    operation: Operation, response: Response, bodies: Bodies, title: str
) -> Iterator[Finding]:
    where = _place_of(operation, response.status)
    if where is None:
        if operation.responses:
            declared = ", ".join(str(each) for each in list(operation.responses)[:8])
            message = f"{title}: this status is not described (described: {declared})"
            yield Finding("AZ631", message, f"{operation.pointer}/responses")
        return
    described = operation.response_for(response.status)
    if described is None:
        return
    # Where its fields stand: behind a reference they stand in the component.
    raw = operation.document.at(where)
    where = local_pointer(None if isinstance(raw, Absent) else raw) or where
    yield from _fields(operation, response, described, where, title)
    yield from _body(operation, response, described, where, title, bodies)


def _place_of(operation: Operation, status: int) -> str | None:
    hundred = f"{status // 100}"
    for key in (str(status), f"{hundred}XX", f"{hundred}xx", "default"):
        if key in operation.responses:
            return f"{operation.pointer}/responses/{key}"
    return None


# --- header fields ----------------------------------------------------------------------


def _fields(
    operation: Operation,
    response: Response,
    described: Mapping[str, JSON],
    where: str,
    title: str,
) -> Iterator[Finding]:
    declared = described.get("headers")
    for name, raw in declared.items() if is_object(declared) else ():
        at = f"{where}/headers/{escape(name)}"
        # Content-Type is described by the keys of `content`, and cookies are not parsed.
        if name.lower() in ("content-type", "set-cookie"):
            continue
        try:
            field = operation.document.resolve(raw, at)
        except DocumentError as error:  # it says nothing of the other fields
            message = f"{title}: the field {name} cannot be checked: {error.message}"
            yield Finding("AZ638", message, at)
            continue
        if not is_object(field):
            continue
        text = response.header(name)
        if text is None:
            if field.get("required") is True:
                message = (
                    f"{title}: the field {name} is missing, the description requires it"
                )
                yield Finding("AZ633", message, at)
            continue
        schema = field.get("schema")
        if schema is None:
            continue
        value = as_written(
            operation.document, schema, text, explode=field.get("explode") is True
        )
        yield from checked(
            operation,
            schema,
            f"{at}/schema",
            value,
            "response",
            "AZ633",
            f"{title}: the field {name}",
        )


# --- the body ---------------------------------------------------------------------------


def _body(
    operation: Operation,
    response: Response,
    described: Mapping[str, JSON],
    where: str,
    title: str,
    bodies: Bodies,
) -> Iterator[Finding]:
    content = described.get("content")
    body = response.body
    if not is_object(content) or not content:
        if not isinstance(body, Absent) and "content" not in described:
            # HTTP lets a 200 have one, and descriptions leave it out: a note.
            message = f"{title}: there is a body, the description says none"
            wrong = response.status in _BODILESS
            yield Finding("AZ635", message, where, "warning" if wrong else "info")
        return
    if operation.method == "HEAD" or response.status in _BODILESS:
        return  # HTTP allows no body there
    if isinstance(body, Absent):
        message = (
            f"{title}: there is no body, the description says {', '.join(content)}"
        )
        yield Finding("AZ635", message, f"{where}/content")
        return
    name = _media_type(content, response.media_type)
    if name is None:
        given = response.media_type or "without a media type"
        message = f"{title}: the body is {given}, the description says"
        yield Finding("AZ632", f"{message} {', '.join(content)}", f"{where}/content")
        return
    at = f"{where}/content/{escape(name)}"
    media = operation.document.resolve(content[name], at)
    if not is_object(media):
        return
    if response.problem is not None:
        message = f"{title}: the body is {response.problem}"
        yield Finding("AZ634", message, at)
        return
    yield from _content(operation, media, response, at, title, bodies)


def _media_type(content: Mapping[str, JSON], given: str) -> str | None:
    """The key of *content* for a media type: the same first, then the narrowest range."""
    wanted = essence(given)
    for name in content:
        if essence(name) == wanted:
            return name
    ranges = [name for name in content if matches(name, given)]
    return max(ranges, key=len) if ranges else None


def _content(
    operation: Operation,
    media: Mapping[str, JSON],
    response: Response,
    at: str,
    title: str,
    bodies: Bodies,
) -> Iterator[Finding]:
    body, media_type = response.body, response.media_type
    schema = media.get("schema")
    if kind(media_type) == "text" and isinstance(body, list):
        return  # a list by our dialect alone: the description is of the text
    if "itemSchema" in media and isinstance(body, Records):
        yield from _records(operation, media["itemSchema"], body, at, title, bodies)
        return
    if schema is None or kind(media_type) == "binary":
        return
    try:
        value = _value(body, media_type, bodies)
    except _TooLarge as error:
        message = f"{title}: the body of {error.args[0]:,} bytes is not checked"
        yield Finding("AZ639", message, f"{at}/schema", "info")
        return
    except ArazzoError as error:
        message = f"{title}: the body cannot be checked: {error.message}"
        yield Finding("AZ638", message, f"{at}/schema")
        return
    if kind(media_type) != "json" and not _is_text(operation, schema):
        return  # XML, forms and the like: how they are written is not described
    yield from checked(
        operation, schema, f"{at}/schema", value, "response", "AZ634", title
    )


def _is_text(operation: Operation, schema: JSON) -> bool:
    found = operation.document.resolve(schema)
    return is_object(found) and "string" in str(found.get("type"))


class _TooLarge(Exception):
    """A body beyond `MOST_BYTES`."""


def _value(body: Any, media_type: str, bodies: Bodies) -> Any:
    """*body* as the value that its media type means: JSON Lines are text."""
    file = body.file if isinstance(body, Records) else body
    if isinstance(file, File):
        if file.bytes > MOST_BYTES:
            raise _TooLarge(file.bytes)
        if kind(media_type) == "json":
            found = bodies.data(file)
            return bodies.text(file) if found is ABSENT else found
        return bodies.text(file)
    return body.text if isinstance(body, Records) else body


def _records(
    operation: Operation,
    schema: JSON,
    records: Records,
    at: str,
    title: str,
    bodies: Bodies,
) -> Iterator[Finding]:
    """Each record by the ``itemSchema`` (3.2), read one by one from a file of any size."""
    for index, record in enumerate(record_values(records, bodies)):
        if index == MOST_RECORDS:
            message = (
                f"{title}: records after the first {MOST_RECORDS:,} are not checked"
            )
            yield Finding("AZ639", message, f"{at}/itemSchema", "info")
            return
        what = f"{title}: record {index}"
        yield from checked(
            operation, schema, f"{at}/itemSchema", record, "response", "AZ634", what
        )


# --- one value --------------------------------------------------------------------------


def checked(
    operation: Operation,
    schema: JSON,
    where: str,
    value: object,
    direction: Direction,
    code: str,
    title: str,
) -> Iterator[Finding]:
    """What *value* has other than *schema* says, which stands at the pointer *where*."""
    found = validator(operation, schema, where, direction)
    yield from found.problems
    try:
        for each in found.violations(value):
            said = in_words(each, hidden=is_secret(operation, each))
            yield Finding(code, f"{title}: {said}", each.pointer)
    except (ValueError, RecursionError):
        yield Finding("AZ638", f"{title}: {UNREADABLE}", where)


@dataclass(frozen=True, slots=True)
class Kept:
    """A validator as an operation keeps it, with what cannot be checked."""

    violations: Validate
    problems: tuple[Finding, ...] = ()


def validator(
    operation: Operation, schema: JSON, where: str, direction: Direction
) -> Kept:
    """The validator of the schema at *where*, compiled once for the operation."""
    key = where, direction
    found: Kept | None = operation.validators.get(key)
    if found is None:
        title = f"{operation.method} {operation.path}"
        try:
            made = compile_schema(operation.document, schema, where, direction)
            violations, gap, what = made.violations, made.gap, "a part of the schema"
        except Uncheckable as error:
            violations, gap, what = _nothing, error, "the schema"
        problems: tuple[Finding, ...] = ()
        if gap is not None:
            message = f"{title}: {what} cannot be checked: {gap}"
            problems = (Finding("AZ638", message, gap.pointer),)
        found = operation.validators[key] = Kept(violations, problems)
    return found


def _nothing(_value: object) -> Iterator[Violation]:
    return iter(())
