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

from vitrine.campaigns.effects import Uplift, wilson
from vitrine.campaigns.totals import Totals
from vitrine.services.analytics.timeline import timeline

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
# Width in inches of a plot in one column.
HALF_IN = 5.6
# Share of its bin that a bar fills, so that bars stand apart.
BAR = 0.86


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


def plot_timeline(steps: Sequence[Totals], name: str) -> str:
    """Plot people above, and the attention for each of them below."""
    borders, series = timeline(steps)
    days = [datetime.fromtimestamp(border / 1e9, UTC) for border in borders]
    moments = date2num(days)  # type: ignore[no-untyped-call]
    widths = np.diff(moments)
    centres = moments[:-1] + widths / 2
    bin_name = span_name(int(borders[1] - borders[0]))
    figure, (people, attention) = new_figure(
        WIDE_IN,
        4.4,
        rows=2,
    )
    draw_people(people, centres, widths * BAR, series)
    people.set_title(
        f"each bar is {bin_name}",
        loc="right",
        fontsize=9,
        color=MUTED,
    )
    draw_attention(attention, centres, series)
    for axes in (people, attention):
        draw_time_axis(axes)
        axes.set_xlim(moments[0], moments[-1])
    people.tick_params(axis="x", labelbottom=False)
    people.xaxis.get_offset_text().set_visible(False)
    return to_svg(figure, name)


def draw_people(
    axes: Axes,
    centres: Any,
    widths: Any,
    series: Mapping[str, Any],
) -> None:
    """Draw opportunities to see, and the watchers among them."""
    axes.bar(
        centres,
        series["ots"],
        widths,
        color=PALE,
        label="opportunities to see",
    )
    axes.bar(
        centres,
        series["watchers"],
        widths,
        color=ACCENT,
        label="watchers",
    )
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.legend(
        frameon=False,
        ncols=2,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        borderaxespad=0.2,
    )


def draw_attention(
    axes: Axes,
    centres: Any,
    series: Mapping[str, Any],
) -> None:
    """Draw the seconds of attention for each opportunity to see; gaps where there was none."""
    seen = series["ots"] > 0
    nothing = np.full(len(seen), np.nan)
    seconds = series["attention_ns"] * 1e-9
    each = np.divide(
        seconds,
        series["ots"],
        where=seen,
        out=nothing,
    )
    axes.plot(
        centres,
        each,
        color=INK,
        linewidth=1.6,
        marker="o",
        markersize=3.5,
        clip_on=False,
    )
    axes.set_title(
        "attention per opportunity to see, s",
        loc="left",
        fontsize=10,
        color=INK,
    )


def draw_time_axis(axes: Axes) -> None:
    """Give axes a time axis, a grid, and zero at the bottom."""
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    formatter = ConciseDateFormatter(locator)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
    axes.tick_params(axis="x", pad=7)
    axes.set_ylim(bottom=0)
    axes.grid(axis="y", color=GRID)
    axes.spines["left"].set_visible(False)


def span_name(span_ns: int) -> str:
    """Return a span in the largest unit that divides it: `30 s`, `5 min`, `1 h` or `7 d`."""
    seconds = span_ns // 10**9
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def plot_funnel(totals: Totals, name: str) -> str:
    """Plot plays down to redeemed offers, each with its share of the opportunities to see."""
    stages = {
        "Plays": totals.plays,
        "Opportunities to see": totals.ots,
        "Watchers": totals.watchers,
        "Touches": totals.touches,
        "Offers shown": totals.offers_shown,
        "Offers redeemed": totals.offers_redeemed,
    }
    counts = list(stages.values())
    figure, (axes,) = new_figure(HALF_IN, 3.1)
    colours = [MUTED, PALE, ACCENT, ACCENT, ACCENT, ACCENT]
    axes.barh(
        list(stages),
        counts,
        height=0.66,
        color=colours,
    )
    for place, count in enumerate(counts):
        text = f"{count:,}"
        # Plays are no people, and opportunities are all of themselves.
        if place > 1 and totals.ots:
            text = f"{text} · {count / totals.ots:.0%} of OTS"
        axes.annotate(
            text,
            (count, place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    axes.invert_yaxis()
    # Room on the right for the words beside the longest bar.
    axes.set_xlim(0, max(1, *counts) * 1.32)
    axes.xaxis.set_visible(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(axis="y", labelcolor=INK)
    return to_svg(figure, name)


def plot_creatives(creatives: Mapping[str, Totals], name: str) -> str:
    """Plot the conversion ratio of each creative that was seen, with its interval."""
    seen = {creative: totals for creative, totals in creatives.items() if totals.ots}
    figure, (axes,) = new_figure(HALF_IN, 1.0 + 0.55 * max(1, len(seen)))
    names = []
    for place, (creative, totals) in enumerate(seen.items()):
        names.append(f"{creative}  ({totals.ots:,} OTS)")
        draw_share(axes, place, totals)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.7)
    axes.set_xlim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(axis="x", color=GRID)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", labelcolor=INK)
    return to_svg(figure, name)


def draw_share(
    axes: Axes,
    place: int,
    totals: Totals,
) -> None:
    """Draw the share of watchers on one line, with its interval."""
    lower, upper = wilson(totals.watchers, totals.ots)
    share = totals.watchers / totals.ots
    axes.plot(
        [lower, upper],
        [place, place],
        color=PALE,
        linewidth=7,
        solid_capstyle="round",
    )
    axes.plot(
        share,
        place,
        "o",
        color=ACCENT,
        markersize=8,
    )
    axes.annotate(
        f"{share:.0%}",
        (share, place),
        xytext=(0, 9),
        textcoords="offset points",
        ha="center",
        fontsize=9,
    )


def plot_uplift(effect: Uplift, name: str) -> str:
    """Plot the difference of the goal rates with its interval; empty without an estimate."""
    estimate = effect.estimate
    lower = effect.lower
    upper = effect.upper
    if estimate is None or lower is None or upper is None:
        return ""
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
        f"{100 * estimate:+.1f} points".replace("-", "−"),
        (estimate, 0),
        xytext=(0, 11),
        textcoords="offset points",
        ha="center",
        fontweight="bold",
    )
    # Zero in the middle, so that the side of the interval is seen at once.
    reach = 1.25 * max(
        abs(lower),
        abs(upper),
        0.01,
    )
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-0.6, 1.0)
    axes.yaxis.set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(points)
    axes.set_xlabel("goal rate of adaptive minus plain slots, percentage points")
    axes.spines["left"].set_visible(False)
    return to_svg(figure, name)


def points(value: float, _: float = 0.0) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    if not value:
        return "0"
    return f"{100 * value:+.3g}".replace("-", "−")
