"""Pages: what closed windows leave, as compressed text, with marks that tell which one to read."""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from vitrine.clock import SECOND_NS

# Measured with a window of benchmarks.analytics: 6 takes four times as long, for a fifth less.
LEVEL: Final = 1
MARK: Final = np.dtype("<u4")


def mark_of(words: str) -> int:
    """Return a number of 32 bits for what a page is looked up by, the same in every process.

    Two may share one: a page is then read in vain, and nothing else is different.
    """
    return zlib.crc32(words.encode())


class Page(NamedTuple):
    """Hold the lines of a window as one compressed text, and what it is found by."""

    text: bytes
    marks: bytes
    """Numbers of 32 bits, in order, each once."""

    def lines(self) -> list[bytes]:
        """Return what the page was made of."""
        return zlib.decompress(self.text).splitlines()

    def to_bytes(self) -> bytes:
        """Return the page for the store."""
        size = len(self.marks).to_bytes(4, "little")
        return size + self.marks + self.text

    @classmethod
    def from_bytes(cls, stored: bytes) -> Page:
        """Return the reverse of `to_bytes`."""
        end = 4 + int.from_bytes(stored[:4], "little")
        return cls(text=stored[end:], marks=stored[4:end])


def new_page(lines: Iterable[bytes], marks: Iterable[int]) -> Page:
    """Return a page of lines that hold no line break."""
    text = zlib.compress(b"\n".join(lines), LEVEL)
    numbers = np.fromiter(set(marks), MARK)
    numbers.sort()
    return Page(text, numbers.tobytes())


class Shelf:
    """Keep pages by the start of their window.

    With its marks, of eight bytes each, a page takes a small part of what events take as objects:
    of a window of benchmarks.analytics a fiftieth. Finding is a binary search.
    """

    def __init__(self) -> None:
        self._texts: dict[int, bytes] = {}
        self._first_ns = 0
        """Start of the first window with a page."""
        self._index(np.empty(0, MARK), np.empty(0, MARK))

    def _index(
        self,
        marks: np.ndarray[tuple[int], np.dtype[np.uint32]],
        owners: np.ndarray[tuple[int], np.dtype[np.uint32]],
    ) -> None:
        """Take the marks of all pages, in order, and the window of each in seconds."""
        self._marks = marks
        self._owners = owners
        # A search in a view makes no objects of numpy.
        self._numbers = marks.data

    def __len__(self) -> int:
        """Return the number of pages."""
        return len(self._texts)

    def __contains__(self, start_ns: int) -> bool:
        """Tell whether a window has a page."""
        return start_ns in self._texts

    def lines(self, start_ns: int) -> list[bytes]:
        """Return what the page of a window was made of; nothing without a page."""
        text = self._texts.get(start_ns)
        if text is None:
            return []
        return Page(text, b"").lines()

    def before(self, start_ns: int) -> list[int]:
        """Return the windows with a page that start earlier, in order."""
        # Asked for with each batch, and most of the time there is none.
        if start_ns <= self._first_ns:
            return []
        return sorted(other for other in self._texts if other < start_ns)

    def find(self, mark: int) -> list[int]:
        """Return the windows whose pages have a mark, in no order."""
        numbers = self._numbers
        size = len(numbers)
        place = bisect_left(numbers, mark)
        found = []
        while place < size and numbers[place] == mark:
            found.append(int(self._owners[place]) * SECOND_NS)
            place += 1
        return found

    def put(self, pages: Mapping[int, Page | None]) -> None:
        """Add pages, or replace those of their windows; None takes one away."""
        if not pages:
            return
        known = [start_ns for start_ns in pages if start_ns in self._texts]
        if known:
            self._remove(known)
        new = {start_ns: page for start_ns, page in pages.items() if page is not None}
        self._add(new)
        self._first_ns = min(self._texts, default=0)

    def _add(self, new: Mapping[int, Page]) -> None:
        if not new:
            return
        marks = [np.frombuffer(page.marks, MARK) for page in new.values()]
        owners = []
        for start_ns, page in new.items():
            self._texts[start_ns] = page.text
            owner = start_ns // SECOND_NS
            owners.append(np.full(len(page.marks) // MARK.itemsize, owner, MARK))
        self._merge(np.concatenate(marks), np.concatenate(owners))

    def _remove(self, windows: Iterable[int]) -> None:
        gone = []
        for start_ns in windows:
            del self._texts[start_ns]
            gone.append(start_ns // SECOND_NS)
        left = ~np.isin(self._owners, np.array(gone, MARK))
        self._index(self._marks[left], self._owners[left])

    def _merge(
        self,
        marks: np.ndarray[tuple[int], np.dtype[np.uint32]],
        owners: np.ndarray[tuple[int], np.dtype[np.uint32]],
    ) -> None:
        order = np.argsort(marks, kind="stable")
        places = np.searchsorted(self._marks, marks[order])
        self._index(
            np.insert(self._marks, places, marks[order]),
            np.insert(self._owners, places, owners[order]),
        )
