"""Days of a stand, by the clock on its wall."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vitrine.clock import SECOND_NS


def day_start_s(day: date, time_zone: str) -> int:
    """Return the second of UTC in which a local day begins."""
    midnight = datetime.combine(day, time(), ZoneInfo(time_zone))
    return int(midnight.timestamp())


def left_of_day_s(at_ns: int, time_zone: str) -> int:
    """Return the seconds to the end of the local day; 23 or 25 hours where the clock changes."""
    at_s = at_ns // SECOND_NS
    today = datetime.fromtimestamp(at_s, ZoneInfo(time_zone)).date()
    return day_start_s(today + timedelta(days=1), time_zone) - at_s
