"""Coverage, one by one: reports of cameras → usable time of a window."""

from __future__ import annotations

from tests.campaign_scenario import (
    make_coverage,
    make_play,
)
from tests.unit.campaigns.joined import only
from vitrine.clock import SECOND_NS
from vitrine.schemas import Coverage

FULL = [
    make_coverage(start, start + 10)
    for start in range(
        0,
        300,
        10,
    )
]


def camera_seconds(*reports: Coverage) -> tuple[float, float]:
    """Return usable time and camera time of a window with a play."""
    totals = only(make_play(), *reports)
    return totals.usable_ns / SECOND_NS, totals.camera_ns / SECOND_NS


def test_coverage_is_the_usable_time_of_the_cameras_that_report() -> None:
    blind = [
        make_coverage(
            s,
            s + 10,
            0,
            camera_id="north-2",
        )
        for s in range(
            0,
            300,
            10,
        )
    ]
    assert camera_seconds(*FULL) == (300, 300)
    assert camera_seconds(*FULL[:15]) == (150, 300)
    assert camera_seconds(*FULL, *blind) == (300, 600)
    assert camera_seconds() == (0, 0)


def test_a_report_counts_for_its_part_inside_the_window() -> None:
    assert camera_seconds(
        make_coverage(
            -5,
            5,
            usable=8,
        )
    ) == (4, 300)
    assert camera_seconds(
        make_coverage(
            295,
            305,
            usable=4,
        )
    ) == (2, 300)


def test_overlapping_reports_never_count_more_than_the_window() -> None:
    again = [
        make_coverage(s, s + 10)
        for s in range(
            5,
            295,
            10,
        )
    ]
    assert camera_seconds(*FULL, *again) == (300, 300)
    assert camera_seconds(*FULL[:1], *FULL[:1]) == (10, 300)
