"""Plots by matplotlib, as SVG to stand inside a page."""

from __future__ import annotations

from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vitrine.effects.effect import Effect
from vitrine.effects.findings import signed

# The colours are those of the page: pages/report.html has them too.
INK = "#14161d"
MUTED = "#5f626a"
GRID = "#e7e3dc"
ACCENT = "#c2410c"
PALE = "#f4c6b3"
STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
}
# Width in inches of a plot over both columns of the page.
WIDE_IN = 11.6


def to_svg(figure: Figure, name: str) -> str:
    """Return an `<svg>` element with ids of its own, the same for the same figures."""
    text = StringIO()
    # Matplotlib hashes this salt into ids; without a date, the same figures give the same page.
    with mpl.rc_context({**STYLE, "svg.hashsalt": name}):
        figure.savefig(
            text,
            format="svg",
            transparent=True,
            bbox_inches="tight",
            metadata={"Date": None},
        )
    svg = text.getvalue()
    return svg[svg.index("<svg") :]


def new_figure(
    width: float,
    height: float,
    rows: int = 1,
) -> tuple[Figure, list[Axes]]:
    """Return empty axes above each other, in the page's style; the size is in inches."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = [
            figure.add_subplot(
                rows,
                1,
                row + 1,
            )
            for row in range(rows)
        ]
    return figure, axes


def plot_effect(effect: Effect, name: str) -> str:
    """Plot an effect with the interval that holds at every look; empty without an estimate."""
    estimate = effect.estimate
    lower = effect.lower
    upper = effect.upper
    if estimate is None or lower is None or upper is None:
        return ""
    outcome = effect.outcome
    figure, (axes,) = new_figure(WIDE_IN, 1.5)
    axes.axvline(0, color=INK, linewidth=1)
    axes.plot(
        [lower, upper],
        [0, 0],
        color=PALE,
        linewidth=9,
        solid_capstyle="round",
    )
    axes.plot(
        estimate,
        0,
        "o",
        color=ACCENT,
        markersize=10,
    )
    axes.annotate(
        signed(estimate, outcome),
        (estimate, 0),
        xytext=(0, 11),
        textcoords="offset points",
        ha="center",
        fontweight="bold",
    )
    # Zero in the middle, so that the side of the interval is seen at once.
    reach = 1.25 * max(abs(lower), abs(upper))
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-0.6, 1.0)
    axes.yaxis.set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(with_sign)
    unit = f", {outcome.unit}" if outcome.unit else ""
    axes.set_xlabel(
        f"{outcome.title} a {outcome.per}, adaptive minus plain slots{unit}"
    )
    axes.spines["left"].set_visible(False)
    return to_svg(figure, name)


def with_sign(value: float, _: float = 0.0) -> str:
    """Return a number with its sign."""
    if not value:
        return "0"
    return f"{value:+.3g}".replace("-", "−")
