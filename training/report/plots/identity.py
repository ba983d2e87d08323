"""Embeddings: true accepts over false accepts, ours and the teacher's."""

from pathlib import Path

from matplotlib.axes import Axes

from training.report.plan import EMBEDDINGS
from training.report.plots.marks import (
    NARROW,
    SHARE,
    interval_bar,
    leave_room_at_the_top,
    series_key,
)
from training.report.results import Result, Results
from training.report.style import SERIES, drawing


def plot_identity(path: Path, results: Results) -> None:
    """Write the plot as SVG to `path`."""
    shown = {}
    for short, (series, _) in EMBEDDINGS.items():
        result = results.get(f"identity-lfw-{short}")
        if result:
            shown[series] = result
    with drawing(
        path,
        NARROW,
        3.7,
        shown.values(),
    ) as figure:
        axes = figure.subplots()
        for series, result in shown.items():
            _curve(axes, result, SERIES[series])
        series_key(
            axes,
            list(shown),
            across=0.97,
            side="right",
        )
        # Rates that are used lie decades apart; beyond a half, accepting says nothing.
        axes.set_xscale("log")
        axes.set_xlim(right=0.5)
        axes.yaxis.set_major_formatter(SHARE)
        axes.set(
            title="Pairs of LFW people who were held out",
            xlabel="false accept rate (FAR)",
        )
        axes.set_ylabel("true accept rate (TAR)")
        leave_room_at_the_top(axes)
        axes.grid()


def _curve(
    axes: Axes,
    result: Result,
    colour: str,
) -> None:
    """Draw the curve, and the rates that the tables name with their intervals."""
    axes.plot(
        result.curve("far"),
        result.curve("tar"),
        color=colour,
        linewidth=1.8,
    )
    for far in ("1e-2", "1e-3", "1e-4"):
        place = float(far)
        tar = result.value(f"tar_at_far.{far}")
        interval = result.interval(f"tar_at_far.{far}")
        # Too few pairs support the lowest rates of small sets.
        if tar is None:
            continue
        if interval:
            interval_bar(
                axes,
                place,
                interval,
                colour,
            )
        axes.plot(
            place,
            tar,
            "o",
            color=colour,
            markersize=6,
        )
