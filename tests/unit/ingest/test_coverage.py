"""Usable time of a camera, cut at multiples of 10 s."""

from __future__ import annotations

import pytest

from tests.builders import T0_NS, at
from tests.ingest_builders import make_camera
from vitrine.schemas import Coverage
from vitrine.services.ingest.coverage import CoverageLedger

Row = tuple[float, float, float, int, int]


def row(record: Coverage) -> Row:
    """Start, end and usable time in seconds after T0, frames, dropped."""
    times = (record.start_ns - T0_NS, record.end_ns - T0_NS, record.usable_ns)
    start, end, usable = (round(ns / 1e9, 6) for ns in times)
    return start, end, usable, record.frames, record.dropped


def ledger(start: float = 0.0) -> CoverageLedger:
    return CoverageLedger(make_camera(), at(start), synthetic=False)


@pytest.mark.parametrize(
    ("seconds", "end", "expected"),
    [
        ([0, 0.5, 1.0], 1.5, [(0, 1.5, 1.5, 3, 0)]),
        ([0, 4], 4.5, [(0, 4.5, 1.5, 2, 0)]),
        ([9.5, 10.2], 12, [(0, 10, 0.5, 1, 0), (10, 12, 1.2, 1, 0)]),
        ([0, 25], 26, [(0, 10, 1, 1, 0), (10, 20, 0, 0, 0), (20, 26, 1, 1, 0)]),
        ([], 3, [(0, 3, 0, 0, 0)]),
        ([], 0, []),
    ],
    ids=["steady", "gap", "cut", "long gap", "no picture", "nothing"],
)
def test_each_picture_covers_until_the_next_and_at_most_a_second(
    seconds: list[float], end: float, expected: list[Row]
) -> None:
    book = ledger()
    for second in seconds:
        book.frame(at(second), usable=True)
    assert [row(record) for record in book.finish(at(end))] == expected


def test_a_covered_camera_is_not_usable() -> None:
    book = ledger()
    for second, usable in [(0, True), (0.5, False), (1.0, False), (1.5, True)]:
        book.frame(at(second), usable=usable)
    assert [row(record) for record in book.finish(at(2))] == [(0, 2, 1.0, 4, 0)]


def test_time_goes_on_while_a_camera_is_down() -> None:
    book = ledger(5)
    book.dropped()
    assert [row(record) for record in book.take(at(21))] == [
        (5, 10, 0, 0, 1),
        (10, 20, 0, 0, 0),
    ]
    assert book.take(at(22)) == []


def test_time_that_was_set_did_not_pass() -> None:
    book = ledger()
    book.frame(at(0), usable=True)
    book.frame(at(1_000_000), usable=True)
    rows = [row(record) for record in book.finish(at(1_000_001))]
    assert rows == [(1_000_000, 1_000_001, 1, 1, 0)]


def test_time_that_goes_back_is_ignored() -> None:
    book = ledger()
    book.frame(at(5), usable=True)
    book.take(at(3))
    assert [row(record) for record in book.finish(at(6))] == [(0, 6, 1, 1, 0)]
