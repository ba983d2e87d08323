"""Style of the plots, and how they are written: the same figures give the same bytes."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

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
    # Text stays text, so that files are small and a reader can search them.
    "svg.fonttype": "none",
    # Without a salt of our own the ids in the file are random.
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
    path: Path,
    width: float,
    height: float,
    results: Iterable[Result],
) -> Iterator[Figure]:
    """Yield a figure in our style and write it as SVG at the end, with the stamp of its results."""
    description = stamp(results)
    with mpl.rc_context(STYLE):
        layout = ConstrainedLayoutEngine(
            w_pad=0.12,
            h_pad=0.1,
            wspace=0.06,
        )
        figure = Figure(figsize=(width, height), layout=layout)
        yield figure
        # No date: the same results must give the same bytes.
        metadata = {
            "Date": None,
            "Description": description,
        }
        figure.savefig(
            path,
            format="svg",
            metadata=metadata,
        )


def stamp(results: Iterable[Result]) -> str:
    """Return a text that names the results of a plot: one with another stamp is stale."""
    digests = "".join(result.digest for result in results)
    digest = sha256(digests.encode()).hexdigest()
    return f"made from {digest}"


def quiet(axes: Axes, grid: str) -> None:
    """Draw grid lines across one axis (`x` or `y`), and no line where the other axis would be."""
    axes.grid(axis=grid)  # type: ignore[arg-type]
    spine = "bottom" if grid == "x" else "left"
    axes.spines[spine].set_visible(False)
