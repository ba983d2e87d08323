"""The light of a shop over time: a slow drift, a lamp that switches, day or night."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vitrine.synthetic.mesh import Floats
from vitrine.vision.crop import Image

DRIFT: Final = 0.07
"""Largest change of the whole picture's brightness, as a share."""
LAMP: Final = 0.22
"""What the lamp that switches adds under it, as a share."""
SPELL: Final = 31.0
"""Seconds after which the lamp may switch."""
FADE: Final = 0.12
"""Seconds that a switch takes."""
DIM: Final = 0.45
WARM: Final = (0.74, 0.92, 1.1)
"""Factors of blue, green and red at night."""


class Light:
    """A pure function of time and of what is drawn when it is made."""

    def __init__(
        self, width: int, height: int, rng: np.random.Generator, night: bool = False
    ) -> None:
        self.exposure = 1 / 25 if night else 1 / 60
        """Seconds that the shutter is open: what moves meanwhile is blurred."""
        self.gain = 2.4 if night else 1.0
        """How much stronger than by day the camera amplifies, and with it the noise."""
        self._phases = rng.uniform(0, 2 * np.pi, 2)
        self._seed = int(rng.integers(2**32))
        x = np.linspace(0, 1, width)[None, :]
        y = np.linspace(0, 1, height)[:, None]
        lamp = LAMP * np.exp(
            -(((x - rng.uniform(0.2, 0.8)) / 0.3) ** 2) - (y / 0.8) ** 2
        )
        colour = DIM * np.array(WARM) if night else np.ones(3)
        self._dark = np.asarray(np.ones((height, width, 1)) * colour, np.float32)
        self._bright = np.asarray(self._dark * (1 + lamp[..., None]), np.float32)

    def over(self, picture: Image, t: float) -> Image:
        """The picture (height, width, 3) BGR in the light at t seconds, in place."""
        return np.asarray(
            cv2.multiply(picture, self._field(t), picture, self.drift(t), cv2.CV_8U),
            np.uint8,
        )

    def drift(self, t: float) -> float:
        """Brightness of the whole picture: clouds and the camera's exposure control, about 1."""
        slow, slower = np.sin(2 * np.pi * t / np.array([43.0, 127.0]) + self._phases)
        return float(1 + DRIFT * (0.4 * slow + 0.6 * slower))

    def lamp(self, t: float) -> float:
        """How far the lamp is on, 0…1."""
        spell, since = divmod(t, SPELL)
        before, now = (float(self._lit(int(spell) + step)) for step in (-1, 0))
        return before + (now - before) * min(1.0, since / FADE)

    def _lit(self, spell: int) -> bool:
        return bool(np.random.default_rng([self._seed, spell + 1]).uniform() < 0.65)

    def _field(self, t: float) -> Floats:
        share = self.lamp(t)
        if share in (0.0, 1.0):
            return self._bright if share else self._dark
        return np.asarray(
            cv2.addWeighted(self._bright, share, self._dark, 1 - share, 0), np.float32
        )
