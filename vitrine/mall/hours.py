"""Opening hours, such as `mon-fri 09:00-20:00`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from vitrine.clock import SECOND_NS
from vitrine.mall.problems import did_you_mean, shown
from vitrine.mall.texts import EXPECTED

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAILY: Final = "daily"
MIDNIGHT: Final = 24 * 60
"""The end of a day, in minutes since its beginning."""
# Slots of the experiment are 5 minutes long in every time zone: a daypart holds for whole ones.
DAYPART_STEP: Final = 5
"""Minutes."""

_WORDS: Final = (
    "hours such as mon-fri 09:00-20:00, sat 10:00-22:00 or daily 18:00-02:00"
)
_HOURS: Final = re.compile(
    r"(?P<first>[a-z]+)(?:-(?P<last>[a-z]+))?"
    r"\s+(?P<opens>\d{1,2}:\d{2})\s*-\s*(?P<closes>\d{1,2}:\d{2})"
)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """Hold a day and a minute of it, as calendar and clock on the wall show them."""

    day: date
    minute: int
    """Since midnight by the clock on the wall, whatever was added to or left out of the day."""


def local_time(at_ns: int, time_zone: str) -> LocalTime:
    """Return what calendar and clock show in a zone. Raises ZoneInfoNotFoundError."""
    local = datetime.fromtimestamp(at_ns // SECOND_NS, ZoneInfo(time_zone))
    return LocalTime(local.date(), 60 * local.hour + local.minute)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Hold on which days a stand is open from when to when.

    Minutes since the beginning of the day. Closing before opening is on the next day.
    """

    days: frozenset[int]
    """0 is Monday."""
    opens: int
    closes: int

    def began(self, local: LocalTime) -> date | None:
        """Return the day on which the hours that hold now began; None outside of them.

        The closing minute is outside. Hours over midnight belong to the day of their evening.
        """
        day = local.day
        if self.opens < self.closes:
            is_within = self.opens <= local.minute < self.closes
            return day if is_within and day.weekday() in self.days else None
        if local.minute >= self.opens:
            return day if day.weekday() in self.days else None
        yesterday = day - timedelta(days=1)
        is_night = local.minute < self.closes
        return yesterday if is_night and yesterday.weekday() in self.days else None


def _days(first: str, last: str | None) -> frozenset[int]:
    """Return the days from one to another, over Sunday where the first one is later."""
    if first == DAILY and last is None:
        return frozenset(range(len(DAYS)))
    for name in (first, last or first):
        if name not in DAYS:
            near = did_you_mean(name, [*DAYS, DAILY])
            raise ValueError(f"found the day {shown(name)}, expected {_WORDS}{near}")
    start = DAYS.index(first)
    end = DAYS.index(last or first)
    count = (end - start) % len(DAYS) + 1
    return frozenset((start + step) % len(DAYS) for step in range(count))


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    minute = 60 * int(hours) + int(minutes)
    if int(minutes) >= 60 or minute > MIDNIGHT:
        raise ValueError(f"there is no time {clock}, expected {_WORDS}")
    return minute


@lru_cache(maxsize=1_000)
def read_hours(text: str) -> OpeningHours:
    """Return what one entry of `hours:` says. Raises ValueError with what is expected."""
    found = _HOURS.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"found {shown(text)}, expected {_WORDS}")
    days = _days(found["first"], found["last"])
    opens = _minute(found["opens"])
    closes = _minute(found["closes"])
    if opens == closes:
        raise ValueError(
            f"found {shown(text)}, which opens and closes at the same minute; "
            "a whole day is 00:00-24:00"
        )
    return OpeningHours(days, opens, closes)


def _checked(text: str) -> str:
    read_hours(text)
    return text


Hours = Annotated[
    str,
    AfterValidator(_checked),
    Field(json_schema_extra={EXPECTED: _WORDS}),
]
"""One entry of the opening hours of a stand."""


def _in_steps(text: str) -> str:
    hours = read_hours(text)
    if hours.opens % DAYPART_STEP or hours.closes % DAYPART_STEP:
        raise ValueError(
            f"found {shown(text)}, expected times in steps of {DAYPART_STEP} minutes, "
            "such as 17:00 or 19:35"
        )
    return text


Daypart = Annotated[Hours, AfterValidator(_in_steps)]
"""Days and times of the week in which something is shown, such as `mon-fri 17:00-20:00`."""


def is_open(hours: Sequence[str], time_zone: str, at_ns: int) -> bool:
    """Return true at a time within opening hours in their zone; always where none are given.

    Clock times are those on the wall: with both changes of the clock they stay what they say.
    """
    return not hours or hold(hours, local_time(at_ns, time_zone))


def hold(hours: Sequence[str], local: LocalTime) -> bool:
    """Return true at a local time within some of these hours."""
    return any(read_hours(text).began(local) is not None for text in hours)
