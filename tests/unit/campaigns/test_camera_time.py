"""Coverage, one by one: reports of cameras → usable time of a window."""

from __future__ import annotations

import pytest

from tests.builders import at
from tests.campaign_scenario import (
    make_coverage,
    make_play,
)
from tests.unit.campaigns.joined import WINDOW, only
from vitrine.campaigns.place import Place, places_of
from vitrine.campaigns.windows import Window, camera_time
from vitrine.clock import SECOND_NS
from vitrine.mall import Camera, Mall, Stand
from vitrine.schemas import Coverage

DAY_NS = 86_400 * SECOND_NS
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


NOON = at(0) // DAY_NS * DAY_NS + DAY_NS // 2


def reports_of(window: Window) -> list[Coverage]:
    """A camera that saw everything."""
    first = make_coverage()
    fields = {
        "start_ns": window.start_ns,
        "end_ns": window.end_ns,
        "usable_ns": window.end_ns - window.start_ns,
    }
    return [first.model_copy(update=fields)]


def test_a_configured_camera_that_says_nothing_is_blind() -> None:
    both = Place(cameras=frozenset({"north-1", "north-2"}))
    assert camera_time(WINDOW, FULL, both) == (300 * SECOND_NS, 600 * SECOND_NS)
    assert camera_time(WINDOW, [], both) == (0, 600 * SECOND_NS)
    # One that was removed a moment ago may still report.
    other = Place(cameras=frozenset({"north-2"}))
    assert camera_time(WINDOW, FULL, other) == (300 * SECOND_NS, 600 * SECOND_NS)


@pytest.mark.parametrize(
    ("zone", "hours", "minutes"),
    [
        ("UTC", (), 5),
        ("UTC", ("daily 09:00-20:00",), 5),
        ("UTC", ("daily 12:02-20:00",), 3),
        ("UTC", ("daily 09:00-12:01", "daily 12:04-20:00"), 2),
        ("Europe/Berlin", ("daily 09:00-13:00",), 0),
    ],
)
def test_only_opening_hours_are_to_be_covered(
    zone: str, hours: tuple[str, ...], minutes: int
) -> None:
    window = Window("north", NOON, NOON + 300 * SECOND_NS)
    place = Place(zone, frozenset({"north-1"}), hours)
    expected_ns = minutes * 60 * SECOND_NS
    assert camera_time(window, [], place).camera_ns == expected_ns
    assert camera_time(window, reports_of(window), place).usable_ns == expected_ns


def test_a_configuration_says_which_cameras_a_stand_has() -> None:
    stands = (
        Stand(
            id="north",
            time_zone="Asia/Tokyo",
            hours=("daily 09:00-20:00",),
            recognition="enrolled",
        ),
        Stand(id="south"),
    )
    cameras = [Camera(id=f"cam-{n}", uri="0", stand="north") for n in range(2)]
    mall = Mall(cameras=tuple(cameras), stands=stands, campaigns=())
    assert places_of(mall) == {
        "north": Place(
            "Asia/Tokyo",
            frozenset({"cam-0", "cam-1"}),
            ("daily 09:00-20:00",),
            recognised=True,
        ),
        "south": Place(recognised=False),
    }
