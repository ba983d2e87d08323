"""A picture of each transform, before and after, on a drawn face."""

from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import NDArray
from torch import Tensor

from training.pictures.drawn import drawn_faces
from training.report.style import ACCENT, BLUE, MUTED, STYLE
from training.studies.data import study_face
from training.studies.transforms import Pair, Recipe, drawn, named
from vitrine.vision.shape import MIRROR

SIZE: Final = 128
COLUMNS: Final = 4


def draw_transforms(output: Path, seed: int = 7) -> None:
    """Write a picture: a row of faces before, one after; those left in the picture are blue."""
    *_, face = drawn_faces(people=2, each=1)
    sample = study_face(face, SIZE, 68)
    recipe = Recipe(
        SIZE,
        torch.from_numpy(MIRROR),
        rotation=90,
        grey=False,
        offset=SIZE // 10,
    )
    transforms = named(recipe)
    rows = 2 * -(-len(transforms) // COLUMNS)
    with mpl.rc_context(STYLE):
        figure = Figure(
            figsize=(2.2 * COLUMNS, 2.5 * rows),
            layout=ConstrainedLayoutEngine(h_pad=0.09, w_pad=0.05),
        )
        grid = figure.subplots(rows, COLUMNS)
        for place, (name, transform) in enumerate(transforms.items()):
            row = 2 * (place // COLUMNS)
            column = place % COLUMNS
            rng = np.random.default_rng([seed, place])
            after = drawn(
                transform,
                sample.image,
                sample.points,
                rng,
            )
            before = grid[row, column]
            _show(before, (sample.image, sample.points))
            before.set_title(name, fontsize=10, pad=6)
            _show(grid[row + 1, column], after)
        figure.savefig(output, dpi=110)


def _show(
    axes: Axes,
    pair: Pair | tuple[Tensor, Tensor],
) -> None:
    picture, points = pair
    shown = _displayed(picture)
    axes.imshow(shown, cmap="gray", vmin=0)
    places = points.as_subclass(Tensor).numpy() - 0.5
    # A flip shows that left stays left: points that would swap sides have two colours.
    is_left = np.arange(len(MIRROR)) < MIRROR
    for chosen, colour in ((is_left, BLUE), (~is_left, ACCENT)):
        axes.scatter(
            places[chosen, 0],
            places[chosen, 1],
            s=7,
            color=colour,
            linewidths=0,
        )
    axes.set_xlim(0, shown.shape[1] - 1)
    axes.set_ylim(shown.shape[0] - 1, 0)
    axes.tick_params(labelleft=False, labelbottom=False)
    low = float(picture.min())
    high = float(picture.max())
    axes.set_xlabel(
        f"{shown.shape[1]}×{shown.shape[0]} px, {low:.2f} … {high:.2f}",
        fontsize=7,
        color=MUTED,
    )


def _displayed(picture: Tensor) -> NDArray[np.float32]:
    """Return pixels in 0…1, (H, W) or (H, W, 3), of bytes, of 0…1 or of −1…1."""
    pixels = picture.as_subclass(Tensor).float().permute(1, 2, 0).numpy()
    if not picture.is_floating_point():
        pixels = pixels / 255
    elif pixels.min() < -0.5:
        pixels = (pixels + 1) / 2
    return np.asarray(pixels.clip(0, 1).squeeze(), np.float32)
