"""The engagement score and its parts; formula in docs/metrics.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from vitrine.clock import SECOND_NS
from vitrine.mall import Weights, Zone

# Chosen, not measured: longer than the sway of a step, shorter than a stop.
MOTION_S: Final = 0.5
"""Over how long lateral motion is smoothed."""

# Chosen, not measured: a face is some 0.2 m high, and people walk at 1 m a second.
FULL_MOTION_FACES_PER_S: Final = 1.0
"""Face heights a second at which nothing is left of steadiness."""


class View(NamedTuple):
    """Hold what one view of a face adds to the score, each 0 to 1."""

    proximity: float
    response: float
    steadiness: float


def proximity(face_share: float, zone: Zone) -> float:
    """Return 0 for a face at the far end of the zone, 1 for one at its near end.

    `face_share` is the face's height as a share of the picture's.
    """
    depth = zone.max_face - zone.min_face
    reached = face_share - zone.min_face
    share = reached / depth
    return min(1.0, max(0.0, share))


def steadiness(lag_px: float, face_px: float) -> float:
    """Return 1 for a face that stands still, 0 from a face height a second on.

    `lag_px` is how far the smoothed place of the face lags behind it: a face of speed v
    is v * MOTION_S ahead. `face_px` is its height.
    """
    lag_faces = abs(lag_px) / face_px
    speed_faces_per_s = lag_faces / MOTION_S
    motion = speed_faces_per_s / FULL_MOTION_FACES_PER_S
    return max(0.0, 1 - motion)


@dataclass(slots=True)
class Span:
    """Add up views over a time; each view holds since the one before it.

    Sums are rounded, so that a state that was stored and read is the same state.
    """

    start_ns: int
    end_ns: int
    proximity_s: float = 0.0
    response_s: float = 0.0
    steadiness_s: float = 0.0
    response_max: float = 0.0

    @property
    def seconds(self) -> float:
        """Return the length."""
        length_ns = self.end_ns - self.start_ns
        return length_ns / SECOND_NS

    def extend(self, end_ns: int, view: View) -> None:
        """Go on to `end_ns` with a view."""
        passed_ns = end_ns - self.end_ns
        seconds = passed_ns / SECOND_NS
        self.end_ns = end_ns
        proximity_s = self.proximity_s + view.proximity * seconds
        response_s = self.response_s + view.response * seconds
        steadiness_s = self.steadiness_s + view.steadiness * seconds
        response_max = max(self.response_max, view.response)
        self.proximity_s = round(proximity_s, 4)
        self.response_s = round(response_s, 4)
        self.steadiness_s = round(steadiness_s, 4)
        self.response_max = round(response_max, 4)

    def response_mean(self) -> float:
        """Return the mean response, 0 to 1; the span must not be empty."""
        mean = self.response_s / self.seconds
        return min(1.0, round(mean, 4))

    def score(self, attention_s: float, weights: Weights) -> float:
        """Return the weighted mean, 0 to 100; the span must not be empty."""
        total = (
            weights.attention * attention_s
            + weights.proximity * self.proximity_s
            + weights.response * self.response_s
            + weights.steadiness * self.steadiness_s
        )
        percent = 100 * total / self.seconds
        score = min(100.0, max(0.0, percent))
        return round(score, 2)
