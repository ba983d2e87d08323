"""Released steps on a regular time axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vitrine.campaigns.figures import Step

SECOND_NS = 1_000_000_000
WIDTHS_S = (10, 30, 60, 300, 900, 3600, 4 * 3600, 86_400, 7 * 86_400)
MOST_BINS = 60


def timeline(
    steps: Sequence[Step],
) -> tuple[NDArray[np.int64], dict[str, NDArray[np.float64]]]:
    """Borders of equal bins (n + 1, nanoseconds), and ots, watchers and attention_ns in each (n,).

    A step that concerns a longer span is spread evenly over it.
    """
    first = min(step.start_ns for step in steps)
    last = max(step.end_ns for step in steps)
    width = bin_width(last - first)
    start = first // width * width
    borders = np.arange(start, last + width, width, dtype=np.int64)
    series = {
        name: np.zeros(len(borders) - 1) for name in ("ots", "watchers", "attention_ns")
    }
    for step in steps:
        overlap = np.minimum(borders[1:], step.end_ns) - np.maximum(
            borders[:-1], step.start_ns
        )
        share = np.clip(overlap, 0, None) / max(1, step.end_ns - step.start_ns)
        for name in series:
            series[name] += share * getattr(step.sums, name)
    return borders, series


def bin_width(span_ns: int) -> int:
    """The finest width that needs no more than sixty bins."""
    wide_enough = (
        width for width in WIDTHS_S if span_ns <= MOST_BINS * width * SECOND_NS
    )
    return next(wide_enough, -(-span_ns // (MOST_BINS * SECOND_NS))) * SECOND_NS
