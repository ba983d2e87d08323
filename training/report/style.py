"""How the plots look, and how they are written: the same figures give the same bytes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from training.report.results import Result

INK = "#14161d"
MUTED = "#6d7078"
GRID = "#e7e3dc"
PAPER = "#fffdfa"
ACCENT = "#e8501f"
BLUE = "#3a6ea5"
GREY = "#9a9ca3"
PALE = "#f4c6b3"
SERIES: Final = {
    "Vitrine": ACCENT,
    "YuNet": BLUE,
    "MTCNN": GREY,
    "MobileFaceNet (teacher)": BLUE,
}
STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "vitrine",
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 9.5,
    "text.color": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlepad": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.solid_capstyle": "round",
    "savefig.facecolor": PAPER,
}


@contextmanager
def drawing(
    path: Path, width: float, height: float, results: Iterable[Result]
) -> Iterator[Figure]:
    """A figure in our style that is written as SVG at the end; it names the results that it was made from."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1, wspace=0.06)  # type: ignore[union-attr, call-arg]
        yield figure
        figure.savefig(
            path, format="svg", metadata={"Date": None, "Description": stamp(results)}
        )


def stamp(results: Iterable[Result]) -> str:
    """What a plot was made from; a plot with another stamp than its results is stale."""
    return (
        f"made from {sha256(''.join(r.digest for r in results).encode()).hexdigest()}"
    )


def quiet(axes: Axes, grid: str) -> None:
    """Grid lines across one axis only, and no line where the other axis would be."""
    axes.grid(axis=grid)  # type: ignore[arg-type]
    axes.spines["bottom" if grid == "x" else "left"].set_visible(False)
