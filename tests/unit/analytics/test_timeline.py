"""Released steps on a time axis."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.report_builders import HOUR_NS, MIDNIGHT_NS, MINUTE_NS, make_totals
from vitrine.clock import SECOND_NS
from vitrine.services.analytics.charts import HEIGHT, time_chart
from vitrine.services.analytics.timeline import (
    DAY_S,
    bar_width,
    local_borders,
    main_zone,
    nanoseconds,
    span_name,
    timeline,
)

BERLIN = "Europe/Berlin"


def test_bars_are_never_finer_than_the_windows_behind_them() -> None:
    """Two windows of five minutes are two bars, and not sixty."""
    steps = [make_totals(MIDNIGHT_NS), make_totals(MIDNIGHT_NS + 5 * MINUTE_NS)]
    bars = timeline(steps, "UTC")
    assert [(bar.end_ns - bar.start_ns) // MINUTE_NS for bar in bars] == [5, 5]
    assert [bar.ots for bar in bars] == [10, 10]


def test_bars_add_up_to_the_steps_and_say_what_was_spread() -> None:
    steps = [make_totals(MIDNIGHT_NS), make_totals(MIDNIGHT_NS, 10 * MINUTE_NS)]
    bars = timeline(steps, "UTC")
    assert [bar.ots for bar in bars] == [15, 5]
    assert [bar.spread_ots for bar in bars] == [5, 5]
    assert sum(bar.attention_s for bar in bars) == 30


def test_without_steps_there_are_no_bars() -> None:
    assert timeline([], "UTC") == []
    assert time_chart([], "UTC") is None


@pytest.mark.parametrize(
    ("span_s", "least_s", "width_s"),
    [
        (0, 10, 10),
        (600, 10, 10),
        (601, 10, 30),
        (600, 300, 300),
        (600, 301, 900),
        (60 * 7 * DAY_S + 1, 300, 8 * DAY_S),
        (100 * 7 * DAY_S, 300, 11 * DAY_S + DAY_S),
        (10, 8 * DAY_S, 8 * DAY_S),
    ],
)
def test_bars_are_as_fine_as_sixty_and_the_steps_allow(
    span_s: int, least_s: int, width_s: int
) -> None:
    width_ns = bar_width(span_s * SECOND_NS, least_s * SECOND_NS)
    assert width_ns == width_s * SECOND_NS


def test_days_follow_the_calendar_where_clocks_change() -> None:
    """28 March 2027 has 23 hours in Berlin."""
    zone = ZoneInfo(BERLIN)
    first_ns = nanoseconds(datetime(2027, 3, 27, 9, tzinfo=zone))
    last_ns = nanoseconds(datetime(2027, 3, 29, 9, tzinfo=zone))
    borders = local_borders(first_ns, last_ns, DAY_S * SECOND_NS, BERLIN)
    hours = [(late - early) // HOUR_NS for early, late in pairwise(borders)]
    assert hours == [24, 23, 24]


def test_bars_of_hours_begin_on_whole_local_hours() -> None:
    """Kathmandu is 5:45 ahead of UTC."""
    steps = [make_totals(MIDNIGHT_NS, HOUR_NS)]
    (first, second) = timeline(steps, "Asia/Kathmandu")
    assert (MIDNIGHT_NS - first.start_ns) // MINUTE_NS == 45
    assert (first.ots, second.ots) == (2.5, 7.5)


def test_the_chart_tells_each_bar_in_words_and_local_time() -> None:
    steps = [make_totals(MIDNIGHT_NS), make_totals(MIDNIGHT_NS + 5 * MINUTE_NS, ots=5)]
    chart = time_chart(timeline(steps, BERLIN), BERLIN)
    assert chart is not None
    first, second = chart.columns
    assert first.words == "Fri 15 Jan, 01:00–01:05: 10 face OTS, 4 watchers"
    assert (first.ots, second.ots) == (HEIGHT, HEIGHT / 2)
    assert chart.times == ("01:00", "01:05", "01:10")
    assert (chart.bar_name, chart.spread_share) == ("5 min", 0)


def test_a_chart_of_nobody_has_no_heights() -> None:
    chart = time_chart(timeline([make_totals(ots=0, watchers=0)], "UTC"), "UTC")
    assert chart is not None
    assert (chart.most, chart.columns[0].ots) == (0, 0)


def test_bars_of_days_are_called_by_their_dates() -> None:
    day_ns = 24 * HOUR_NS
    days = [make_totals(MIDNIGHT_NS + day * day_ns, day_ns) for day in range(2)]
    chart = time_chart(timeline(days, "UTC"), "UTC")
    assert chart is not None
    assert [column.when for column in chart.columns] == [
        "Fri 15 Jan 2027",
        "Sat 16 Jan 2027",
    ]
    assert chart.times == ("15 Jan", "16 Jan", "17 Jan")


@pytest.mark.parametrize(
    ("zones", "expected"),
    [([], "UTC"), (["B", "A", "B"], "B"), (["B", "A"], "A")],
)
def test_the_report_is_in_the_time_of_most_stands(
    zones: list[str], expected: str
) -> None:
    assert main_zone(zones) == expected


@pytest.mark.parametrize(
    ("seconds", "name"),
    [(30, "30 s"), (300, "5 min"), (3600, "1 h"), (7 * 86_400, "7 d")],
)
def test_a_span_is_named_in_its_largest_unit(seconds: int, name: str) -> None:
    assert span_name(seconds * SECOND_NS) == name
