"""Handle stretches of time: [start, end] in nanoseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from vitrine.clock import SECOND_NS

Span: TypeAlias = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the same time in ordered spans that lie apart."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined:
            first, last = joined[-1]
            # Spans that only touch are one too.
            if start <= last:
                joined[-1] = first, max(last, end)
                continue
        joined.append((start, end))
    return joined


def clipped(
    spans: Iterable[Span],
    low: int,
    high: int,
) -> list[Span]:
    """Return the part of each span that lies in [low, high]; those without one are left out."""
    inside = []
    for start, end in spans:
        first = max(start, low)
        last = min(end, high)
        # One that only touches the bounds has no time inside.
        if first < last:
            inside.append((first, last))
    return inside


def seconds(spans: Iterable[Span]) -> float:
    """Return the summed length."""
    total_ns = sum(end - start for start, end in spans)
    return total_ns / SECOND_NS


def common(one: Iterable[Span], other: Iterable[Span]) -> list[Span]:
    """Return the time that both cover."""
    # Joined on both sides, so that no time is counted twice.
    second = union(other)
    both: list[Span] = []
    for start, end in union(one):
        both.extend(clipped(second, start, end))
    return both


def without(spans: Iterable[Span], other: Iterable[Span]) -> list[Span]:
    """Return the time of `spans` that `other` does not cover."""
    left = union(spans)
    for low, high in other:
        rest = []
        for start, end in left:
            # A hole inside a span leaves a part on both of its sides.
            if start < low:
                before = start, min(end, low)
                rest.append(before)
            if end > high:
                after = max(start, high), end
                rest.append(after)
        left = rest
    return sorted(left)


def runs(times: Sequence[int], gap_ns: int) -> list[list[int]]:
    """Part ordered times where two are `gap_ns` or further from each other."""
    found: list[list[int]] = []
    for at_ns in times:
        if found:
            latest = found[-1]
            if at_ns - latest[-1] < gap_ns:
                latest.append(at_ns)
                continue
        found.append([at_ns])
    return found
