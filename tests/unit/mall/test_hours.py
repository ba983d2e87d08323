"""Opening hours of a stand: what is read, what is refused, and when it is open."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from vitrine.clock import SECOND_NS
from vitrine.mall import Stand

BERLIN = "Europe/Berlin"


def open_at(hours: list[str], moment: str) -> bool:
    """Return if a stand in Berlin is open at a local time."""
    stand = Stand(id="north", time_zone=BERLIN, hours=tuple(hours))
    local = datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(BERLIN))
    return stand.is_open(round(local.timestamp()) * SECOND_NS)


def test_without_hours_a_stand_is_always_open() -> None:
    assert open_at([], "2026-11-29 03:00")


# 27 November 2026 is a Friday.
@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        (["mon-fri 09:00-20:00"], "2026-11-27 09:00", True),
        (["mon-fri 09:00-20:00"], "2026-11-27 08:59", False),
        (["mon-fri 09:00-20:00"], "2026-11-27 19:59:59", True),
        (["mon-fri 09:00-20:00"], "2026-11-27 20:00", False),
        (["mon-fri 09:00-20:00"], "2026-11-28 12:00", False),
        (["mon-fri 09:00-20:00", "sat 10:00-12:30"], "2026-11-28 12:00", True),
        (["daily 00:00-24:00"], "2026-11-28 23:59", True),
        (["sat-mon 9:00-10:00"], "2026-11-29 09:30", True),
        (["sat-mon 9:00-10:00"], "2026-11-27 09:30", False),
        # Over midnight: Friday's evening reaches into Saturday, Saturday's night does not.
        (["fri 20:00-02:00"], "2026-11-27 23:00", True),
        (["fri 20:00-02:00"], "2026-11-28 01:59", True),
        (["fri 20:00-02:00"], "2026-11-28 02:00", False),
        (["fri 20:00-02:00"], "2026-11-28 23:00", False),
        (["sun 20:00-02:00"], "2026-11-30 01:00", True),
        (["MON-FRI  09:00 - 20:00"], "2026-11-27 09:00", True),
    ],
)
def test_a_stand_is_open_within_its_hours(
    hours: list[str], moment: str, expected: bool
) -> None:
    assert open_at(hours, moment) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # The clock goes from 2 to 3, and seven months later from 3 back to 2.
        ("2026-03-29T00:59:59+00:00", False),
        ("2026-03-29T01:00:00+00:00", True),
        ("2026-10-25T00:59:59+00:00", False),
        ("2026-10-25T01:59:59+00:00", False),
        ("2026-10-25T02:00:00+00:00", True),
    ],
)
def test_hours_are_those_on_the_wall_when_the_clock_changes(
    moment: str, expected: bool
) -> None:
    stand = Stand(id="north", time_zone=BERLIN, hours=("daily 03:00-04:00",))
    at_s = round(datetime.fromisoformat(moment).timestamp())
    assert stand.is_open(at_s * SECOND_NS) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9-20", "expected hours such as mon-fri 09:00-20:00"),
        ("", "expected hours such as mon-fri 09:00-20:00"),
        ("moon 09:00-20:00", "found the day 'moon', expected hours .* did you mean"),
        ("mon 09:00-25:00", "there is no time 25:00"),
        ("mon 09:61-20:00", "there is no time 09:61"),
        ("mon 24:01-25:00", "there is no time 24:01"),
        ("mon 09:00-09:00", "a whole day is 00:00-24:00"),
        ("daily-fri 09:00-20:00", "found the day 'daily'"),
    ],
)
def test_hours_that_cannot_be_read_say_what_is_expected(
    text: str, message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        Stand(id="north", hours=(text,))
