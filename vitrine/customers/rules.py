"""Rules of recognition: similarities that count, and views that are needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Hold the least cosine similarities that count, in -1…1."""

    known: float
    """Of a view and an enrolled template."""
    visitor: float
    """Of a track's mean and an earlier visitor of the day."""
    alike: float
    """Of two pictures that are to be of one customer."""


# Measured by `python -m benchmarks.identity_thresholds` on 2,383 pictures of LFW: of
# the pairs of different people, 2.5e-6 pass `known`, 2e-5 `visitor` and 1e-3 `alike`. Faces of
# strangers are more alike to our network than to the public one, so ours needs more.
OURS: Final = Thresholds(known=0.57, visitor=0.50, alike=0.37)
THRESHOLDS: Final = {
    "embedding_112": OURS,
    "mobilefacenet_112": Thresholds(known=0.50, visitor=0.45, alike=0.33),
}
"""By embedding model."""


@dataclass(frozen=True, slots=True)
class RecognitionRules:
    """Say how sure a decision has to be."""

    views: int
    """Good views before a track is decided."""
    majority: float
    """Share of a track's views that must agree, above 0.5."""
    neighbours: int
    """Nearest templates that vote on one view."""
    tag_customers: int
    """A tag is told of a customer from so many customers on who have it."""
    known_threshold: float | None
    """Replaces `Thresholds.known` of every model, unless None."""
    visitor_threshold: float | None
    """Replaces `Thresholds.visitor` of every model, unless None."""

    def known(self, model: str) -> float:
        """Return the least similarity of a view and an enrolled one."""
        if self.known_threshold is not None:
            return self.known_threshold
        return THRESHOLDS.get(model, OURS).known

    def visitor(self, model: str) -> float:
        """Return the least similarity of a track and an earlier visitor."""
        if self.visitor_threshold is not None:
            return self.visitor_threshold
        return THRESHOLDS.get(model, OURS).visitor

    def alike(self, model: str) -> float:
        """Return the least similarity of two pictures under one name."""
        return THRESHOLDS.get(model, OURS).alike
