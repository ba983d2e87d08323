"""Expressions: shares of each true class that the network says, with counts."""

from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from training.report.results import Result
from training.report.style import ACCENT, INK, PALE, PAPER, drawing

PAPER_TO_ACCENT: Final = LinearSegmentedColormap.from_list(
    "paper",
    [PAPER, PALE, ACCENT],
)
# Chosen, not measured: beyond it dark text is hard to read on the accent colour.
DARK: Final = 0.6
"""Share from which a cell is so dark that its text is white."""


def plot_confusion(path: Path, result: Result) -> None:
    """Write the plot as SVG to `path`."""
    counts = np.array(result.content["confusion"], dtype=float)
    totals = counts.sum(axis=1)
    # A class without faces has shares of 0, not 0 / 0.
    shares = counts / np.maximum(totals[:, None], 1)
    with drawing(
        path,
        6.6,
        5.2,
        [result],
    ) as figure:
        axes = figure.subplots()
        axes.imshow(
            shares,
            cmap=PAPER_TO_ACCENT,
            vmin=0,
            vmax=1,
        )
        for (row, column), share in np.ndenumerate(shares):
            count = int(counts[row, column])
            # Empty cells stay empty: noughts would hide the others.
            if count:
                _cell(
                    axes,
                    column,
                    row,
                    share,
                    count,
                )
        names = [str(name) for name in result.content["classes"]]
        _label(axes, names, totals)
        axes.spines[:].set_visible(False)


def _label(
    axes: Axes,
    names: list[str],
    totals: NDArray[np.floating],
) -> None:
    places = range(len(names))
    rows = []
    for name, total in zip(
        names,
        totals,
        strict=True,
    ):
        rows.append(f"{name}  ({total:,.0f})")
    axes.set_xticks(
        places,
        names,
        rotation=35,
        ha="right",
        rotation_mode="anchor",
    )
    axes.set_yticks(places, rows)
    axes.tick_params(labelcolor=INK)
    axes.set(
        title="What the crowd saw, and what the network says",
        xlabel="network",
        ylabel="majority of the crowd",
    )


def _cell(
    axes: Axes,
    column: int,
    row: int,
    share: float,
    count: int,
) -> None:
    """Write the share, and the count below it."""
    colour = "white" if share > DARK else INK
    axes.text(
        column,
        row - 0.12,
        f"{share:.0%}",
        ha="center",
        va="center",
        color=colour,
        fontsize=9,
    )
    axes.text(
        column,
        row + 0.22,
        f"{count}",
        ha="center",
        va="center",
        color=colour,
        fontsize=6.5,
        alpha=0.75,
    )
