"""Change the light of a shop over time: a slow drift, a lamp that switches, day or night."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

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
"""The light at night, as a share of that by day."""
WARM: Final = (0.74, 0.92, 1.1)
"""Factors of blue, green and red at night."""
# In the dark a camera opens its shutter for longer, and still has to amplify.
DAY_EXPOSURE: Final = 1 / 60
NIGHT_EXPOSURE: Final = 1 / 25
"""Seconds."""
NIGHT_GAIN: Final = 2.4
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
        self.exposure = DAY_EXPOSURE
        """Seconds that the shutter is open: what moves meanwhile is blurred."""
        self.gain = 1.0
        """How much stronger than by day the camera amplifies, and with it the noise."""
        colour = np.ones(3)
        if night:
            self.exposure = NIGHT_EXPOSURE
            self.gain = NIGHT_GAIN
            colour = DIM * np.array(WARM)
        # The order of the draws is kept: another one would make other malls of the same seeds.
        self._phases = rng.uniform(0, 2 * np.pi, len(WAVES))
        self._seed = int(rng.integers(2**32))
        dark = np.ones((height, width, 1)) * colour
        self._dark = np.asarray(dark, np.float32)
        gain = 1 + _under_lamp(width, height, rng)
        bright = self._dark * gain[..., None]
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
        turns = 2 * np.pi * t / WAVES
        slow, slower = np.sin(turns + self._phases)
        # The shares sum to 1, so that DRIFT is the most.
        wave = 0.4 * slow + 0.6 * slower
        return float(1 + DRIFT * wave)

    def lamp(self, t: float) -> float:
        """Return how far the lamp is on, 0…1."""
        whole, since = divmod(t, SPELL)
        spell = int(whole)
        before = self._lit(spell - 1)
        now = self._lit(spell)
        share = min(1.0, since / FADE)
        return before + (now - before) * share

    def _lit(self, spell: int) -> float:
        """Return 1 for a spell with the lamp on, 0 for one without; spells count from -1."""
        # A seed cannot be below 0.
        rng = np.random.default_rng([self._seed, spell + 1])
        return float(rng.uniform() < ON)

    def _field(self, t: float) -> Floats:
        """Return the factors of all pixels."""
        share = self.lamp(t)
        # Nearly always one of these two: to mix them costs time.
        if share == 0.0:
            return self._dark
        if share == 1.0:
            return self._bright
        mixed = cv2.addWeighted(
            self._bright,
            share,
            self._dark,
            1 - share,
            0,
        )
        return np.asarray(mixed, np.float32)


def _under_lamp(
    width: int,
    height: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the light (height, width) that a lamp above a drawn place adds, as a share."""
    x = np.linspace(0, 1, width)[None, :]
    y = np.linspace(0, 1, height)[:, None]
    place = rng.uniform(0.2, 0.8)
    across = ((x - place) / 0.3) ** 2
    down = (y / 0.8) ** 2
    return np.asarray(LAMP * np.exp(-across - down))
