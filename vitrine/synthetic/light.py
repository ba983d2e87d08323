"""Change the light of a shop over time: a slow drift, a lamp that switches, day or night."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vitrine.synthetic.mesh import Floats
from vitrine.vision.crop import Image

# The numbers of this module are chosen by eye.
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
ON: Final = 0.65
"""Share of the time in which the lamp is on."""
WAVES: Final = np.array([43.0, 127.0])
"""Seconds of the two waves of the drift; it repeats only after an hour and a half."""


class Light:
    """Light pictures: a pure function of time and of what is drawn when it is made."""

    def __init__(
        self,
        width: int,
        height: int,
        rng: np.random.Generator,
        night: bool = False,
    ) -> None:
        self.exposure = 1 / 25 if night else 1 / 60
        """Seconds that the shutter is open: what moves meanwhile is blurred."""
        self.gain = 2.4 if night else 1.0
        """How much stronger than by day the camera amplifies, and with it the noise."""
        self._phases = rng.uniform(0, 2 * np.pi, 2)
        self._seed = int(rng.integers(2**32))
        x = np.linspace(0, 1, width)[None, :]
        y = np.linspace(0, 1, height)[:, None]
        across = ((x - rng.uniform(0.2, 0.8)) / 0.3) ** 2
        down = (y / 0.8) ** 2
        lamp = LAMP * np.exp(-across - down)
        colour = DIM * np.array(WARM) if night else np.ones(3)
        dark = np.ones((height, width, 1)) * colour
        self._dark = np.asarray(dark, np.float32)
        bright = self._dark * (1 + lamp[..., None])
        self._bright = np.asarray(bright, np.float32)

    def over(self, picture: Image, t: float) -> Image:
        """Light a picture (height, width, 3) BGR as at t seconds, in place, and return it."""
        lit = cv2.multiply(
            picture,
            self._field(t),
            picture,
            scale=self.drift(t),
            dtype=cv2.CV_8U,
        )
        return np.asarray(lit, np.uint8)

    def drift(self, t: float) -> float:
        """Return the brightness of the whole picture, about 1.

        It stands for clouds and the camera's exposure control.
        """
        slow, slower = np.sin(2 * np.pi * t / WAVES + self._phases)
        return float(1 + DRIFT * (0.4 * slow + 0.6 * slower))

    def lamp(self, t: float) -> float:
        """Return how far the lamp is on, 0…1."""
        spell, since = divmod(t, SPELL)
        before = self._lit(int(spell) - 1)
        now = self._lit(int(spell))
        return before + (now - before) * min(1.0, since / FADE)

    def _lit(self, spell: int) -> float:
        """Return 1 for a spell with the lamp on, 0 for one without; spells count from -1."""
        rng = np.random.default_rng([self._seed, spell + 1])
        return float(rng.uniform() < ON)

    def _field(self, t: float) -> Floats:
        """Return the factors of all pixels."""
        share = self.lamp(t)
        if share == 0.0:
            return self._dark
        if share == 1.0:
            return self._bright
        mixed = cv2.addWeighted(self._bright, share, self._dark, 1 - share, 0)
        return np.asarray(mixed, np.float32)
