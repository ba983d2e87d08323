"""The picture of what policies are worth."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import PercentFormatter

from vitrine.policy.comparison import UNITS, Comparison
from vitrine.services.analytics.plots import (
    ACCENT,
    GRID,
    INK,
    MUTED,
    PALE,
    WIDE_IN,
    new_figure,
    to_svg,
)


def plot_values(comparison: Comparison) -> str:
    """Plot the value of each policy with its interval, and a line at that of the rotation.

    Grey where the overlap is too poor to trust it.
    """
    policies = comparison.policies
    figure, (axes,) = new_figure(WIDE_IN, 1.0 + 0.45 * len(policies))
    names = list(policies)
    base = policies[names[0]].robust.value
    axes.axvline(base, color=INK, linewidth=1)
    for place, value in enumerate(policies.values()):
        interval = value.robust
        trusted = not value.warnings
        if np.isfinite(interval.upper):
            axes.plot(
                [interval.lower, interval.upper],
                [place, place],
                color=PALE if trusted else GRID,
                linewidth=7,
                solid_capstyle="round",
            )
        axes.plot(
            interval.value,
            place,
            "o",
            color=ACCENT if trusted else MUTED,
            markersize=8,
        )
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel(f"share {UNITS[comparison.goal]}")
    axes.grid(axis="x", color=GRID)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", labelcolor=INK)
    return to_svg(figure, f"policy-{comparison.campaign_id}")
