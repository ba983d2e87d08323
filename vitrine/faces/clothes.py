"""Colours of what is around a face: hair, skin and clothes."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image

# Parts around a face: left, top, right and bottom from the middle of the box's lower edge, in
# heights of the box. Chosen by eye, as is the number of cells.
HAIR: Final = (-0.3, -1.3, 0.3, -1.02)
SKIN: Final = (-0.25, -0.7, 0.25, -0.2)
CHEST: Final = (-0.9, 0.35, 0.9, 1.75)
CELLS: Final = 3
"""Rows, and columns, of the chest; hair and skin have one cell."""

# Somebody in front, or an arm, covers some cells of a chest: the nearer third says who it is.
CHEST_QUANTILE: Final = 0.3

# Differences in CIE Lab: lightness and colour of hair, of skin, of the chest. A logistic fit of
# 24,000 pairs of one person and 99,000 of two, 0.1 to 1.9 s apart, in drawn shops (`rush` of seed
# 101, `night` of 103); both kinds weigh the same. The offsets part what the fit has as one
# number (6.04), so that a part outside the picture says nothing.
WEIGHTS: Final = np.array([0.111, 0.102, 0.129, 0.089, 0.200, 0.285])
OFFSETS: Final = np.array([7.5, 7.5, 4.5, 2.5, 6.5, 8.2])
COVERED: Final = 0.03
"""Share of views that show the clothes of somebody in front, and so say little. Chosen."""
GREATEST: Final = 20.0
"""Larger differences say no more: shadows, and people in front, make them too."""

# Of each new view in the memory: light changes as people walk. Chosen, not measured.
SHARE: Final = 0.3

Colours = NDArray[np.float32]
"""(11, 3) CIE Lab: hair, skin, and the cells of the chest; NaN outside the picture."""


def colours_around(image: Image, box: NDArray[np.floating]) -> Colours:
    """Return the mean colours around a face with a box (x, y, width, height)."""
    hair = _cells(image, HAIR, box, 1)
    skin = _cells(image, SKIN, box, 1)
    chest = _cells(image, CHEST, box, CELLS)
    return np.vstack([hair, skin, chest])


@dataclass(slots=True)
class Clothes:
    """Remember the colours around the face of one track, in memory and as long as the track."""

    colours: Colours | None = None
    """Smoothed over the views; None before the first."""

    def likeness(self, colours: Colours | None) -> float:
        """Return how much more likely these colours are of the same person than of another.

        A logarithm of a likelihood ratio; 0 where nothing can be compared.
        """
        if self.colours is None or colours is None:
            return 0.0
        difference = np.abs(colours - self.colours)
        lightness = difference[:, 0]
        colour = np.hypot(difference[:, 1], difference[:, 2])
        chest = [_nearer_third(lightness[2:]), _nearer_third(colour[2:])]
        parts = [lightness[0], colour[0], lightness[1], colour[1], *chest]
        limited = np.minimum(parts, GREATEST)
        uncovered = float(np.nansum(WEIGHTS * (OFFSETS - limited)))
        return log((1 - COVERED) * exp(uncovered) + COVERED)

    def remember(self, colours: Colours) -> None:
        """Take over a view, where it is of the same person rather than of another."""
        if self.colours is None:
            self.colours = colours
            return
        if self.likeness(colours) < 0:
            return
        mixed = self.colours + np.float32(SHARE) * (colours - self.colours)
        # Parts that were outside the picture are known from now on, and others stay.
        known = np.where(np.isnan(self.colours), colours, self.colours)
        self.colours = np.where(np.isnan(mixed), known, mixed)


def _nearer_third(values: NDArray[np.floating]) -> float:
    seen = values[~np.isnan(values)]
    if not seen.size:
        return float("nan")
    return float(np.quantile(seen, CHEST_QUANTILE))


def _cells(
    image: Image,
    part: tuple[float, float, float, float],
    box: NDArray[np.floating],
    cells: int,
) -> Colours:
    """Return the mean colour of each cell of a part (cells², 3), row by row."""
    x, y, width, height = box.tolist()
    left, top, right, bottom = part
    columns = x + width / 2 + height * np.linspace(left, right, cells + 1)
    rows = y + height + height * np.linspace(top, bottom, cells + 1)
    edges_x = np.rint(columns).astype(int).tolist()
    edges_y = np.rint(rows).astype(int).tolist()
    picture_height, picture_width = image.shape[:2]
    means = np.full((cells * cells, 3), np.nan, np.float32)
    for row in range(cells):
        upper, lower = edges_y[row : row + 2]
        for column in range(cells):
            first, last = edges_x[column : column + 2]
            inside = first >= 0 and upper >= 0
            inside = inside and last <= picture_width and lower <= picture_height
            if inside and first < last and upper < lower:
                mean = cv2.mean(image[upper:lower, first:last])
                means[row * cells + column] = mean[:3]
    outside = np.isnan(means)
    colours = cv2.cvtColor(means[None] / np.float32(255), cv2.COLOR_BGR2LAB)[0]
    # The conversion makes numbers of NaN.
    return np.where(outside, np.float32(np.nan), colours)
