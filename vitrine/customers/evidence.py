"""What the views of one track say together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.customers.records import Vector

# Who turns out to be somebody else is so after four views, and eight views count for five: older
# ones add little. Chosen, not measured.
KEPT: Final = 0.8
"""Of what earlier views weigh, with each new one."""


@dataclass(slots=True)
class Evidence:
    """Add up the good views of a track, each with its quality, and older ones with less and less.

    The sum of several views is closer to the person than each of them: what differs from view to
    view cancels out.
    """

    total: Vector | None = None
    """Weighted sum of the unit vectors, (d,)."""
    views: int = 0

    def add(self, vector: Vector, quality: float) -> None:
        """Add a view's unit vector (d,), with its quality, 0…1."""
        weighted = np.float32(quality) * vector
        if self.total is None:
            self.total = weighted
        else:
            self.total = np.float32(KEPT) * self.total + weighted
        self.views += 1

    def direction(self) -> Vector | None:
        """Return the unit vector (d,) of all views; None where they cancel out, or are none."""
        if self.total is None:
            return None
        length = np.linalg.norm(self.total)
        if length == 0:
            return None
        return np.asarray(self.total / length, np.float32)

    def clear(self) -> None:
        """Forget all views."""
        self.total = None
        self.views = 0
