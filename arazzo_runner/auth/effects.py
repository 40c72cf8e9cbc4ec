"""
What getting a credential may need. As the engine, what is here asks and does not do: it is
a generator that yields effects and is sent what came of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, Union

from ..messages import Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fetch:
    """
    Send a request; a `transports.port.Delivery` comes back. `public`: the host must have
    a public address.
    """

    request: Request
    public: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Call *do*, which blocks until a person has done something; its result comes back."""

    do: Callable[[], Any]


Effect: TypeAlias = Union[Fetch, Wait, Ask]
Talk: TypeAlias = Generator[Effect, Any, T]
