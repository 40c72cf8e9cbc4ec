"""
The objects of an Arazzo Description, 1.0 and 1.1, frozen, as the author wrote them.

Names are the specification's, camelCase made snake_case. Expressions and conditions stay
text here; `engine.plan` compiles them. Every object knows its `path` in the document
(object keys and array indexes from the root), which `Description.locate` turns into a
place; a path is not part of an object's value.

https://spec.openapis.org/arazzo/v1.1.0.html#schema
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from .errors import NOWHERE, Location
from .messages import JSON

Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionType:
    """https://spec.openapis.org/arazzo/v1.1.0.html#expression-type-object"""

    type: str
    version: str
    path: Path = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """https://spec.openapis.org/arazzo/v1.1.0.html#selector-object"""

    context: str
    selector: str
    type: str | ExpressionType
    path: Path = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reusable:
    """https://spec.openapis.org/arazzo/v1.1.0.html#reusable-object"""

    reference: str
    value: JSON = None
    has_value: bool = False
    path: Path = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """
    https://spec.openapis.org/arazzo/v1.1.0.html#parameter-object

    `location` is the field ``in``; None where it is not given.
    """

    name: str
    location: str | None = None
    value: JSON = None
    path: Path = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadReplacement:
    """https://spec.openapis.org/arazzo/v1.1.0.html#payload-replacement-object"""

    target: str
    value: JSON = None
    target_selector_type: str | ExpressionType | None = None
    path: Path = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBody:
    """
    https://spec.openapis.org/arazzo/v1.1.0.html#request-body-object

    `has_payload` tells a missing payload from a null one.
    """

    content_type: str | None = None
    payload: JSON = None
    has_payload: bool = False
    replacements: tuple[PayloadReplacement, ...] = ()
    path: Path = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """https://spec.openapis.org/arazzo/v1.1.0.html#criterion-object"""

    condition: str
    context: str | None = None
    type: str | ExpressionType | None = None
    path: Path = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """
    A Success Action or a Failure Action; `retry` belongs to the latter.

    https://spec.openapis.org/arazzo/v1.1.0.html#success-action-object
    https://spec.openapis.org/arazzo/v1.1.0.html#failure-action-object

    Attributes:
        retry_after: Seconds before the next attempt; None where it is not given.
        retry_limit: Retries after the first attempt; the default is one.
    """

    name: str
    type: Literal["end", "goto", "retry"]
    workflow_id: str | None = None
    step_id: str | None = None
    retry_after: float | None = None
    retry_limit: int = 1
    criteria: tuple[Criterion, ...] = ()
    parameters: tuple[Parameter | Reusable, ...] = ()
    path: Path = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """
    https://spec.openapis.org/arazzo/v1.1.0.html#step-object

    Attributes:
        timeout: Seconds (the document counts milliseconds); None for no limit.
        outputs: Name to runtime expression or Selector.
    """

    step_id: str
    description: str = ""
    operation_id: str | None = None
    operation_path: str | None = None
    workflow_id: str | None = None
    channel_path: str | None = None
    parameters: tuple[Parameter | Reusable, ...] = ()
    request_body: RequestBody | None = None
    success_criteria: tuple[Criterion, ...] = ()
    on_success: tuple[Action | Reusable, ...] = ()
    on_failure: tuple[Action | Reusable, ...] = ()
    outputs: Mapping[str, str | Selector] = field(default_factory=dict)
    timeout: float | None = None
    depends_on: tuple[str, ...] = ()
    action: str | None = None
    correlation_id: JSON = None
    path: Path = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """
    https://spec.openapis.org/arazzo/v1.1.0.html#workflow-object

    `inputs` is a JSON Schema 2020-12 (an object or a boolean), or None.
    """

    workflow_id: str
    summary: str = ""
    description: str = ""
    inputs: JSON = None
    depends_on: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    success_actions: tuple[Action | Reusable, ...] = ()
    failure_actions: tuple[Action | Reusable, ...] = ()
    outputs: Mapping[str, str | Selector] = field(default_factory=dict)
    parameters: tuple[Parameter | Reusable, ...] = ()
    path: Path = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """https://spec.openapis.org/arazzo/v1.1.0.html#components-object"""

    inputs: Mapping[str, JSON] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    success_actions: Mapping[str, Action] = field(default_factory=dict)
    failure_actions: Mapping[str, Action] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDescription:
    """
    https://spec.openapis.org/arazzo/v1.1.0.html#source-description-object

    `type` is "" where it is not given.
    """

    name: str
    url: str
    type: str = ""
    path: Path = field(default=(), compare=False, repr=False)


class Locate(Protocol):
    """Finds the place of a path in a document."""

    def __call__(self, path: Path, *, key: bool = False) -> Location:
        """The place of the value at *path*, or with *key* that of its name."""


def no_place(path: Path, *, key: bool = False) -> Location:
    """The place of everything in a document that has no text."""
    del path, key
    return NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """
    A whole Arazzo document.

    https://spec.openapis.org/arazzo/v1.1.0.html#arazzo-specification-object

    Attributes:
        uri: Where it was read from: a path as the user gave it, a URL, or ``<stdin>``.
        base_uri: What its references are relative to, an absolute URI: ``$self``, itself
            relative to where the document was read from; "" for one that is in no file.
        arazzo: The specification's version, ``1.0.1``.
        locate: The place of a path; the nearest parent's when it has none of its own.
        root: The document as plain values, for ``$ref`` inside input schemas.
    """

    uri: str
    arazzo: str
    base_uri: str = field(default="", compare=False)
    title: str = ""
    version: str = ""
    self_uri: str | None = None
    source_descriptions: tuple[SourceDescription, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    components: Components = field(default_factory=Components)
    root: JSON = field(default=None, compare=False, repr=False)
    locate: Locate = field(default=no_place, compare=False, repr=False)
