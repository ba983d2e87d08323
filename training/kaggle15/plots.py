"""Pictures of the competition's data: missing points, correlations, heat maps, faces."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from training.datasets.fifteen import NAMES
from training.kaggle15.files import COLUMNS, SIDE
from training.report.style import ACCENT, BLUE, GREY, STYLE, quiet

Pictures = NDArray[np.uint8]
Points = NDArray[np.float32]

SPREAD: Final = 2.0
"""Pixels: deviation of the Gaussian around each point."""
SHOWN: Final = 16
"""Faces of a sheet."""


@contextmanager
def _sheet(
    path: Path,
    width: float,
    height: float,
) -> Iterator[Figure]:
    """Yield a figure in the report's style, and write it as PNG at the end."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        figure.savefig(path, dpi=120)


def _label(name: str) -> str:
    return name.replace("_", " ")


def draw_missing(
    counts: dict[str, int],
    rows: int,
    path: Path,
) -> None:
    """Draw in how many rows each point is missing."""
    with _sheet(path, 7, 4.2) as figure:
        axes = figure.subplots()
        names = [_label(name) for name in counts]
        shares = [count / rows for count in counts.values()]
        axes.barh(names, shares, color=ACCENT)
        axes.invert_yaxis()
        axes.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1, decimals=0))
        axes.set_title(f"Rows that miss a point, of {rows:,}")
        quiet(axes, "x")


def correlations(points: Points) -> NDArray[np.float64]:
    """Return how coordinates go together in rows that know both, (30, 30) in −1…1."""
    flat = points.reshape(len(points), -1).astype(np.float64)
    masked = np.ma.masked_invalid(flat)
    found = np.ma.corrcoef(masked, rowvar=False)  # type: ignore[no-untyped-call]
    return np.asarray(found.filled(np.nan))


def draw_correlations(points: Points, path: Path) -> None:
    """Draw the correlations of the 30 coordinates as a heat map."""
    with _sheet(path, 8.2, 7.2) as figure:
        axes = figure.subplots()
        shown = axes.imshow(
            correlations(points),
            cmap="RdBu_r",
            vmin=-1,
            vmax=1,
        )
        labels = [_label(column) for column in COLUMNS]
        places = range(len(COLUMNS))
        axes.set_xticks(places, labels, rotation=90, fontsize=6)
        axes.set_yticks(places, labels, fontsize=6)
        axes.set_title("Correlation of the coordinates")
        figure.colorbar(shown, shrink=0.8)


def heat_maps(points: Points) -> NDArray[np.float64]:
    """Return the mean Gaussian around each point over all rows that know it, (15, 96, 96)."""
    line = np.arange(SIDE)
    x = points[..., 0, None] - line
    y = points[..., 1, None] - line
    across = np.exp(-(x**2) / (2 * SPREAD**2))
    down = np.exp(-(y**2) / (2 * SPREAD**2))
    known = ~np.isnan(points[..., 0])
    maps = []
    for place in range(len(NAMES)):
        own = known[:, place]
        total = down[own, place].T @ across[own, place]
        maps.append(total / max(1, own.sum()))
    return np.array(maps, np.float64)


def draw_heat_maps(
    pictures: Pictures,
    points: Points,
    path: Path,
) -> None:
    """Draw the heat map of each point over the mean picture."""
    mean = pictures.mean(axis=0)
    with _sheet(path, 9, 6) as figure:
        grid = figure.subplots(3, 5)
        for axes, name, heat in zip(
            grid.flat,
            NAMES,
            heat_maps(points),
            strict=True,
        ):
            axes.imshow(mean, cmap="gray")
            axes.imshow(heat, cmap="inferno", alpha=0.6)
            axes.set_title(_label(name), fontsize=8)
            axes.axis("off")


def draw_faces(
    pictures: Sequence[Pictures],
    found: Sequence[Points],
    path: Path,
    known: Sequence[Points] | None = None,
) -> None:
    """Draw points over pictures (96, 96); `known` ones in blue below those found."""
    count = min(SHOWN, len(pictures))
    columns = min(8, count)
    rows = -(-count // columns)
    with _sheet(path, 1.5 * columns, 1.5 * rows + 0.4) as figure:
        grid = figure.subplots(
            rows,
            columns,
            squeeze=False,
        )
        for axes in grid.flat:
            axes.axis("off")
        for place, axes in enumerate(grid.flat[:count]):
            axes.imshow(
                pictures[place],
                cmap="gray",
                vmin=0,
                vmax=255,
            )
            if known is not None:
                _dots(axes, known[place], BLUE, 16)
            _dots(axes, found[place], ACCENT, 5)


def _dots(
    axes: Axes,
    points: Points,
    colour: str,
    size: float,
) -> None:
    axes.scatter(
        points[:, 0],
        points[:, 1],
        s=size,
        color=colour,
        linewidths=0,
    )


def draw_fills(figures: dict[str, float], path: Path) -> None:
    """Draw the error of each way to fill."""
    with _sheet(path, 6, 2.4) as figure:
        axes = figure.subplots()
        best = min(figures, key=figures.__getitem__)
        colours = [ACCENT if name == best else GREY for name in figures]
        bars = axes.barh(list(figures), list(figures.values()), color=colours)
        axes.bar_label(bars, fmt="%.2f px", padding=4)
        # Room for the labels.
        axes.margins(x=0.15)
        axes.invert_yaxis()
        axes.set_title("RMSE of filled points that are known")
        quiet(axes, "x")
