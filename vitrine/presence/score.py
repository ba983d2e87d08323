"""The engagement score and its parts; formula in docs/metrics.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from vitrine.mall import Weights, Zone

MOTION_S: Final = 0.5
"""Over how long lateral motion is judged."""
FULL_MOTION: Final = 1.0
"""Face heights a second at which nothing is left of steadiness."""


class View(NamedTuple):
    """What one view of a face says, each 0 to 1."""

    proximity: float
    response: float
    steadiness: float


def proximity(face_share: float, zone: Zone) -> float:
    """Face height as a share of the picture's, on the zone's range: 0 at its far end, 1 at its near end."""
    return min(
        1.0, max(0.0, (face_share - zone.min_face) / (zone.max_face - zone.min_face))
    )


def steadiness(lag_px: float, face_px: float) -> float:
    """1 for a face that stands still; `lag_px` is how far its smoothed place lags behind it."""
    return max(0.0, 1 - abs(lag_px) / face_px / MOTION_S / FULL_MOTION)


@dataclass(slots=True)
class Span:
    """Sums over a time: each view holds since the one before it."""

    start_ns: int
    end_ns: int
    proximity_s: float = 0.0
    response_s: float = 0.0
    steadiness_s: float = 0.0
    response_max: float = 0.0

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end_ns - self.start_ns) / 1e9

    def extend(self, end_ns: int, view: View) -> None:
        """Go on to `end_ns` with a view. Sums are rounded, so that a stored state is the same state."""
        seconds = (end_ns - self.end_ns) / 1e9
        self.end_ns = end_ns
        self.proximity_s = round(self.proximity_s + view.proximity * seconds, 4)
        self.response_s = round(self.response_s + view.response * seconds, 4)
        self.steadiness_s = round(self.steadiness_s + view.steadiness * seconds, 4)
        self.response_max = round(max(self.response_max, view.response), 4)

    def score(self, attention_s: float, weights: Weights) -> float:
        """Weighted mean over the span, 0 to 100; the span must not be empty."""
        total = (
            weights.attention * attention_s
            + weights.proximity * self.proximity_s
            + weights.response * self.response_s
            + weights.steadiness * self.steadiness_s
        )
        return round(min(100.0, max(0.0, 100 * total / self.seconds)), 2)
