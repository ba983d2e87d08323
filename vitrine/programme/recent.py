"""Ids seen lately, in bounded memory."""

from __future__ import annotations

from collections.abc import Container, Iterator


class RecentIds(Container[str]):
    """Keep the ids added last, at most `most` of them; the one added first is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._ids: dict[str, None] = {}

    def add(self, name: str) -> None:
        """Keep an id; one that is kept already stays where it is in the order."""
        self._ids[name] = None
        if len(self._ids) > self._most:
            oldest = next(iter(self._ids))
            del self._ids[oldest]

    def discard(self, name: str) -> None:
        """Forget an id, if it is kept."""
        self._ids.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)
