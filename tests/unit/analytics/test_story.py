"""What a report says first, and what it shows of a campaign."""

from __future__ import annotations

import pytest

from tests.report_builders import (
    HOUR_NS,
    MIDNIGHT_NS,
    make_campaign_figures,
    make_figures,
    make_step,
    make_totals,
    make_week,
)
from vitrine.campaigns.summary import CampaignFigures
from vitrine.campaigns.totals import Totals
from vitrine.mall.names import Names
from vitrine.services.analytics.days import duration
from vitrine.services.analytics.funnel import funnel
from vitrine.services.analytics.hours import hour_map, quantities
from vitrine.services.analytics.section import section_of, shown_hours
from vitrine.services.analytics.story import story

BERLIN = Names({"zone:north": "Europe/Berlin", "stand:north": "North door"})


def words(*steps: object, names: Names = BERLIN) -> list[str]:
    campaign = make_campaign_figures(*steps)  # type: ignore[arg-type]
    return story(campaign, names)


def test_the_first_sentences_say_what_happened() -> None:
    step = make_step(offers_shown=1, offers_redeemed=2, sales=1)
    assert words(step) == [
        "On 15 January 2027, spring was shown 2 times at North door.",
        "A face was in front of it for a second or longer at least 10 times (face OTS); "
        "at most 40.0 % of these looked at it, for 15 s in all.",
        "The screen was touched once, 1 offer was shown, 2 codes were redeemed, "
        "tills reported 1 sale.",
    ]


def test_one_play_before_nobody() -> None:
    step = make_step(plays=1, ots=0, watchers=0, touches=0)
    assert words(step) == [
        "On 15 January 2027, spring was shown once at North door.",
        "Nobody was seen in front of it.",
    ]


def test_a_day_is_the_stands_own() -> None:
    """23:30 UTC is past midnight in Berlin."""
    late = make_step(MIDNIGHT_NS + 23 * HOUR_NS + HOUR_NS // 2)
    assert words(late)[0].startswith("On 16 January 2027,")
    ends_at_midnight = make_step(MIDNIGHT_NS + 22 * HOUR_NS, HOUR_NS)
    assert words(ends_at_midnight)[0].startswith("On 15 January 2027,")


@pytest.mark.parametrize(
    ("stands", "expected"),
    [
        (("a", "b"), "at a and b"),
        (("a", "b", "c"), "at a, b and c"),
        (("a", "b", "c", "d"), "at 4 stands"),
    ],
)
def test_many_stands_are_a_number(stands: tuple[str, ...], expected: str) -> None:
    steps = [make_step(stand=stand) for stand in stands]
    assert words(*steps)[0].endswith(f"{expected}.")


def test_days_of_two_months_have_both() -> None:
    month_later = make_step(MIDNIGHT_NS + 31 * 24 * HOUR_NS)
    first = words(make_step(), month_later)[0]
    assert first.startswith("From 15 January 2027 to 15 February 2027, spring")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(45.4, "45 s"), (60, "1 min"), (3599, "1 h 0 min"), (18_720, "5 h 12 min")],
)
def test_durations_are_told_as_people_do(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected


def test_the_funnel_goes_from_passing_to_sales() -> None:
    totals = make_totals(offers_shown=3, offers_redeemed=2, sales=1)
    assert [(stage.name, stage.count, stage.share) for stage in funnel(totals)] == [
        ("Passed", 12, None),
        ("Face OTS", 10, 1.0),
        ("Noticed", 4, 0.4),
        ("Stayed", 2, 0.2),
        ("Interacted", 1, 0.1),
        ("Offered", 3, 0.3),
        ("Redeemed", 2, 0.2),
        ("Sale", 1, 0.1),
    ]


def test_of_figures_of_before_who_passed_is_not_told() -> None:
    assert funnel(make_totals(passed=0))[0].count is None
    assert [stage.share for stage in funnel(Totals())] == [None] * 8


def test_hours_are_those_of_each_stand_and_have_the_multiplier_of_bid_requests() -> (
    None
):
    names = Names({"zone:north": "Europe/Berlin", "zone:south": "America/New_York"})
    steps = [
        make_step(MIDNIGHT_NS + 12 * HOUR_NS),
        make_step(MIDNIGHT_NS + 12 * HOUR_NS, stand="south", plays=8),
        make_step(MIDNIGHT_NS, 2 * HOUR_NS),
    ]
    found = hour_map(steps, names)
    assert found.untold_ots == 10
    assert shown_hours(found) == [7, 8, 9, 10, 11, 12, 13]
    source = {"sourcetype": 2, "vendor": None}
    assert quantities(found) == [
        {
            "weekday": "Friday",
            "hour": 7,
            "plays": 8,
            "ots": 10,
            "qty": {"multiplier": 0.5, **source},
        },
        {
            "weekday": "Friday",
            "hour": 13,
            "plays": 2,
            "ots": 10,
            "qty": {"multiplier": 2.0, **source},
        },
    ]


def test_hours_without_plays_have_no_multiplier() -> None:
    assert quantities(hour_map([make_step(plays=0)], BERLIN)) == []
    assert shown_hours(hour_map([], BERLIN)) == []


def test_two_creatives_of_one_name_have_their_ids() -> None:
    names = Names({"creative:spring:boot": "New", "creative:spring:shoe": "New"})
    section = section_of(make_week(), names, {}, 0)
    assert [row.name for row in section.creatives] == ["New", "New (shoe)"]
    assert [row.id for row in section.stands] == ["north", "south"]
    assert sum(row.totals.ots for row in section.stands) == section.totals.ots


def test_the_busiest_time_is_told() -> None:
    figures = make_figures(make_week())
    (campaign,) = figures.campaigns
    section = section_of(campaign, figures.names, {}, 0)
    assert section.busiest == "That was Thu 21 Jan, 12:00–16:00."
    assert section.busiest_hour.startswith("Most were on Thursday from ")


def test_of_nobody_no_busiest_time_is_told() -> None:
    nobody: CampaignFigures = make_campaign_figures(make_step(ots=0, watchers=0))
    section = section_of(nobody, BERLIN, {}, 0)
    assert (section.busiest, section.busiest_hour) == ("", "")
