"""Stretches of time: [start, end] in nanoseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

SECOND = 1_000_000_000
Span: TypeAlias = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time in ordered spans that lie apart."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def clipped(spans: Iterable[Span], low: int, high: int) -> list[Span]:
    """What of each span lies in [low, high]."""
    inside = ((max(start, low), min(end, high)) for start, end in spans)
    return [(start, end) for start, end in inside if start < end]


def seconds(spans: Iterable[Span]) -> float:
    """Summed length."""
    return sum(end - start for start, end in spans) / SECOND


def common(one: Iterable[Span], other: Iterable[Span]) -> list[Span]:
    """The time that both cover."""
    second = union(other)
    return [piece for start, end in union(one) for piece in clipped(second, start, end)]


def without(spans: Iterable[Span], other: Iterable[Span]) -> list[Span]:
    """The time of `spans` that `other` does not cover."""
    left = union(spans)
    for low, high in other:
        before = [(start, min(end, low)) for start, end in left if start < low]
        left = before + [(max(start, high), end) for start, end in left if end > high]
    return sorted(left)


def runs(times: Sequence[int], gap_ns: int) -> list[list[int]]:
    """Ordered times, parted where two are `gap_ns` or further apart."""
    found: list[list[int]] = []
    for at_ns in times:
        if found and at_ns - found[-1][-1] < gap_ns:
            found[-1].append(at_ns)
        else:
            found.append([at_ns])
    return found
