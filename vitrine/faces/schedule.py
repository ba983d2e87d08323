"""Schedule of the detector: where something enters at once, near known people more rarely."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.clock import SECOND_NS
from vitrine.faces.views import Floats
from vitrine.vision.crop import Image

# Cells along the longer side: of 640 pixels 8 each, so a face of 24 pixels fills nine.
CELLS: Final = 80
# Pixels that are read along each side of a cell.
GRAINS: Final = 4
# Grey values by which a cell's mean has changed. Two people who sit and turn their heads reach it
# beyond their neighbourhood in 23 % of key frames (44 % with 4), people who walk in all; JPEG and
# the noise of a camera stay below.
CHANGED: Final = 8
# Cells that have to change. Chosen: single ones flicker.
FEWEST: Final = 2
# A tenth of a second, less the jitter of frames: no camera waits longer where something enters,
# however slow it is.
SOON_NS: Final = 90_000_000
# Key frames until the detector looks where only known people move: somebody may step out from
# behind them. Chosen: 0.3 s of a camera of 30 frames a second.
NEAR: Final = 3
NEAR_NS: Final = 270_000_000
# The detector looks as often even where nothing changes. Chosen.
LONGEST_NS: Final = SECOND_NS // 2
# Neighbourhood of a known face, in its widths and heights: arms and body. Chosen.
ASIDE: Final = 1.0
ABOVE: Final = 0.5
BELOW: Final = 3.5

Cells = NDArray[np.int16]


class Schedule:
    """Tell which frames of a camera the detector is to see.

    A picture is compared with the one that the detector saw last, so nothing is too slow to be
    noticed.
    """

    def __init__(self, every: int) -> None:
        """Every `every`-th frame is a key frame; with 1 the detector sees each, changed or not."""
        self._every = every
        self._frames = 0
        self._seen_ns = 0
        self._seen: Cells | None = None

    def wants(
        self,
        image: Image,
        at_ns: int,
        known: Sequence[Floats],
    ) -> bool:
        """Return whether the detector is to see this frame; ask once for each, in order of time.

        `known` are the boxes (4,) of faces that are followed, in pixels of the frame.
        """
        self._frames += 1
        passed_ns = at_ns - self._seen_ns
        if self._frames < self._every and 0 <= passed_ns < SOON_NS:
            return False
        cells = _cells(image)
        if not self._changed(cells, passed_ns, image, known):
            return False
        self._frames = 0
        self._seen_ns = at_ns
        self._seen = cells
        return True

    def _changed(
        self,
        cells: Cells,
        passed_ns: int,
        image: Image,
        known: Sequence[Floats],
    ) -> bool:
        seen = self._seen
        if self._every == 1 or seen is None or seen.shape != cells.shape:
            return True
        if not 0 <= passed_ns < LONGEST_NS:
            return True
        changed = np.abs(cells - seen) > CHANGED
        if np.count_nonzero(changed) < FEWEST:
            return False
        if self._frames >= NEAR * self._every or passed_ns >= NEAR_NS:
            return True
        scale = CELLS / max(image.shape[:2])
        for box in known:
            changed[_neighbourhood(box * scale)] = False
        return int(np.count_nonzero(changed)) >= FEWEST


def _cells(image: Image) -> Cells:
    """Return the mean grey values of the cells of an (H, W, 3) BGR picture."""
    height, width = image.shape[:2]
    scale = CELLS / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if scale < 1 / GRAINS:
        # Sixteen pixels are enough for a mean, and large pictures take no longer than small ones.
        fine = (GRAINS * size[0], GRAINS * size[1])
        image = np.asarray(cv2.resize(image, fine, interpolation=cv2.INTER_NEAREST))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.int16)


def _neighbourhood(box: Floats) -> tuple[slice, slice]:
    """Return the rows and columns around a face with this box (4,), in cells."""
    x, y, width, height = box.tolist()
    rows = slice(_place(y - ABOVE * height), _place(y + (1 + BELOW) * height) + 1)
    columns = slice(_place(x - ASIDE * width), _place(x + (1 + ASIDE) * width) + 1)
    return rows, columns


def _place(cell: float) -> int:
    """Return a row or column within any picture."""
    return int(min(max(cell, 0), CELLS))
