"""A tile as a camera sees it: light, colour, focus, noise and compression.

How often and how strongly was chosen by looking at tiles, not measured.
"""

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator, default_rng

from training.detector.tile import SIDE
from training.pictures.chance import factor, factors
from training.pictures.degradation import compressed, softened
from vitrine.vision.crop import Image

GRAIN: Final = 64
"""Pixels that the noise is larger than a tile, so that each tile gets another piece of it."""


class Camera:
    """See tiles as a camera does; all chance comes from the generator that is passed in."""

    def __init__(self) -> None:
        # Drawn once: normal noise for each tile would take longer than all the rest.
        rng = default_rng(0)
        side = SIDE + GRAIN
        noise = rng.normal(0, 1, (side, side, 3))
        self._noise = noise.astype(np.float32)

    def seen(self, image: Image, rng: Generator) -> Image:
        """Return a tile (256, 256, 3) in another light, by another camera."""
        table = _table(rng)
        # Night cameras give grey pictures.
        if rng.random() < 0.1:
            grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
            grey_bgr = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
            image = np.asarray(grey_bgr, np.uint8)
        lit = cv2.LUT(image, table)
        image = np.asarray(lit, np.uint8)
        if rng.random() < 0.25:
            image = softened(
                image,
                0.4,
                1.4,
                rng,
            )
        if rng.random() < 0.25:
            image = self._grained(image, rng)
        # Streams are compressed; the worst grade shows blocks.
        if rng.random() < 0.3:
            grade = rng.integers(30, 95)
            image = compressed(image, int(grade))
        return image

    def _grained(self, image: Image, rng: Generator) -> Image:
        x, y = rng.integers(0, GRAIN, 2)
        strength = rng.uniform(2, 12)
        rows = slice(y, y + SIDE)
        columns = slice(x, x + SIDE)
        noise = self._noise[rows, columns]
        grain = noise * np.float32(strength)
        seen = image + grain
        grey_values = seen.clip(0, 255)
        return grey_values.astype(np.uint8)


def _table(rng: Generator) -> Image:
    """Draw a look-up table for `cv2.LUT`, (1, 256, 3); one tile in twelve is dark."""
    gamma = factor(0.22, rng)
    line = np.linspace(0, 1, 256)
    ramp = line**gamma
    gain = factor(0.2, rng)
    cast = factors(0.06, 3, rng)
    gains = gain * cast
    # A shop that is closed, or a face against the light.
    if rng.random() < 0.08:
        gains *= rng.uniform(0.3, 0.6)
    values = ramp[:, None] * gains
    brightness = rng.normal(0, 0.04)
    brighter = values + brightness
    grey_values = 255 * brighter
    table = grey_values.clip(0, 255)
    return table[None].astype(np.uint8)
