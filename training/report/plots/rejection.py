"""Quality: misses among the views that are left when those of least quality are rejected."""

from pathlib import Path
from typing import Any, Final

from matplotlib.axes import Axes

from training.report.plan import OURS
from training.report.plots.marks import SHARE, SHORT_SHARE, WIDE
from training.report.results import Result, Results
from training.report.style import ACCENT, BLUE, GREY, INK, MUTED, drawing

QUALITY_SETS: Final = {
    "quality-lfw": "LFW",
    "quality-youtube": "YouTube Faces",
}
Styles = dict[str, dict[str, Any]]
"""Curve → label and looks of its line, in the order of drawing."""
STYLES: Final[Styles] = {
    "random": {
        "label": "rejected at random",
        "color": GREY,
        "linestyle": ":",
    },
    "ideal": {
        "label": "the best order there could be",
        "color": BLUE,
        "linestyle": "--",
    },
    "error": {
        "label": f"{OURS}'s quality score",
        "color": ACCENT,
        "linewidth": 2.2,
        "zorder": 3,
    },
}


def plot_rejection(path: Path, results: Results) -> None:
    """Write the plot as SVG to `path`, a panel for each set."""
    shown = {}
    for name in QUALITY_SETS:
        if name in results:
            shown[name] = results[name]
    with drawing(
        path,
        WIDE,
        3.5,
        shown.values(),
    ) as figure:
        panels = figure.subplots(1, len(shown), squeeze=False)[0]
        for axes, (name, result) in zip(
            panels,
            shown.items(),
            strict=True,
        ):
            _curves(axes, result)
            axes.set_title(f"{QUALITY_SETS[name]}: misses over rejected views")
        panels[0].set_ylabel("misses among the rest")
        panels[-1].legend(frameon=False, labelcolor=INK)


def _curves(axes: Axes, result: Result) -> None:
    rejected = result.curve("reject.rejected")
    for key, style in _styles(result).items():
        axes.plot(rejected, result.curve(f"reject.{key}"), **style)
    axes.xaxis.set_major_formatter(SHARE)
    axes.yaxis.set_major_formatter(SHORT_SHARE)
    axes.set_xlabel("views rejected, those of least quality first")
    axes.set_xlim(0, rejected[-1])
    # From 0, so that a half looks like a half.
    axes.set_ylim(bottom=0)
    axes.grid()


def _styles(result: Result) -> Styles:
    """Return STYLES and, by name, thin lines for the other scores of the result."""
    styles = dict(STYLES)
    for key in sorted(result.content["curves"]["reject"]):
        if key == "rejected" or key in STYLES:
            continue
        styles[key] = {
            "label": key,
            "color": MUTED,
            "linewidth": 1,
        }
    return styles
