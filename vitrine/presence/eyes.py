"""Eyes: whether a face has closed or lowered them, against how far it usually opens them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vitrine.schemas import Face

# Of open eyes on faces that were shrunk to 40 pixels, one in 100 lost more than 14 % of
# its opening, at 20 pixels 28 % (docs/metrics.md, Closed eyes).
SMALLEST_PX: Final = 40.0
"""Height of a face from which its eyes are measurable."""

# Set on the two videos of expressions: 0.65 to 0.75 find the same closed eyes there.
CLOSED: Final = 0.7
"""Share of the usual opening below which eyes are closed, or lowered."""

# Chosen, not measured: eyes of a head that is turned further are read badly.
MOST_YAW_DEG: Final = 30.0
MOST_PITCH_DEG: Final = 25.0

# Chosen, not measured: who blinks as he comes is not taken for somebody with narrow eyes.
FIRST_S: Final = 1.0
"""The opening is known after so long."""
USUAL_S: Final = 15.0
"""Over so long eyes that stay narrow become the usual ones."""


@dataclass(slots=True)
class Eyes:
    """Keep how far one person usually opens the eyes, in outer eye-corner distances."""

    usual: float = 0.0
    age_s: float = 0.0
    """Over which time it was seen."""

    def are_closed(
        self,
        face: Face,
        height_px: float,
        seconds: float,
    ) -> bool:
        """Take a view `seconds` after the one before; return true for closed eyes.

        Of a small face, one that is turned far, and a new one nobody can tell: they are open.
        """
        if not _is_measurable(face, height_px):
            return False
        opening = face.expression.eye_open
        is_known = self.age_s >= FIRST_S
        closed = is_known and opening < CLOSED * self.usual
        self._learn(opening, seconds)
        return closed

    def _learn(self, opening: float, seconds: float) -> None:
        if not self.age_s:
            self.usual = opening
        age_s = min(self.age_s + seconds, USUAL_S)
        self.age_s = round(age_s, 4)
        since_s = self.age_s
        if opening > self.usual:
            # Open eyes are closed by every blink; closed ones are never opened by chance.
            since_s = min(since_s, FIRST_S)
        share = 1.0
        if seconds < since_s:
            share = seconds / since_s
        step = share * (opening - self.usual)
        # Rounded, so that a state that was stored and read is the same state.
        self.usual = round(self.usual + step, 5)


def _is_measurable(face: Face, height_px: float) -> bool:
    if height_px < SMALLEST_PX:
        return False
    return abs(face.yaw) <= MOST_YAW_DEG and abs(face.pitch) <= MOST_PITCH_DEG
