"""The chart over time, as places in a drawing that the page's template fills in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vitrine.services.analytics.days import local
from vitrine.services.analytics.timeline import Bar, span_name

HEIGHT = 100.0
"""Of the drawing, in its own units; a bar is one unit wide."""
# Times below the axis: more would run into each other on a phone. Chosen, not measured.
MOST_TIMES = 4


@dataclass(frozen=True, slots=True)
class Column:
    """Hold one bar of the chart; heights are of HEIGHT."""

    ots: float
    spread: float
    """The part of `ots` whose time within a longer span is not known."""
    watchers: float
    when: str
    bar: Bar

    @property
    def words(self) -> str:
        """Return the bar in words, for who points at it."""
        return f"{self.when}: {self.bar.ots:,.0f} face OTS, {self.bar.watchers:,.0f} watchers"


@dataclass(frozen=True, slots=True)
class TimeChart:
    """Hold the chart over time."""

    columns: tuple[Column, ...]
    times: tuple[str, ...]
    """Below the axis, evenly spaced from the first bar's start to the last one's end."""
    most: float
    """Opportunities to see of the highest bar."""
    bar_name: str
    """How long a bar is, such as `5 min`."""
    spread_share: float
    """Of all opportunities to see, the share whose bar is not known exactly."""


def time_chart(bars: Sequence[Bar], time_zone: str) -> TimeChart | None:
    """Return the chart of bars in local time; None without any."""
    if not bars:
        return None
    most = max(bar.ots for bar in bars)
    scale = HEIGHT / most if most else 0.0
    columns = []
    for bar in bars:
        column = Column(
            ots=bar.ots * scale,
            spread=bar.spread_ots * scale,
            watchers=bar.watchers * scale,
            when=when(bar, time_zone),
            bar=bar,
        )
        columns.append(column)
    everything = sum(bar.ots for bar in bars)
    spread = sum(bar.spread_ots for bar in bars)
    return TimeChart(
        columns=tuple(columns),
        times=times_below(bars, time_zone),
        most=most,
        bar_name=span_name(bars[0].end_ns - bars[0].start_ns),
        spread_share=spread / everything if everything else 0.0,
    )


def when(bar: Bar, time_zone: str) -> str:
    """Return the time of a bar in words; a bar of days has dates only."""
    start = local(bar.start_ns, time_zone)
    end = local(bar.end_ns, time_zone)
    if is_midnight(start) and is_midnight(end):
        last = local(bar.end_ns - 1, time_zone)
        if start.date() == last.date():
            return f"{start:%a} {start.day} {start:%b %Y}"
        return f"{start.day} {start:%b} – {last.day} {last:%b %Y}"
    return f"{start:%a} {start.day} {start:%b}, {clock(start)}–{clock(end)}"


def times_below(bars: Sequence[Bar], time_zone: str) -> tuple[str, ...]:
    """Return the first border, the last one, and some evenly between them."""
    borders = [bar.start_ns for bar in bars]
    borders.append(bars[-1].end_ns)
    gaps = min(MOST_TIMES - 1, len(bars))
    moments = [local(border, time_zone) for border in borders]
    of_days = all(is_midnight(moment) for moment in moments)
    in_one_day = moments[0].date() == moments[-1].date()
    times = []
    for place in range(gaps + 1):
        moment = moments[round(place * len(bars) / gaps)]
        if of_days:
            times.append(f"{moment.day} {moment:%b}")
        elif in_one_day:
            times.append(clock(moment))
        else:
            times.append(f"{moment.day} {moment:%b}, {moment:%H:%M}")
    return tuple(times)


def clock(moment: datetime) -> str:
    """Return hours and minutes, and seconds where there are any."""
    if moment.second:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%H:%M}"


def is_midnight(moment: datetime) -> bool:
    """Tell whether a day begins."""
    return (moment.hour, moment.minute, moment.second) == (0, 0, 0)
