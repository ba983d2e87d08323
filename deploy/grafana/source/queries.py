"""PromQL: rates of counters, and the figures of campaigns by the table of figures."""

from __future__ import annotations

from vitrine.campaigns.figure import Figure
from vitrine.campaigns.figures import ENGAGEMENT, SCORED_SECONDS

# Reach and uplift are of the whole campaign: they have no stand.
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


def total(figure: Figure, by: str = "") -> str:
    """Return a counter of campaigns since they began."""
    return f"{sum_by(by)} (vitrine_campaign_{figure.name}_total{{{CELLS}}})"


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
    """Return the mean of means, weighted by the time that each is a mean over."""
    mean_score = f"vitrine_campaign_{ENGAGEMENT.name}{{{CELLS}}}"
    seconds = f"vitrine_campaign_{SCORED_SECONDS.name}_total{{{CELLS}}}"
    whole = total(SCORED_SECONDS, by)
    return f"{sum_by(by)} ({mean_score} * {seconds}) / ({whole} > 0)"


def recent(figure: Figure, by: str) -> str:
    """Return what was released of a counter in the hour before."""
    counter = f"vitrine_campaign_{figure.name}_total"
    return f"sum by ({by}) (increase({counter}{{{CELLS}}}[1h]))"


def of_campaign(figure: Figure) -> str:
    """Return a gauge of the whole campaign."""
    return f"vitrine_campaign_{figure.name}{{{WHOLE}}}"
