"""Sets of time as ordered, disjoint intervals of integer nanoseconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

Span = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """Ordered and disjoint; spans that overlap or touch become one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def clip(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """The parts inside [start, end]; empty parts are dropped."""
    cut = ((max(first, start), min(last, end)) for first, last in spans)
    return [(first, last) for first, last in cut if first < last]


def length(spans: Iterable[Span]) -> int:
    """Sum of the lengths of disjoint spans."""
    return sum(end - start for start, end in spans)


def overlaps(merged: Sequence[Span], start: int, end: int) -> bool:
    """Whether [start, end] meets one of ordered, disjoint spans, borders included."""
    place = bisect_right(merged, end, key=lambda span: span[0]) - 1
    return place >= 0 and merged[place][1] >= start
