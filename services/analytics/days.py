"""Moments and spans of a report, in the local time of its stands and in words."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from vitrine.campaigns.summary import CampaignFigures
from vitrine.clock import SECOND_NS
from vitrine.mall.names import Names
from vitrine.services.analytics.timeline import main_zone


def zone_of(campaign: CampaignFigures, names: Names) -> str:
    """Return the time zone of a campaign's report: the one that most of its stands are in."""
    zones = [names.time_zone(stand_id) for stand_id in sorted(campaign.stand_ids)]
    return main_zone(zones)


def local(at_ns: int, time_zone: str) -> datetime:
    """Return a moment as a clock on the wall shows it, to the second."""
    # A quotient of floats would round the last nanosecond of a day up to the next day.
    return datetime.fromtimestamp(at_ns // SECOND_NS, ZoneInfo(time_zone))


def span_of(campaign: CampaignFigures) -> tuple[int, int] | None:
    """Return the start of the first step and the end of the last one; None without steps."""
    if not campaign.steps:
        return None
    first_ns = min(step.totals.start_ns for step in campaign.steps)
    last_ns = max(step.totals.end_ns for step in campaign.steps)
    return first_ns, last_ns


def period(campaign: CampaignFigures, time_zone: str) -> str:
    """Return the span of the released figures, with minutes and the time zone."""
    span = span_of(campaign)
    if span is None:
        return "no span known"
    first, last = (local(at_ns, time_zone) for at_ns in span)
    if first.date() == last.date():
        return f"{written(first.date())}, {first:%H:%M} – {last:%H:%M} ({time_zone})"
    return (
        f"{written(first.date())}, {first:%H:%M} – {written(last.date())}, {last:%H:%M} "
        f"({time_zone})"
    )


def days_in_words(campaign: CampaignFigures, time_zone: str) -> str:
    """Return `On 1 March 2027` or `From 1 to 7 March 2027`; empty without steps."""
    span = span_of(campaign)
    if span is None:
        return ""
    first = local(span[0], time_zone).date()
    # A window that ends at midnight is of the day before.
    last = local(span[1] - 1, time_zone).date()
    if first == last:
        return f"On {written(first)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"From {first.day} to {written(last)}"
    return f"From {written(first)} to {written(last)}"


def written(day: date) -> str:
    """Return a day as `1 March 2027`."""
    return f"{day.day} {day:%B %Y}"


def duration(seconds: float) -> str:
    """Return a duration for people: `45 s`, `12 min` or `5 h 12 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours:,} h {rest} min"
