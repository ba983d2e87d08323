"""Progress bars, on stderr."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

Item = TypeVar("Item")


def followed(items: Sequence[Item], what: str) -> Iterable[Item]:
    """The items, counted on a bar while they are worked on."""
    return track(items, what, console=Console(stderr=True))
