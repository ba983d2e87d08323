"""Evidence of life in the 68 points of a track: a turned head shows depth, a photo does not.

The points of a flat picture move by a homography, whatever a hand does with it, and those of a
bent one nearly so. What a quadratic of the first views' points explains is therefore left out. The
rest moves with the depth of noses, brows and chins when a head turns, and with the lips when
somebody speaks or smiles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.clock import SECOND_NS
from vitrine.schemas import Face
from vitrine.vision.shape import EYE_OUTER_LEFT, EYE_OUTER_RIGHT, POINT_COUNT

Numbers = NDArray[np.float64]

# The first views find their place, and noise of a single one would be in all that follow.
UNSETTLED_VIEWS: Final = 2
FIRST_VIEWS: Final = 4
"""Views after the unsettled ones whose mean the later ones are compared with."""
SMOOTHING_S: Final = 0.2
"""As of `vitrine.presence.liveness`: a single wrong view proves nothing."""
# Set on printed and displayed photos, whose depth went by up to 0.14 and whose lips by up to 0.09
# (docs/attacks.md), with the figures of four people in films in view.
DEPTH: Final = 0.20
LIPS: Final = 0.12
WINDOW_NS: Final = 10 * SECOND_NS
"""Evidence adds up over so long, as noise does. Chosen, not measured."""
SMALLEST_PX: Final = 40.0
"""Height of a face from which its points are steady enough, as for eyes."""
# Points of what is hardly a face jump. Of the views of people and of photos in docs/attacks.md one
# in twenty is below, of faces that were found where there was none nearly all.
LEAST_SCORE: Final = 0.6
LIP_UPPER: Final = np.array([61, 62, 63])
LIP_LOWER: Final = np.array([67, 66, 65])
LEAST_SIZE: Final = 1e-6
"""Of points that are no face: they prove nothing."""
# As in models/canonical_shape_68.json, which the image of identity does not have.
# fmt: off
MEAN_DEPTH: Final = np.array([
    0.583, 0.645, 0.658, 0.631, 0.553, 0.353, 0.224, 0.042, -0.028, 0.042,
    0.224, 0.353, 0.553, 0.631, 0.658, 0.645, 0.583, 0.026, -0.082, -0.164,
    -0.226, -0.259, -0.259, -0.226, -0.164, -0.082, 0.026, -0.264, -0.368, -0.439,
    -0.471, -0.247, -0.265, -0.286, -0.265, -0.247, 0.000, -0.064, -0.081, -0.065,
    -0.065, -0.049, -0.065, -0.081, -0.064, 0.000, -0.049, -0.065, -0.070, -0.212,
    -0.256, -0.267, -0.256, -0.212, -0.070, -0.126, -0.193, -0.202, -0.193, -0.126,
    -0.043, -0.168, -0.177, -0.168, -0.043, -0.187, -0.194, -0.187,
])
# fmt: on
"""Depth of the mean face's points (68,), away from the camera, in distances of the outer eye
corners."""


@dataclass(slots=True)
class Reference:
    """Hold what the first views of a track tell: later ones are compared with it."""

    smooth: Numbers
    """Orthonormal columns (68, 6): what any quadratic of the first points explains."""
    depth: Numbers
    """The depth of each point (68,) that no such quadratic explains, in face sizes."""
    first: Numbers
    """Residual of the first points (68, 2)."""

    @classmethod
    def of(cls, points: Numbers) -> Reference:
        """Return the reference of points (68, 2), centred and of size 1."""
        x, y = points.T
        columns = [np.ones(POINT_COUNT), x, y, x * x, x * y, y * y]
        smooth, _ = np.linalg.qr(np.stack(columns, axis=1))
        eyes = points[EYE_OUTER_RIGHT] - points[EYE_OUTER_LEFT]
        depth = MEAN_DEPTH * float(np.linalg.norm(eyes))
        return cls(
            smooth=smooth,
            depth=_unexplained(depth, smooth),
            first=_unexplained(points, smooth),
        )

    def changes(self, points: Numbers) -> Numbers:
        """Return how far depth went along x and y, and the lips apart, in face sizes: (3,)."""
        rest = _unexplained(points, self.smooth) - self.first
        parallax = self.depth @ rest / (self.depth @ self.depth)
        gaps = rest[LIP_LOWER, 1] - rest[LIP_UPPER, 1]
        return np.append(parallax, gaps.mean())


LIMITS: Final = np.array([DEPTH, DEPTH, LIPS])
"""Ranges of `Reference.changes` from which a face lives."""


@dataclass(slots=True)
class Liveness:
    """Keep what the points of one track have shown of life."""

    at_ns: int = 0
    views: int = 0
    proven: bool = False
    """What a flat photo cannot show was seen. A mask in relief and a film show it too."""
    _first: Numbers = field(default_factory=lambda: np.zeros((POINT_COUNT, 2)))
    _reference: Reference | None = None
    _now: Numbers = field(default_factory=lambda: np.zeros(3))
    _least: Numbers = field(default_factory=lambda: np.zeros(3))
    _most: Numbers = field(default_factory=lambda: np.zeros(3))
    _since_ns: int = 0

    def observe(self, at_ns: int, face: Face, size: tuple[int, int]) -> bool:
        """Take a view, in order of time; return True when the face has proven to live by it.

        That is True once. The same view again, and any view after the proof, changes nothing.
        `size` is width and height of the picture, pixels.
        """
        if self.proven or at_ns <= self.at_ns:
            return False
        if not _shows_enough(face, size):
            return False
        passed_s = (at_ns - self.at_ns) / SECOND_NS
        self.at_ns = at_ns
        shape = _normalised(np.array(face.points))
        if shape is None:
            return False
        self.views += 1
        if self._reference is None:
            self._learn(shape)
            return False
        changes = self._reference.changes(shape)
        self._follow(changes, passed_s)
        self.proven = bool((self.ranges >= LIMITS).any())
        return self.proven

    def _follow(self, changes: Numbers, passed_s: float) -> None:
        share = 1 - exp(-passed_s / SMOOTHING_S)
        self._now = self._now + share * (changes - self._now)
        if self.at_ns - self._since_ns > WINDOW_NS:
            self._since_ns = self.at_ns
            self._least = self._now
            self._most = self._now
        self._least = np.minimum(self._least, self._now)
        self._most = np.maximum(self._most, self._now)

    @property
    def ranges(self) -> Numbers:
        """Return how far depth along x and y, and the lips, have gone so far: (3,)."""
        return self._most - self._least

    def _learn(self, shape: Numbers) -> None:
        if self.views <= UNSETTLED_VIEWS:
            return
        self._first = self._first + shape / FIRST_VIEWS
        if self.views == UNSETTLED_VIEWS + FIRST_VIEWS:
            self._reference = Reference.of(self._first)
            self._since_ns = self.at_ns


def _shows_enough(face: Face, size: tuple[int, int]) -> bool:
    """Return True for a face that is sure, large enough, and whole in the picture."""
    left, top, width, height = face.box
    picture_width, picture_height = size
    if face.score < LEAST_SCORE or height < SMALLEST_PX:
        return False
    if left < 0 or top < 0:
        return False
    return left + width <= picture_width and top + height <= picture_height


def _unexplained(values: Numbers, columns: Numbers) -> Numbers:
    """Return what of values (68, …) orthonormal columns (68, k) do not explain."""
    explained = columns @ (columns.T @ values)
    return np.asarray(values - explained)


def _normalised(points: Numbers) -> Numbers | None:
    """Return points (68, 2) around 0, their mean distance from it 1; None for a mere spot."""
    offsets = points - points.mean(axis=0)
    squares = (offsets**2).sum(axis=1)
    size = float(np.sqrt(squares.mean()))
    if size < LEAST_SIZE:
        return None
    return np.asarray(offsets / size)
