"""PromQL: rates of counters, and the figures of campaigns by the table of figures."""

from __future__ import annotations

from vitrine.campaigns.figure import Figure
from vitrine.campaigns.figures import SCORE_SECONDS, SCORED_SECONDS

# Reach and effects are of the whole campaign: they have no stand.
WHOLE = 'advertiser=~"$advertiser", campaign=~"$campaign"'
CELLS = f'{WHOLE}, stand=~"$stand"'


def rate(
    counter: str,
    by: str,
    where: str = "",
) -> str:
    """Return a second's rise of a counter, summed over processes."""
    return f"sum by ({by}) (rate({counter}{{{where}}}[$__rate_interval]))"


def lately(
    counter: str,
    by: str,
    where: str = "",
    span: str = "5m",
) -> str:
    """Return the rise of a counter in the span before, summed over processes."""
    return f"sum by ({by}) (increase({counter}{{{where}}}[{span}]))"


def mean(histogram: str, by: str) -> str:
    """Return the mean of what a histogram observed."""
    total_rate = rate(f"{histogram}_sum", by)
    count_rate = rate(f"{histogram}_count", by)
    return f"{total_rate} / ({count_rate} > 0)"


def sum_by(by: str) -> str:
    """Return the operator that sums up, by labels if there are any."""
    if not by:
        return "sum"
    return f"sum by ({by})"


def rise(
    series: str,
    by: str = "",
) -> str:
    """Return how much series rose in the chosen time.

    Not by `increase`, which guesses what was before the first sample and after the last one:
    figures advance in steps, and their sums have to be those of the report.
    """
    highest = f"max_over_time({series}[$__range])"
    lowest = f"min_over_time({series}[$__range])"
    return f"{sum_by(by)} ({highest} - {lowest})"


def series_of(figure: Figure, where: str = CELLS) -> str:
    """Return the series of a counter of campaigns."""
    return f"{figure.metric_name}_total{{{where}}}"


def total(
    figure: Figure,
    by: str = "",
    where: str = CELLS,
) -> str:
    """Return what was released of a counter of campaigns in the chosen time."""
    return rise(series_of(figure, where), by)


def per(figure: Figure, by: str = "") -> str:
    """Return a ratio of campaigns; nothing where there is nothing to divide by."""
    assert figure.part is not None  # noqa: S101 - only ratios are asked for
    assert figure.whole is not None  # noqa: S101
    return quotient(figure.part, figure.whole, by)


def quotient(
    part: Figure,
    whole: Figure,
    by: str = "",
) -> str:
    """Return a counter over another one; nothing where there is nothing to divide by."""
    return f"{total(part, by)} / ({total(whole, by)} > 0)"


def engagement(by: str = "") -> str:
    """Return the mean engagement score, weighted by the time that people were present."""
    return quotient(SCORE_SECONDS, SCORED_SECONDS, by)


def released(figure: Figure, by: str) -> str:
    """Return what was released of a counter in each interval of a plot."""
    series = series_of(figure)
    # A campaign that has just begun has no sample an interval ago: it was 0 then.
    before = f"({series} offset $__interval or {series} * 0)"
    return f"{sum_by(by)} ({series} - {before})"


def of_campaign(figure: Figure) -> str:
    """Return the last value of a gauge of the whole campaign in the chosen time."""
    return f"last_over_time({figure.metric_name}{{{WHOLE}}}[$__range])"


def by_hour_of_week(figure: Figure) -> str:
    """Return a counter by `day` (0 is Sunday) and `hour`, by the clocks of the stands.

    Hours of several zones go by the one that is furthest east.
    """
    series = series_of(figure)
    hourly = f"sum({series} - ({series} offset 1h or {series} * 0))"
    offset = f"max(vitrine_campaign_utc_offset_seconds{{{WHOLE}}})"
    # A step of the subquery looks back: the middle of its hour names it.
    local = f"vector(time() - 1800) + {offset}"
    hours = f'count_values("hour", hour({local}))'
    days = f'count_values("day", day_of_week({local}))'
    labels = f"({hours} * on () group_left (day) {days})"
    steps = f"({hourly} * on () group_right () {labels})[$__range:1h]"
    return f"sum by (day, hour) (sum_over_time({steps}))"
