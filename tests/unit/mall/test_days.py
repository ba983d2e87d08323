"""Days of a stand are those of its wall clock."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from vitrine.clock import SECOND_NS
from vitrine.mall.days import day_start_s, left_of_day_s


@pytest.mark.parametrize(
    ("moment", "zone", "hours"),
    [
        ("2026-11-28T13:00:00+00:00", "Europe/Berlin", 10),
        ("2026-11-28T23:30:00+00:00", "Europe/Berlin", 23.5),
        ("2027-03-27T23:00:00+00:00", "Europe/Berlin", 23),
        ("2026-10-24T22:00:00+00:00", "Europe/Berlin", 25),
        ("2026-11-28T13:00:00+00:00", "UTC", 11),
    ],
)
def test_a_day_ends_at_midnight_on_the_wall(
    moment: str, zone: str, hours: float
) -> None:
    at_ns = int(datetime.fromisoformat(moment).timestamp()) * SECOND_NS
    assert left_of_day_s(at_ns, zone) == hours * 3600


def test_a_day_begins_at_midnight_on_the_wall() -> None:
    begin = datetime(2026, 11, 27, 23, tzinfo=UTC)
    assert day_start_s(date(2026, 11, 28), "Europe/Berlin") == begin.timestamp()
