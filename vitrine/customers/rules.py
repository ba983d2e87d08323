"""Rules of recognition: similarities that count, and views that are needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vitrine.customers.calibration import (
    DESCRIPTOR_CALIBRATED,
    OURS_CALIBRATED,
    PUBLIC_CALIBRATED,
    Calibration,
)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Hold the least cosine similarities that count, in -1…1."""

    known: Calibration
    """Of a track and an enrolled template."""
    least: float
    """What `known` never falls below, however few templates there are."""
    visitor: float
    """Of a track's mean and an earlier visitor of the day."""
    alike: float
    """Of two pictures that are to be of one customer."""


# `visitor` and `alike` were measured by `python -m benchmarks.identity_thresholds` on 2,383
# pictures of LFW: of the pairs of different people, 2e-5 pass `visitor` and 1e-3 `alike`. Faces of
# strangers are more alike to our network than to the public one, so ours needs more. 3e-6 pass
# `least`: of drawn people, whose faces are as alike as those of relatives may be, 0.25 % passed it
# with the network before, and 1.1 % passed 0.50.
OURS: Final = Thresholds(
    known=OURS_CALIBRATED,
    least=0.57,
    visitor=0.50,
    alike=0.37,
)
THRESHOLDS: Final = {
    "embedding_112_v2": OURS,
    "mobilefacenet_112": Thresholds(
        known=PUBLIC_CALIBRATED,
        least=0.50,
        visitor=0.45,
        alike=0.33,
    ),
    # Of 18.0 million pairs of different people outside the held-out part of LFW, 2e-5 pass
    # `visitor`, 3e-6 `least` and 1e-3 `alike`.
    "dlib_descriptor_112": Thresholds(
        known=DESCRIPTOR_CALIBRATED,
        least=0.956,
        visitor=0.948,
        alike=0.928,
    ),
}
"""By embedding model."""


@dataclass(frozen=True, slots=True)
class RecognitionRules:
    """Say how sure a decision has to be."""

    views: int
    """Good views before a track is decided."""
    neighbours: int
    """Nearest templates that vote on a track."""
    false_accepts: float
    """Share of strangers' visits that may be taken for a customer's."""
    tag_customers: int
    """A tag is told of a customer from so many customers on who have it."""
    known_threshold: float | None
    """Replaces what follows from `false_accepts`, unless None."""
    visitor_threshold: float | None
    """Replaces `Thresholds.visitor` of every model, unless None."""

    def known(self, model: str, templates: int) -> float:
        """Return the least similarity of a track with one of so many templates, 1 or more.

        Never below `Thresholds.least`: the calibration is of people from all over the world, and
        those of one family or town, whom a small gallery may hold, are more alike.
        """
        if self.known_threshold is not None:
            return self.known_threshold
        thresholds = THRESHOLDS.get(model, OURS)
        calibrated = thresholds.known.threshold(self.false_accepts, templates)
        return max(calibrated, thresholds.least)

    def visitor(self, model: str) -> float:
        """Return the least similarity of a track and an earlier visitor."""
        if self.visitor_threshold is not None:
            return self.visitor_threshold
        return THRESHOLDS.get(model, OURS).visitor

    def alike(self, model: str) -> float:
        """Return the least similarity of two pictures under one name."""
        return THRESHOLDS.get(model, OURS).alike
