"""The parts of a track: a detection, its tie to the landmarks, a view."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from vitrine.faces.clothes import Colours
from vitrine.faces.places import Place
from vitrine.vision.crop import Crop
from vitrine.vision.shape import Points

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Found:
    """Hold one face of the detector, with the crop and the place that follow from it."""

    box: Floats
    """(4,): x, y, width, height in pixels."""
    score: float
    crop: Crop
    place: Place
    colours: Colours | None = None
    """Around the face; None without a picture."""


@dataclass(frozen=True, slots=True)
class Detected:
    """Hold how often a face was detected, and the latest time."""

    at_ns: int
    score: float
    count: int = 1

    def again(self, score: float, at_ns: int) -> Detected:
        """Return the same with one more detection."""
        return Detected(at_ns, score, self.count + 1)


@dataclass(frozen=True, slots=True)
class Anchor:
    """Tie the detector's box to the landmarks of its frame, so that later ones carry it along."""

    face_score: float = 0.0
    """Of that frame."""
    offset: Floats = field(default_factory=lambda: np.zeros(4, np.float32))
    """The box relative to the landmarks' crop: corner from the centre, and sides, in crop sides."""

    @classmethod
    def tie(
        cls,
        box: Floats,
        place: Place,
        face_score: float,
    ) -> Anchor:
        """Return the anchor of a detected box and the place of its landmarks."""
        corner = box[:2] - place.centre
        offset = np.hstack([corner, box[2:]]) / place.side
        return cls(face_score, offset.astype(np.float32))

    def box_at(self, place: Place) -> Floats:
        """Return the box (4,) of landmarks that lie there."""
        box = np.asarray(self.offset * place.side, np.float32)
        box[:2] += place.centre
        return box


@dataclass(frozen=True, slots=True)
class View:
    """Hold what one frame showed of a face, in pixels of the frame."""

    at_ns: int
    points: Points
    """(68, 2) float32 as the landmark network gave them, not smoothed."""
    crop: Crop
    """The crop around the points."""
    place: Place
    """Of that crop."""
    box: Floats
    """(4,): x, y, width, height: the detector's, carried along with the landmarks."""
    velocity: Floats
    """(2,): pixels a second; 0 until the face was seen twice."""
