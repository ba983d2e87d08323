"""How alike strangers are to a network: the threshold that keeps a rate of false accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np


@dataclass(frozen=True, slots=True)
class Calibration:
    """Hold how many comparisons of a stranger's visit with one template reach a similarity."""

    similarities: Sequence[float]
    """Rising: the highest that the visit's views, added up, had with the template."""
    decades: Sequence[float]
    """For each of them −log10 of the share that reaches it; rising."""

    def threshold(self, false_accepts: float, templates: int) -> float:
        """Return the similarity that a share `false_accepts` of stranger visits reaches.

        It is that of the most similar of `templates`, 1 or more, taken as independent of each
        other; those of one customer are not, which errs towards fewer false accepts. Between the
        rows the share falls exponentially, and beyond the last one on as between the last two:
        what was measured falls faster from row to row, so that this errs to the same side.
        """
        # 1 − (1 − p)^n = false_accepts, solved for p without losing small ones.
        each = -np.expm1(np.log1p(-false_accepts) / templates)
        wanted = -float(np.log10(each))
        last = self.decades[-1]
        if wanted <= last:
            return float(np.interp(wanted, self.decades, self.similarities))
        steepness = (self.similarities[-1] - self.similarities[-2]) / (
            last - self.decades[-2]
        )
        beyond = self.similarities[-1] + (wanted - last) * steepness
        # No view reaches 1, so that nobody is known where the rate asks too much of the network.
        return min(1.0, beyond)


# Measured by `python -m benchmarks.open_set visits.npz --calibrate`: 6.0 million comparisons of 561
# visits of 257 validation people with templates of everybody else, two views of each at least, the
# quality that the product asks for. What held-out people then have is in docs/recognition.md.
OURS_CALIBRATED: Final = Calibration(
    similarities=(0.167, 0.290, 0.380, 0.454, 0.519, 0.581),
    decades=(1, 2, 3, 4, 5, 6),
)
PUBLIC_CALIBRATED: Final = Calibration(
    similarities=(0.155, 0.263, 0.343, 0.407, 0.470, 0.545),
    decades=(1, 2, 3, 4, 5, 6),
)
# With Face Mesh's points and the sharpness of the commercial set.
DESCRIPTOR_CALIBRATED: Final = Calibration(
    similarities=(0.897, 0.922, 0.938, 0.949, 0.958, 0.964),
    decades=(1, 2, 3, 4, 5, 6),
)
