"""The plots of the report, as SVG to stand inside a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from vitrine.campaigns.definitions import wilson
from vitrine.campaigns.figures import Step
from vitrine.campaigns.measure import Sums
from vitrine.campaigns.timeline import timeline
from vitrine.campaigns.uplift import Uplift

INK = "#14161d"
MUTED = "#6d7078"
GRID = "#e7e3dc"
ACCENT = "#e8501f"
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


def to_svg(figure: Figure, name: str) -> str:
    """An `<svg>` element with ids of its own, the same for the same figures."""
    text = StringIO()
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


def new_figure(width: float, height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    """Empty axes above each other, in our style."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = [figure.add_subplot(rows, 1, row + 1) for row in range(rows)]
    return figure, axes


def plot_timeline(steps: Sequence[Step], name: str) -> str:
    """People above, attention for each of them below."""
    borders, series = timeline(steps)
    moments = date2num([datetime.fromtimestamp(at / 1e9, UTC) for at in borders])  # type: ignore[no-untyped-call]
    widths = np.diff(moments)
    centres = moments[:-1] + np.diff(moments) / 2
    figure, (people, attention) = new_figure(11.6, 4.4, rows=2)
    people.bar(
        centres, series["ots"], widths * 0.86, color=PALE, label="opportunities to see"
    )
    people.bar(
        centres, series["watchers"], widths * 0.86, color=ACCENT, label="watchers"
    )
    bar = span_name(int(borders[1] - borders[0]))
    people.set_title(f"each bar is {bar}", loc="right", fontsize=9, color=MUTED)
    people.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    people.legend(
        frameon=False,
        ncols=2,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        borderaxespad=0.2,
    )
    seen = series["ots"] > 0
    each = np.divide(
        series["attention_ns"] * 1e-9,
        series["ots"],
        where=seen,
        out=np.full(len(seen), np.nan),
    )
    attention.plot(
        centres,
        each,
        color=INK,
        linewidth=1.6,
        marker="o",
        markersize=3.5,
        clip_on=False,
    )
    attention.set_title(
        "attention per opportunity to see, s", loc="left", fontsize=10, color=INK
    )
    for axes in (people, attention):
        locator = AutoDateLocator()  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        axes.tick_params(axis="x", pad=7)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
        axes.set_xlim(moments[0], moments[-1])
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", color=GRID)
        axes.spines["left"].set_visible(False)
    people.tick_params(axis="x", labelbottom=False)
    people.xaxis.get_offset_text().set_visible(False)
    return to_svg(figure, name)


def span_name(span_ns: int) -> str:
    """`30 s`, `5 min`, `1 h` or `7 d`."""
    seconds = span_ns // 10**9
    units = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    size, unit = next(one for one in units if seconds % one[0] == 0)
    return f"{seconds // size} {unit}"


def plot_funnel(sums: Sums, name: str) -> str:
    """From plays to redeemed offers, each with its share of the opportunities to see."""
    stages = [
        ("Plays", sums.plays),
        ("Opportunities to see", sums.ots),
        ("Watchers", sums.watchers),
        ("Touches", sums.touches),
        ("Offers shown", sums.offers_shown),
        ("Offers redeemed", sums.offers_redeemed),
    ]
    figure, (axes,) = new_figure(5.6, 3.1)
    counts = [count for _, count in stages]
    colours = [MUTED, PALE, *[ACCENT] * 4]
    axes.barh([label for label, _ in stages], counts, height=0.66, color=colours)
    for place, count in enumerate(counts):
        share = f" · {count / sums.ots:.0%} of OTS" if place > 1 and sums.ots else ""
        axes.annotate(
            f"{count:,}{share}",
            (count, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    axes.invert_yaxis()
    axes.set_xlim(0, max([1, *counts]) * 1.32)
    axes.xaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(axis="y", labelcolor=INK)
    return to_svg(figure, name)


def plot_creatives(creatives: Mapping[str, Sums], name: str) -> str:
    """Conversion ratio of each creative, with its interval."""
    shown = [(creative, sums) for creative, sums in creatives.items() if sums.ots]
    figure, (axes,) = new_figure(5.6, 1.0 + 0.55 * max(1, len(shown)))
    for place, (_, sums) in enumerate(shown):
        lower, upper = wilson(sums.watchers, sums.ots)
        axes.plot(
            [lower, upper],
            [place, place],
            color=PALE,
            linewidth=7,
            solid_capstyle="round",
        )
        share = sums.watchers / sums.ots
        axes.plot(share, place, "o", color=ACCENT, markersize=8)
        axes.annotate(
            f"{share:.0%}",
            (share, place),
            xytext=(0, 9),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    axes.set_yticks(
        range(len(shown)),
        [f"{creative}  ({sums.ots:,} OTS)" for creative, sums in shown],
    )
    axes.set_ylim(len(shown) - 0.4, -0.7)
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="x", color=GRID)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", labelcolor=INK)
    return to_svg(figure, name)


def plot_uplift(effect: Uplift, name: str) -> str:
    """The difference of the goal rates with its interval, against none; empty without an estimate."""
    if effect.estimate is None or effect.lower is None or effect.upper is None:
        return ""
    figure, (axes,) = new_figure(11.6, 1.5)
    axes.axvline(0, color=INK, linewidth=1)
    axes.plot(
        [effect.lower, effect.upper],
        [0, 0],
        color=PALE,
        linewidth=9,
        solid_capstyle="round",
    )
    axes.plot(effect.estimate, 0, "o", color=ACCENT, markersize=10)
    axes.annotate(
        f"{100 * effect.estimate:+.1f} points".replace("-", "−"),
        (effect.estimate, 0),
        xytext=(0, 11),
        textcoords="offset points",
        ha="center",
        fontweight="bold",
    )
    reach = 1.25 * max(abs(effect.lower), abs(effect.upper), 0.01)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-0.6, 1.0)
    axes.yaxis.set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(
        lambda value, _: f"{100 * value:+.3g}".replace("-", "−") if value else "0"
    )
    axes.set_xlabel("goal rate of adaptive minus plain slots, percentage points")
    axes.spines["left"].set_visible(False)
    return to_svg(figure, name)
