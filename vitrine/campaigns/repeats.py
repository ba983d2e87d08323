"""How often people saw a campaign: of each final day of a stand, its visitors by opportunities.

A visitor is one at a stand on a day, so that days add up. They are told in classes, none of which
ever rises by fewer than k people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, TypeAlias

from vitrine.campaigns.totals import Cell, Totals
from vitrine.clock import SECOND_NS
from vitrine.ids import local_day
from vitrine.mall.days import day_start_s

DAY_NS: Final = 86_400 * SECOND_NS
MOST: Final = 3
"""Opportunities of the last class, which has everybody with more."""

Classes: TypeAlias = Counter[int]
"""Opportunities to see, MOST for more → visitors."""


@dataclass(slots=True)
class RepeatChange:
    """Hold what a batch adds to the classes of each line at one stand."""

    counted: dict[str, Classes] = field(default_factory=dict)
    """`Cell.line` → visitors of days that became final."""
    released: dict[str, Classes] = field(default_factory=dict)
    waiting: dict[str, Classes] = field(default_factory=dict)
    """What waits for release now; empty where it was released."""


def count_day(
    day: date,
    rows: Iterable[tuple[Cell, Totals]],
) -> dict[str, Classes]:
    """Return the classes of each line from rows, which may be of other days as well."""
    times: dict[str, Counter[str]] = {}
    name = day.isoformat()
    for cell, totals in rows:
        own = times.setdefault(cell.line, Counter())
        again = dict(totals.again)
        for of_day, visitor in totals.visitors:
            if of_day == name:
                own[visitor] += 1 + again.get(visitor, 0)
    found = {}
    for line, visitors in times.items():
        classes = Counter(min(number, MOST) for number in visitors.values())
        if classes:
            found[line] = classes
    return found


def days_between(
    before_ns: int,
    after_ns: int,
    time_zone: str,
    floor_ns: int = 0,
) -> list[date]:
    """Return the local days that end after a moment, not after a later one, and begin at a floor.

    Of a long time the last three: rows are kept for about two.
    """
    day = local_day(max(before_ns, after_ns - 3 * DAY_NS), time_zone)
    days: list[date] = []
    while True:
        after = day + timedelta(days=1)
        end_ns = day_start_s(after, time_zone) * SECOND_NS
        if end_ns > after_ns:
            return days
        start_ns = day_start_s(day, time_zone) * SECOND_NS
        if end_ns > before_ns and start_ns >= floor_ns:
            days.append(day)
        day = after


def add_days(
    days: Iterable[Mapping[str, Classes]],
    waiting: Mapping[str, Classes],
    k_anonymity: int,
) -> RepeatChange:
    """Return what final days change; all classes of a line are released at once."""
    change = RepeatChange()
    for day in days:
        for line, classes in day.items():
            counted = change.counted.setdefault(line, Counter())
            counted.update(classes)
    for line, counted in change.counted.items():
        total = waiting.get(line, Counter()) + counted
        if min(total.values()) >= k_anonymity:
            change.released[line] = total
            change.waiting[line] = Counter()
        else:
            change.waiting[line] = total
    return change


def shares(classes: Mapping[int, int]) -> Iterator[tuple[str, int, float]]:
    """Yield each class with its name, its visitors, and their share of all."""
    everybody = sum(classes.values())
    for number in range(1, MOST + 1):
        visitors = classes.get(number, 0)
        name = f"{number} or more" if number == MOST else str(number)
        yield name, visitors, visitors / everybody if everybody else 0.0
