"""The noise of a camera sensor."""

from __future__ import annotations

import cv2
import numpy as np

from vitrine.vision.crop import Image

DEVIATION = 2.0
MARGIN = 64


class Noise:
    """One field of noise, larger than the picture, shown at another offset in each frame."""

    def __init__(self, width: int, height: int, rng: np.random.Generator) -> None:
        field = rng.normal(0, DEVIATION, (height + MARGIN, width + MARGIN, 3)).round()
        self._brighter = np.clip(field, 0, 255).astype(np.uint8)
        self._darker = np.clip(-field, 0, 255).astype(np.uint8)

    def over(self, picture: Image, n: int) -> Image:
        """The picture with the noise of frame n."""
        height, width = picture.shape[:2]
        y, x = (n * 37) % MARGIN, (n * 53) % MARGIN
        area = slice(y, y + height), slice(x, x + width)
        cv2.add(picture, self._brighter[area], picture)
        cv2.subtract(picture, self._darker[area], picture)
        return picture
