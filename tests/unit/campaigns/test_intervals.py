"""Sets of time."""

from __future__ import annotations

import pytest

from vitrine.campaigns.intervals import clip, length, overlaps, union


def test_union_joins_what_overlaps_or_touches() -> None:
    assert union([(5, 7), (0, 2), (2, 3), (6, 9), (6, 7)]) == [(0, 3), (5, 9)]


def test_clip_keeps_what_lies_inside() -> None:
    assert clip([(0, 3), (4, 6), (9, 12), (12, 15)], 2, 12) == [(2, 3), (4, 6), (9, 12)]


def test_length_adds_up() -> None:
    assert length([(0, 3), (5, 9)]) == 7


@pytest.mark.parametrize(
    ("start", "end", "meets"),
    [(0, 1, False), (0, 2, True), (4, 4, True), (6, 7, False), (9, 20, True)],
)
def test_overlaps_includes_borders(start: int, end: int, meets: bool) -> None:
    assert overlaps([(2, 5), (8, 10)], start, end) is meets
