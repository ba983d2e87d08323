"""Pictures on their way from a source, before they are frames."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
"""(height, width, 3) BGR."""


CAUSES: Final = (
    "address",
    "codec",
    "damaged",
    "login",
    "missing",
    "no-video",
    "not-a-stream",
    "other",
    "redirect",
    "refused",
    "silent",
    "unreachable",
)


class Unreadable(Exception):
    """A source, or one picture of it, cannot be read.

    The message says what to do where it can, and nothing of the address but scheme and host.
    """

    def __init__(self, message: str, cause: str = "other") -> None:
        """`cause` is one of CAUSES, for the metric."""
        super().__init__(message)
        self.cause = cause


class Ended(Unreadable):
    """A recording failed in mid-way: to open it again would play it again."""


class Truth(Protocol):
    """Tell who is in a picture, where the source knows because it drew them."""

    def to_dict(self) -> dict[str, Any]:
        """Return the truth as it is written to the file."""


Picture: TypeAlias = tuple[Pixels, Truth | None]


Reader: TypeAlias = Callable[[], Picture]


@dataclass(frozen=True, slots=True)
class Shot:
    """Hold a picture at the source, not decoded yet."""

    at_ns: int
    """Time of a live camera's picture by the monotonic clock at its arrival.

    Of other sources, their own time since the first picture.
    """
    read: Reader
    """Decodes it, at most once and before the next shot is taken.

    Raises Unreadable for this one picture.
    """


Shots: TypeAlias = Generator[Shot, None, None]


@dataclass(frozen=True, slots=True)
class Source:
    """Hold a source of pictures, not opened yet."""

    shots: Callable[[], Shots]
    """Opens it; closing the generator closes the source.

    Raises Unreadable, also in mid-way.
    """
    live: bool = False
    synthetic: bool = False

    @property
    def needs_notice(self) -> bool:
        """True where people are seen as they come: they are to be told before."""
        return self.live and not self.synthetic


def failed_source(problem: str, cause: str = "other") -> Source:
    """Return a source that cannot be opened, for this reason."""

    def shots() -> Shots:
        raise Unreadable(problem, cause)

    return Source(shots)
