"""Usable time of a camera, cut at multiples of 10 s."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import pytest

from tests.builders import T0_NS, at
from tests.ingest_builders import make_camera
from vitrine.schemas import Coverage
from vitrine.services.ingest.coverage import CoverageLedger


class Row(NamedTuple):
    """A record, with its times in seconds after T0."""

    start: float
    end: float
    usable: float
    frames: int
    dropped: int


def rows(records: Iterable[Coverage]) -> list[Row]:
    found = []
    for record in records:
        row = Row(
            start=seconds(record.start_ns - T0_NS),
            end=seconds(record.end_ns - T0_NS),
            usable=seconds(record.usable_ns),
            frames=record.frames,
            dropped=record.dropped,
        )
        found.append(row)
    return found


def seconds(ns: int) -> float:
    return round(ns / 1e9, 6)


def make_ledger(start: float = 0.0) -> CoverageLedger:
    return CoverageLedger(
        make_camera(),
        at(start),
        synthetic=False,
    )


def test_time_without_notice_is_counted_apart() -> None:
    ledger = make_ledger()
    ledger.frame(at(0), usable=True)
    for second in (1, 1.5, 2):
        ledger.untold(at(second))
    ledger.frame(at(2.5), usable=True)
    (record,) = ledger.finish(at(3))
    assert seconds(record.without_notice_ns) == 1.5
    assert seconds(record.usable_ns) == 1.5
    assert (record.frames, record.dropped) == (2, 3)


def test_a_camera_that_gives_nothing_is_not_called_unannounced() -> None:
    ledger = make_ledger()
    ledger.untold(at(8))
    first, second = ledger.finish(at(15))
    assert seconds(first.without_notice_ns) == 1
    assert second.without_notice_ns == 0


def test_time_without_notice_is_cut_with_the_spans() -> None:
    ledger = make_ledger()
    ledger.untold(at(9.5))
    first, second = ledger.finish(at(12))
    assert seconds(first.without_notice_ns) == 0.5
    assert seconds(second.without_notice_ns) == 0.5


STEADY = [Row(0, 1.5, 1.5, 3, 0)]
GAP = [Row(0, 4.5, 1.5, 2, 0)]
CUT = [
    Row(0, 10, 0.5, 1, 0),
    Row(10, 12, 1.2, 1, 0),
]
LONG_GAP = [
    Row(0, 10, 1, 1, 0),
    Row(10, 20, 0, 0, 0),
    Row(20, 26, 1, 1, 0),
]
NO_PICTURE = [Row(0, 3, 0, 0, 0)]


@pytest.mark.parametrize(
    ("pictures", "end", "expected"),
    [
        pytest.param([0, 0.5, 1.0], 1.5, STEADY, id="steady"),
        pytest.param([0, 4], 4.5, GAP, id="gap"),
        pytest.param([9.5, 10.2], 12, CUT, id="cut"),
        pytest.param([0, 25], 26, LONG_GAP, id="long gap"),
        pytest.param([], 3, NO_PICTURE, id="no picture"),
        pytest.param([], 0, [], id="nothing"),
    ],
)
def test_each_picture_covers_until_the_next_and_at_most_a_second(
    pictures: list[float],
    end: float,
    expected: list[Row],
) -> None:
    ledger = make_ledger()
    for second in pictures:
        ledger.frame(at(second), usable=True)
    records = ledger.finish(at(end))
    assert rows(records) == expected


def test_a_covered_camera_is_not_usable() -> None:
    ledger = make_ledger()
    ledger.frame(at(0), usable=True)
    ledger.frame(at(0.5), usable=False)
    ledger.frame(at(1.0), usable=False)
    ledger.frame(at(1.5), usable=True)
    records = ledger.finish(at(2))
    assert rows(records) == [Row(0, 2, 1.0, 4, 0)]


def test_time_goes_on_while_a_camera_is_down() -> None:
    ledger = make_ledger(start=5)
    ledger.dropped()
    records = ledger.take(at(21))
    assert rows(records) == [
        Row(5, 10, 0, 0, 1),
        Row(10, 20, 0, 0, 0),
    ]
    assert ledger.take(at(22)) == []


def test_time_that_was_set_did_not_pass() -> None:
    ledger = make_ledger()
    ledger.frame(at(0), usable=True)
    ledger.frame(at(1_000_000), usable=True)
    records = ledger.finish(at(1_000_001))
    assert rows(records) == [Row(1_000_000, 1_000_001, 1, 1, 0)]


def test_time_that_goes_back_is_ignored() -> None:
    ledger = make_ledger()
    ledger.frame(at(5), usable=True)
    ledger.take(at(3))
    records = ledger.finish(at(6))
    assert rows(records) == [Row(0, 6, 1, 1, 0)]
