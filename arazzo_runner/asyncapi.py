"""
An AsyncAPI description, as far as the steps of a workflow are checked against it.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .messages import JSON
from .model import Locate, no_place


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AsyncDocument:
    """
    An AsyncAPI document.

    Attributes:
        name: Of the source description.
        root: The document as plain values.
    """

    uri: str
    name: str
    root: Mapping[str, JSON] = field(default_factory=dict)
    locate: Locate = no_place
