"""Sets of time: spans → spans."""

from __future__ import annotations

from vitrine.campaigns.intervals import clip, length, union


def test_union_joins_what_overlaps_or_touches() -> None:
    spans = [(5, 7), (0, 2), (2, 3), (6, 9), (6, 7)]
    assert union(spans) == [(0, 3), (5, 9)]


def test_clip_keeps_what_lies_inside() -> None:
    spans = [(0, 3), (4, 6), (9, 12), (12, 15)]
    assert clip(
        spans,
        2,
        12,
    ) == [(2, 3), (4, 6), (9, 12)]


def test_length_adds_up() -> None:
    assert length([(0, 3), (5, 9)]) == 7
