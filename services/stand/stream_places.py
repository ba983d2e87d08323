"""A limit on the event streams of one address."""

from __future__ import annotations

from collections import Counter

from vitrine.web import limits


class StreamPlaces:
    """Count the open streams of each address. Of the web server's thread."""

    def __init__(self, most: int = limits.STREAMS_PER_ADDRESS) -> None:
        self._most = most
        self._open: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Take a place for one more stream; False when the address has as many as may be."""
        if self._open[address] >= self._most:
            return False
        self._open[address] += 1
        return True

    def give_back(self, address: str) -> None:
        """Free the place of a stream that ended."""
        self._open[address] -= 1
        if self._open[address] == 0:
            del self._open[address]
