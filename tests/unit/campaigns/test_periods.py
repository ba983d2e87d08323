"""The figures of some days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.report_builders import (
    HOUR_NS,
    MIDNIGHT_NS,
    make_campaign_figures,
    make_step,
    make_week,
)
from vitrine.campaigns.figures import FREQUENCY, REACH
from vitrine.campaigns.periods import Days, untimed_plays, within

FRIDAY = date(2027, 1, 15)
SATURDAY = date(2027, 1, 16)


def utc(_: str) -> str:
    return "UTC"


@pytest.mark.parametrize(
    ("first", "last", "held"),
    [
        (None, None, True),
        (FRIDAY, None, True),
        (SATURDAY, None, False),
        (None, FRIDAY, True),
        (None, date(2027, 1, 14), False),
        (FRIDAY, FRIDAY, True),
    ],
)
def test_both_days_are_included(
    first: date | None, last: date | None, held: bool
) -> None:
    assert Days(first, last).hold(FRIDAY) is held


def test_days_add_up_to_the_whole() -> None:
    week = make_week()
    early = within(week, Days(last=SATURDAY), utc)
    late = within(week, Days(first=date(2027, 1, 17)), utc)
    assert 0 < early.totals.ots < week.totals.ots
    for cell, totals in week.cells.items():
        parts = early.cells[cell].plus(late.cells[cell])
        assert parts.sums() == totals.sums()
    assert early.advertiser == early.totals.advertiser == "acme"


def test_a_step_is_whole_and_of_the_day_on_which_it_ends() -> None:
    over_midnight = make_step(MIDNIGHT_NS + 23 * HOUR_NS, 2 * HOUR_NS)
    to_midnight = make_step(MIDNIGHT_NS + 23 * HOUR_NS, HOUR_NS)
    campaign = make_campaign_figures(over_midnight, to_midnight)
    friday = within(campaign, Days(FRIDAY, FRIDAY), utc)
    assert friday.steps == (to_midnight,)
    saturday = within(campaign, Days(SATURDAY, SATURDAY), utc)
    assert saturday.steps == (over_midnight,)


def test_days_are_those_of_each_stand() -> None:
    late = make_step(MIDNIGHT_NS + 23 * HOUR_NS + HOUR_NS // 2)
    campaign = make_campaign_figures(late)
    found = within(campaign, Days(SATURDAY, SATURDAY), lambda stand: "Europe/Berlin")
    assert found.totals.ots == 10


def test_reach_is_not_known_of_a_part() -> None:
    week = make_week()
    assert within(week, Days(), utc) is week
    part = within(week, Days(first=SATURDAY), utc)
    assert REACH.value(part.totals, part) is None
    assert FREQUENCY.shown(part.totals, part) == "–"


def test_labels_stay() -> None:
    week = make_week()
    marked = {cell: replace(one, synthetic=True) for cell, one in week.cells.items()}
    part = within(replace(week, cells=marked), Days(first=SATURDAY), utc)
    assert part.synthetic


def test_plays_whose_steps_are_gone_are_counted() -> None:
    week = make_week()
    assert untimed_plays(week) == 0
    assert untimed_plays(replace(week, steps=week.steps[5:])) == 10
