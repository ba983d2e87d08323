"""Find the codes that screens show (`display_probe`) in pictures of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE: Final = 6
"""Cells of a side of a code, without its black border of one cell."""
# Counted: with 1,000 codes one random square in 464,000 is taken for one of them.
WRONG_CELLS: Final = 1
"""Cells of a code that may be read wrong."""


def code_cells(code: int) -> NDArray[np.uint8]:
    """Return the cells of a code, (6, 6): 1 is white; the highest bit is at the top left."""
    bits = [code >> place & 1 for place in reversed(range(SIDE * SIDE))]
    return np.array(bits, np.uint8).reshape(SIDE, SIDE)


class ProbeReader:
    """Find codes out of those that can have been shown."""

    def __init__(self, codes: Sequence[int]) -> None:
        self._codes = codes
        if not codes:
            return
        rows = []
        for code in codes:
            cells = code_cells(code)
            rows.append(cv2.aruco.Dictionary.getByteListFromBits(cells))
        dictionary = cv2.aruco.Dictionary(np.concatenate(rows), SIDE, WRONG_CELLS)
        parameters = cv2.aruco.DetectorParameters()
        # The rate is of `WRONG_CELLS`: all of them may be used.
        parameters.errorCorrectionRate = 1.0
        # Around the code its white margin is a square, too, and hides it by default. Measured with
        # codes of 36 to 132 pixels on four greys: 49 of 100 were missed at 0.125, 38 at 0.05, none
        # at 0.02.
        parameters.minMarkerDistanceRate = 0.02
        self._detector = cv2.aruco.ArucoDetector(dictionary, parameters)

    def find(self, picture: NDArray[np.uint8]) -> set[int]:
        """Return the codes in a picture, (height, width) or (height, width, 3), 8 bits."""
        if not self._codes:
            return set()
        found = self._detector.detectMarkers(picture)
        # None where there is no marker, against what OpenCV declares.
        places: NDArray[np.int32] | None = found[1]  # type: ignore[assignment]
        if places is None:
            return set()
        return {self._codes[int(place)] for place in places.ravel()}
