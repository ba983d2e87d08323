"""Released steps on a regular time axis, for the chart over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from vitrine.campaigns.totals import Totals
from vitrine.clock import SECOND_NS

# Widths of a bar that people count in.
WIDTHS_S: Final = (10, 30, 60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400)
# Bars that can still be told apart in a page of 1080 pixels; chosen, not measured.
MOST_BARS: Final = 60
DAY_S: Final = 86_400
SERIES: Final = ("plays", "ots", "watchers", "attention_ns")


@dataclass(frozen=True, slots=True)
class Bar:
    """Hold the sums of one bar; they are fractions where a step was spread over several."""

    start_ns: int
    end_ns: int
    plays: float
    ots: float
    watchers: float
    attention_s: float
    spread_ots: float
    """Of `ots`, what comes from steps that are longer than a bar: when in them is not known."""


def timeline(steps: Sequence[Totals], time_zone: str) -> list[Bar]:
    """Return equal bars in local time, without gaps; empty without steps.

    No bar is finer than the shortest step: nothing finer is known. A step that is longer than a bar
    is spread evenly over its span, and says so in `spread_ots`.
    """
    if not steps:
        return []
    first_ns = min(step.start_ns for step in steps)
    last_ns = max(step.end_ns for step in steps)
    shortest_ns = min(step.end_ns - step.start_ns for step in steps)
    width_ns = bar_width(last_ns - first_ns, shortest_ns)
    borders = local_borders(first_ns, last_ns, width_ns, time_zone)
    sums = sums_between(steps, borders, width_ns)
    bars = []
    for place in range(len(borders) - 1):
        values = {name: float(found[place]) for name, found in sums.items()}
        bar = Bar(
            start_ns=int(borders[place]),
            end_ns=int(borders[place + 1]),
            plays=values["plays"],
            ots=values["ots"],
            watchers=values["watchers"],
            attention_s=values["attention_ns"] / SECOND_NS,
            spread_ots=values["spread"],
        )
        bars.append(bar)
    return bars


def sums_between(
    steps: Sequence[Totals],
    borders: NDArray[np.int64],
    width_ns: int,
) -> dict[str, NDArray[np.float64]]:
    """Return each of SERIES, and what is `spread`, between the borders (n + 1,) → (n,)."""
    sums = {name: np.zeros(len(borders) - 1) for name in (*SERIES, "spread")}
    for step in steps:
        shares = shares_of(step, borders)
        for name in SERIES:
            sums[name] += shares * getattr(step, name)
        if step.end_ns - step.start_ns > width_ns:
            sums["spread"] += shares * step.ots
    return sums


def shares_of(step: Totals, borders: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of a step's span in each bar between the borders (n + 1,) → (n,)."""
    firsts = np.maximum(borders[:-1], step.start_ns)
    lasts = np.minimum(borders[1:], step.end_ns)
    overlaps = np.clip(lasts - firsts, 0, None)
    shares: NDArray[np.float64] = overlaps / max(1, step.end_ns - step.start_ns)
    return shares


def bar_width(span_ns: int, least_ns: int) -> int:
    """Return the finest width (nanoseconds) of at least `least_ns` with at most MOST_BARS bars."""
    for width_s in WIDTHS_S:
        width_ns = width_s * SECOND_NS
        if width_ns >= least_ns and span_ns <= MOST_BARS * width_ns:
            return width_ns
    days = -(-max(span_ns // MOST_BARS, least_ns) // (DAY_S * SECOND_NS))
    return days * DAY_S * SECOND_NS


def local_borders(
    first_ns: int,
    last_ns: int,
    width_ns: int,
    time_zone: str,
) -> NDArray[np.int64]:
    """Return borders (n + 1,) that cover a span and lie on round local times.

    Bars of days follow the calendar, so that one is an hour longer or shorter where clocks change.
    """
    zone = ZoneInfo(time_zone)
    first = datetime.fromtimestamp(first_ns / SECOND_NS, zone)
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    if width_ns >= DAY_S * SECOND_NS:
        days = width_ns // (DAY_S * SECOND_NS)
        borders = [midnight]
        while nanoseconds(borders[-1]) < last_ns:
            borders.append(borders[-1] + timedelta(days=days))
        return np.array([nanoseconds(border) for border in borders], dtype=np.int64)
    midnight_ns = nanoseconds(midnight)
    start_ns = first_ns - (first_ns - midnight_ns) % width_ns
    return np.arange(start_ns, last_ns + width_ns, width_ns, dtype=np.int64)


def nanoseconds(moment: datetime) -> int:
    """Return a moment of whole seconds as nanoseconds, UTC."""
    return int(moment.timestamp()) * SECOND_NS


def main_zone(zones: Iterable[str]) -> str:
    """Return the time zone that most stands are in; of equals the first by name."""
    found = sorted(zones)
    if not found:
        return "UTC"
    return max(dict.fromkeys(found), key=found.count)


def span_name(span_ns: int) -> str:
    """Return a span in the largest unit that divides it: `30 s`, `5 min`, `1 h` or `7 d`."""
    seconds = span_ns // SECOND_NS
    for size, unit in ((DAY_S, "d"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
