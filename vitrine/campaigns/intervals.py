"""Sets of time as ordered, disjoint intervals of integer nanoseconds."""

from __future__ import annotations

from collections.abc import Iterable

# Start and end.
Span = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the same time, ordered and disjoint; spans that overlap or touch become one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if not merged or start > merged[-1][1]:
            merged.append((start, end))
            continue
        last_start, last_end = merged[-1]
        merged[-1] = (last_start, max(end, last_end))
    return merged


def clip(
    spans: Iterable[Span],
    start: int,
    end: int,
) -> list[Span]:
    """Return the parts of the spans inside [start, end]; empty parts are dropped."""
    inside = []
    for span_start, span_end in spans:
        first = max(span_start, start)
        last = min(span_end, end)
        if first < last:
            inside.append((first, last))
    return inside


def length(spans: Iterable[Span]) -> int:
    """Return the sum of the lengths of disjoint spans."""
    return sum(end - start for start, end in spans)
