"""Marks that several plots share: interval bars, keys of series, axes in percent."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from training.report.results import Interval
from training.report.style import SERIES

WIDE: Final = 9.6
"""Inches, the width of a plot with several panels."""
NARROW: Final = 7.6
"""Inches, the width of a plot with one panel."""
SHARE: Final = PercentFormatter(1.0, decimals=0)
# Chosen, not measured: lines of 9.5 points do not touch in panels of 3.7 inches.
KEY_LINE: Final = 0.085
"""Height of a line of a key, as a share of the height of the panel."""


def short_percent(value: float, _: int | None = None) -> str:
    """Return a share as percent with as many digits as it needs."""
    return f"{100 * value:g} %"


SHORT_SHARE: Final = FuncFormatter(short_percent)


def interval_bar(
    axes: Axes,
    place: float,
    interval: Interval,
    colour: str,
) -> None:
    """Draw an interval as a pale vertical bar."""
    axes.plot(
        [place, place],
        interval,
        color=colour,
        alpha=0.35,
        linewidth=4,
    )


def leave_room_at_the_top(axes: Axes) -> None:
    """Leave a little room above 100 %, without a tick there."""
    low = axes.get_ylim()[0]
    locator = MaxNLocator(6, steps=[1, 2, 5, 10])
    ticks = np.array(locator.tick_values(low, 1))
    # 1.001 instead of 1: the locator's sums of steps miss 1 by a rounding error.
    ticks = ticks[(low <= ticks) & (ticks < 1.001)]
    axes.set_yticks(ticks)
    axes.set_ylim(low, 1 + 0.04 * (1 - low))


def series_key(
    axes: Axes,
    names: Sequence[str],
    *,
    across: float = 0.03,
    bottom: float = 0.05,
    side: Literal["left", "right"] = "left",
) -> None:
    """Write names of series in their colours, one above the other, from `bottom` up.

    `across` and `bottom` are shares of the panel's width and height.
    """
    for place, name in enumerate(reversed(names)):
        height = bottom + KEY_LINE * place
        axes.annotate(
            f"● {name}",
            (across, height),
            xycoords="axes fraction",
            color=SERIES[name],
            fontweight="bold",
            ha=side,
        )
