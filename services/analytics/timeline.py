"""Released steps on a regular time axis, for the plot over time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vitrine.campaigns.totals import Totals
from vitrine.clock import SECOND_NS

# Widths of a bin that people count in.
WIDTHS_S = (10, 30, 60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400)
# Bars that can still be told apart in a page of 1080 pixels; chosen, not measured.
MOST_BINS = 60
SERIES = ("ots", "watchers", "attention_ns")


def timeline(
    steps: Sequence[Totals],
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]:
    """Return the borders of equal bins (n + 1, nanoseconds), and each of SERIES in them (n,).

    A step that concerns a longer span is spread evenly over it.
    """
    first_ns = min(step.start_ns for step in steps)
    last_ns = max(step.end_ns for step in steps)
    width_ns = bin_width(last_ns - first_ns)
    start_ns = first_ns // width_ns * width_ns
    borders = np.arange(
        start_ns,
        last_ns + width_ns,
        width_ns,
        dtype=np.int64,
    )
    series = {name: np.zeros(len(borders) - 1) for name in SERIES}
    for step in steps:
        firsts = np.maximum(borders[:-1], step.start_ns)
        lasts = np.minimum(borders[1:], step.end_ns)
        overlaps = np.clip(lasts - firsts, 0, None)
        shares = overlaps / max(1, step.end_ns - step.start_ns)
        for name in SERIES:
            series[name] += shares * getattr(step, name)
    return borders, series


def bin_width(span_ns: int) -> int:
    """Return the finest width (nanoseconds) that needs no more than MOST_BINS bins."""
    for width_s in WIDTHS_S:
        if span_ns <= MOST_BINS * width_s * SECOND_NS:
            return width_s * SECOND_NS
    seconds = -(-span_ns // (MOST_BINS * SECOND_NS))
    return seconds * SECOND_NS
