"""Landmarks: cumulative error distribution, and NME by yaw."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes

from training.report.gaps import FEW
from training.report.plots.marks import SHARE, WIDE, interval_bar
from training.report.results import Result, Results
from training.report.style import ACCENT, BLUE, INK, MUTED, PAPER, drawing, quiet

LANDMARK_SETS: Final = {
    "landmarks-youtube-detector": ("YouTube Faces, product's boxes", ACCENT, "-"),
    "landmarks-youtube-truth": ("YouTube Faces, true boxes", ACCENT, ":"),
    "landmarks-photos-detector": ("HELEN and AFW, product's boxes", BLUE, "-"),
    "landmarks-photos-truth": ("HELEN and AFW, true boxes", BLUE, ":"),
}
"""Label, colour and line of each result."""
FAILURE: Final = 0.1
"""NME from which a face counts as failed, as in `training.evaluation.landmarks`."""


def plot_landmarks(path: Path, results: Results) -> None:
    """Write the plot as SVG to `path`."""
    shown = {}
    for name in LANDMARK_SETS:
        if name in results:
            shown[name] = results[name]
    with drawing(
        path,
        WIDE,
        3.7,
        shown.values(),
    ) as figure:
        errors, yaw = figure.subplots(1, 2, width_ratios=(1.25, 1))
        labels = _longest_labels(shown.values())
        for place, (name, result) in enumerate(shown.items()):
            _distribution(errors, name, result)
            if name.endswith("detector"):
                # Side by side, so that no dot hides another; chosen, not measured.
                shift = 0.08 if place else -0.08
                _by_yaw(
                    yaw,
                    name,
                    result,
                    labels,
                    shift,
                )
        errors.axvline(
            FAILURE,
            color=MUTED,
            linewidth=0.8,
            dashes=(3, 3),
        )
        errors.set(
            title="Share of faces with at most this error", xlabel="NME of the face"
        )
        # The few faces beyond would press the rest together; chosen, not measured.
        errors.set(xlim=(0, 0.16), ylim=(0, 1.02))
        errors.yaxis.set_major_formatter(SHARE)
        errors.legend(
            frameon=False,
            loc="lower right",
            labelcolor=INK,
            fontsize=9,
        )
        errors.grid()
        yaw.set(title="NME by yaw (hollow: few faces)", ylim=(0, None))
        quiet(yaw, "y")


def _longest_labels(results: Iterable[Result]) -> list[str]:
    """Return the labels of yaw of the result with most classes."""
    longest: list[str] = []
    for result in results:
        labels = list(result.subgroups.get("yaw", {}))
        if len(labels) > len(longest):
            longest = labels
    return longest


def _distribution(
    axes: Axes,
    name: str,
    result: Result,
) -> None:
    label, colour, line = LANDMARK_SETS[name]
    # Quantiles at even steps are the distribution with its axes exchanged.
    quantiles = result.curve("nme_quantiles")
    share = np.linspace(0, 1, len(quantiles))
    axes.plot(
        quantiles,
        share,
        line,
        color=colour,
        linewidth=1.8,
        label=label,
    )


def _by_yaw(
    axes: Axes,
    name: str,
    result: Result,
    labels: Sequence[str],
    shift: float,
) -> None:
    _, colour, _ = LANDMARK_SETS[name]
    for label, figures in result.subgroups.get("yaw", {}).items():
        value = figures.value("nme")
        interval = figures.interval("nme")
        place = labels.index(label) + shift
        if value is None:
            continue
        if interval:
            interval_bar(
                axes,
                place,
                interval,
                colour,
            )
        few = figures.count() < FEW
        axes.plot(
            place,
            value,
            "o",
            color=colour,
            markerfacecolor=PAPER if few else colour,
            markersize=6,
            zorder=3,
        )
    axes.set_xticks(range(len(labels)), labels)
