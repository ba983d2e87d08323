"""The noise of a camera sensor."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vitrine.vision.crop import Image

DEVIATION: Final = 3.6
"""Of black, by day, in grey levels; white has WHITE of it, since a camera's tone curve lifts the shadows."""
WHITE: Final = 0.45
MARGIN: Final = 64


class Noise:
    """One field of noise, larger than the picture, shown at another offset in each frame."""

    def __init__(
        self, width: int, height: int, rng: np.random.Generator, gain: float = 1.0
    ) -> None:
        """`gain` is that of the camera, 1 by day: in the dark it amplifies its noise with the picture."""
        field = rng.standard_normal((height + MARGIN, width + MARGIN, 3), np.float32)
        soft = np.asarray(cv2.GaussianBlur(field, (0, 0), 0.7), np.float32)
        mixed = field * np.float32(0.6) + soft * np.float32(0.8 / soft.std())
        self._field = mixed * np.float32(gain * DEVIATION / mixed.std())

    def over(self, picture: Image, n: int) -> Image:
        """The picture with the noise of frame n, in place."""
        height, width = picture.shape[:2]
        y = (n * 37) % MARGIN
        x = (n * 53) % MARGIN
        strength = cv2.addWeighted(
            picture, (WHITE - 1) / 255, picture, 0, 1, dtype=cv2.CV_32F
        )
        noise = cv2.multiply(strength, self._field[y : y + height, x : x + width])
        return np.asarray(cv2.add(picture, noise, picture, dtype=cv2.CV_8U), np.uint8)
