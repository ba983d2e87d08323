"""Ids repeat in a replay, and different things never share one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfoNotFoundError

import pytest

from vitrine.clock import SECOND_NS
from vitrine.ids import (
    local_day,
    presence_id,
    track_began_ns,
    track_id,
    visit_id,
    visitor_id,
)

DAY = date(2027, 1, 15)


def test_a_track_is_called_after_camera_time_and_number() -> None:
    assert track_id("north-1", 5, 2) == "north-1-5-2"


def test_a_presence_is_called_after_stand_and_track() -> None:
    assert presence_id("north", "north-1-5-2") == "north:north-1-5-2"


def test_the_time_of_a_track_is_read_from_its_id() -> None:
    assert track_began_ns(track_id("north-1", 5, 2)) == 5


@pytest.mark.parametrize("foreign", ["", "a", "a-5", "a-x-0", "a-5.0-1"])
def test_another_id_has_no_time(foreign: str) -> None:
    assert track_began_ns(foreign) is None


def test_a_visitor_has_the_same_id_in_a_replay() -> None:
    assert visitor_id("north", DAY, "a") == visitor_id("north", DAY, "a")


@pytest.mark.parametrize(
    "other",
    [
        visitor_id("south", DAY, "a"),
        visitor_id("north", date(2027, 1, 16), "a"),
        visitor_id("north", DAY, "b"),
        visit_id("north", "a"),
    ],
)
def test_another_stand_day_track_or_kind_gives_another_id(other: str) -> None:
    assert visitor_id("north", DAY, "a") != other


def test_parts_do_not_run_into_each_other() -> None:
    assert visit_id("ab", "c") != visit_id("a", "bc")


def test_an_id_of_a_visitor_does_not_show_its_parts() -> None:
    found = visitor_id("north", DAY, "track")
    assert "north" not in found
    assert "track" not in found


@pytest.mark.parametrize(
    ("moment", "zone", "expected"),
    [
        (datetime(2027, 1, 15, 22, 59, 59, tzinfo=UTC), "Europe/Berlin", DAY),
        (datetime(2027, 1, 15, 23, tzinfo=UTC), "Europe/Berlin", date(2027, 1, 16)),
        (datetime(2027, 1, 15, 23, tzinfo=UTC), "UTC", DAY),
        (datetime(2027, 7, 15, 22, tzinfo=UTC), "Europe/Berlin", date(2027, 7, 16)),
    ],
)
def test_a_day_ends_at_midnight_of_the_stand(
    moment: datetime,
    zone: str,
    expected: date,
) -> None:
    at_ns = int(moment.timestamp()) * SECOND_NS
    assert local_day(at_ns, zone) == expected


def test_an_unknown_zone_is_an_error() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        local_day(0, "Europe/Berln")
