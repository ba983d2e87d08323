"""Subgroups of one result: a dot and its interval for every class of every factor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from training.report.gaps import FEW, classes, gaps
from training.report.kinds import FACTORS, Kind
from training.report.plots.marks import NARROW, SHORT_SHARE
from training.report.results import Figures, Interval, Result
from training.report.style import ACCENT, GRID, INK, MUTED, PAPER, drawing, quiet


class Row(NamedTuple):
    """A row of the plot: a class, or the heading of a factor, which has no figures."""

    place: float
    factor: str
    label: str
    figures: Figures | None


def plot_subgroups(
    path: Path,
    result: Result,
    kind: Kind,
    title: str,
) -> None:
    """Write the plot as SVG to `path`; gaps stand out, classes of few faces are hollow."""
    rows = list(_rows(result, kind))
    height = rows[-1].place if rows else 0
    # A quarter of an inch holds a line of 9 points; an inch is for title and axis.
    inches = 1.0 + 0.25 * height
    with drawing(
        path,
        NARROW,
        inches,
        [result],
    ) as figure:
        axes = figure.subplots()
        # From the bottom to the top: the first row stands above.
        axes.set_ylim(height + 0.7, -1.2)
        low, high = _range(result, kind)
        axes.set_xlim(low, high)
        _all_faces(axes, result, kind)
        worse = {(gap.factor, gap.label) for gap in gaps(result, kind)}
        for row in rows:
            is_gap = (row.factor, row.label) in worse
            _draw(
                axes,
                row,
                kind,
                is_gap=is_gap,
            )
        _at_the_right(axes, -0.6, "faces")
        axes.set_yticks([])
        axes.set_title(title)
        axes.set_xlabel(f"{kind.name}, 95 % intervals; grey: all faces")
        axes.xaxis.set_major_locator(MaxNLocator(7))
        # A kind knows how its figures are written, not what they are: it is asked.
        if kind.write(0.5).endswith("%"):
            axes.xaxis.set_major_formatter(SHORT_SHARE)
        quiet(axes, "x")
        axes.spines["left"].set_visible(False)


def _rows(result: Result, kind: Kind) -> Iterator[Row]:
    """Yield the rows from the top; before the classes of a factor its heading."""
    place = 0.0
    for factor in FACTORS:
        measured = []
        for label, figures in result.subgroups.get(factor, {}).items():
            if figures.value(kind.key) is None:
                continue
            place += 1
            measured.append(
                Row(
                    place,
                    factor,
                    label,
                    figures,
                )
            )
        if not measured:
            continue
        heading = measured[0].place - 1
        yield Row(
            heading,
            factor,
            "",
            None,
        )
        yield from measured
        place += 1.5


def _range(result: Result, kind: Kind) -> Interval:
    """Return the ends of the axis: all intervals but those of few faces, which may be cut off."""
    ends: list[float] = []
    ends += result.interval(kind.key) or ()
    for _, _, figures in classes(result):
        value = figures.value(kind.key)
        if value is not None:
            ends.append(value)
        if figures.count() >= FEW:
            ends += figures.interval(kind.key) or ()
    if not ends:
        return (0.0, 1.0)
    low = min(ends)
    high = max(ends)
    # All figures may be equal: an axis needs some length.
    length = high - low or 1.0
    margin = 0.05 * length
    return low - margin, high + margin


def _all_faces(
    axes: Axes,
    result: Result,
    kind: Kind,
) -> None:
    value = result.value(kind.key)
    interval = result.interval(kind.key)
    if interval:
        axes.axvspan(
            *interval,
            color=GRID,
            alpha=0.8,
            linewidth=0,
        )
    if value is not None:
        axes.axvline(
            value,
            color=MUTED,
            linewidth=1,
        )


def _draw(
    axes: Axes,
    row: Row,
    kind: Kind,
    *,
    is_gap: bool,
) -> None:
    if row.figures is None:
        heading = FACTORS[row.factor]
        _at_the_left(
            axes,
            row.place,
            heading,
            fontweight="bold",
        )
        return
    _dot(
        axes,
        row.place,
        row.figures,
        kind,
        is_gap=is_gap,
    )
    _at_the_left(axes, row.place, row.label)
    _at_the_right(axes, row.place, f"{row.figures.count():,}")


def _dot(
    axes: Axes,
    place: float,
    figures: Figures,
    kind: Kind,
    *,
    is_gap: bool,
) -> None:
    colour = ACCENT if is_gap else INK
    interval = figures.interval(kind.key)
    if interval:
        axes.plot(
            interval,
            [place, place],
            color=colour,
            linewidth=2.2,
            alpha=0.4,
        )
    value = figures.value(kind.key)
    assert value is not None
    few = figures.count() < FEW
    axes.plot(
        value,
        place,
        "o",
        color=colour,
        markersize=6,
        zorder=3,
        clip_on=False,
        markerfacecolor=PAPER if few else colour,
    )


def _at_the_left(
    axes: Axes,
    place: float,
    text: str,
    **style: Any,
) -> None:
    _beside(
        axes,
        place,
        text,
        across=0,
        shift=-8,
        **style,
    )


def _at_the_right(
    axes: Axes,
    place: float,
    text: str,
) -> None:
    _beside(
        axes,
        place,
        text,
        across=1,
        shift=44,
        color=MUTED,
    )


def _beside(
    axes: Axes,
    place: float,
    text: str,
    *,
    across: float,
    shift: float,
    **style: Any,
) -> None:
    """Write text beside a row: `shift` points from the left (0) or right (1) edge."""
    axes.annotate(
        text,
        (across, place),
        xycoords=("axes fraction", "data"),
        xytext=(shift, 0),
        textcoords="offset points",
        va="center",
        ha="right",
        annotation_clip=False,
        fontsize=9,
        **style,
    )
