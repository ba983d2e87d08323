"""Add the noise of a camera sensor."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vitrine.vision.crop import Image

# Compared with videos in docs/synthetic.md.
DEVIATION: Final = 3.6
"""Standard deviation of black, by day, in grey levels."""
WHITE: Final = 0.45
"""Share of it that white has: a camera's tone curve lifts the shadows."""
MARGIN: Final = 64
"""Offsets of the field, pixels in each direction."""


class Noise:
    """Keep one field of noise, larger than the picture, and show each frame another part of it."""

    def __init__(
        self,
        width: int,
        height: int,
        rng: np.random.Generator,
        gain: float = 1.0,
    ) -> None:
        """Draw the field.

        `gain` is that of the camera, 1 by day: in the dark it amplifies its noise with the picture.
        """
        shape = (height + MARGIN, width + MARGIN, 3)
        field = rng.standard_normal(shape, np.float32)
        blurred = cv2.GaussianBlur(field, (0, 0), 0.7)
        soft = np.asarray(blurred, np.float32)
        # Partly of single pixels, partly soft, as a camera's colour filter leaves it. The shares
        # are chosen, not measured.
        share = np.float32(0.8 / soft.std())
        mixed = field * np.float32(0.6) + soft * share
        scale = np.float32(gain * DEVIATION / mixed.std())
        self._field = mixed * scale

    def over(self, picture: Image, n: int) -> Image:
        """Add the noise of frame n to a picture, in place, and return it."""
        height, width = picture.shape[:2]
        # Odd steps: 64 frames pass before an offset comes again.
        y = (n * 37) % MARGIN
        x = (n * 53) % MARGIN
        # From 1 for black to WHITE for white.
        strength = cv2.addWeighted(
            picture,
            (WHITE - 1) / 255,
            picture,
            0,
            1,
            dtype=cv2.CV_32F,
        )
        part = self._field[y : y + height, x : x + width]
        noise = cv2.multiply(strength, part)
        noisy = cv2.add(
            picture,
            noise,
            picture,
            dtype=cv2.CV_8U,
        )
        return np.asarray(noisy, np.uint8)
