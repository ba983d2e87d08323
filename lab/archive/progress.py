"""Follow one face over time: what changed by more than the same face differs from photo to photo.

All measures are of the face as seen from the front (`vitrine.vision.expression.frontalised`), in
per cent of the distance of the outer eye corners. What two photos of one day differ by is the
noise of measuring: expression, light, lens, and the landmarks' own error.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from vitrine.vision.expression import frontalised
from vitrine.vision.shape import (
    BROW_LEFT,
    BROW_RIGHT,
    EYE_LEFT,
    EYE_RIGHT,
    MIRROR,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    Points,
)

MEASURES: Final = {
    "asymmetry": "Asymmetry of the face",
    "eyelids": "Opening of the eyelids",
    "brows": "Height of the brows above the eyes",
    "mouth": "Right mouth corner lower than the left",
    "jaw": "Width of the jaw line below the mouth",
}
"""What each measure is called; left and right are the picture's."""
# Beyond, what the pose correction adds is more than what is measured. Chosen, not measured.
MOST_YAW: Final = 20.0
MOST_PITCH: Final = 15.0
LEAST_QUALITY: Final = 0.5
FEWEST_DAYS: Final = 6
# Five measures are looked at: together they mistake noise for a change 5 times in 100 at most.
CONFIDENCE: Final = 1 - 0.05 / len(MEASURES)
PER_CENT: Final = 100.0

# Pairs of points, by their places in the 68.
LIDS_UPPER: Final = [37, 38, 43, 44]
LIDS_LOWER: Final = [41, 40, 47, 46]
JAW_LEFT: Final = 5
JAW_RIGHT: Final = 11

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DatedFace:
    """Hold a face of a person and its day."""

    day: date
    points: Points
    """(68, 2), pixels."""
    yaw: float
    pitch: float
    roll: float
    quality: float

    @property
    def is_usable(self) -> bool:
        """Return True for a good view from nearly the front."""
        frontal = abs(self.yaw) <= MOST_YAW and abs(self.pitch) <= MOST_PITCH
        return frontal and self.quality >= LEAST_QUALITY


@dataclass(frozen=True, slots=True)
class Course:
    """Hold one measure over time."""

    measure: str
    days: list[date]
    values: list[float]
    """Mean of each day, per cent of the distance of the outer eye corners."""
    noise: float | None
    """Deviation of photos of one day; None where no day has two."""
    change: float
    """Between the first and the last day, by a straight line."""
    uncertain: float
    """Half of the interval of the change."""
    line: list[float]
    low: list[float]
    high: list[float]
    """The line and its interval on each day."""

    @property
    def is_measurable(self) -> bool:
        """Return True for a change that noise alone would not show."""
        return abs(self.change) > self.uncertain

    @property
    def verdict(self) -> str:
        """Return what can be said."""
        if not self.is_measurable:
            return f"no measurable change (below {self.uncertain:.1f})"
        return f"changed by {self.change:+.1f} ± {self.uncertain:.1f}"


@dataclass(frozen=True, slots=True)
class Progress:
    """Hold all measures of a person, or why there are none."""

    courses: list[Course]
    used: int
    left: int
    """Faces that were used, and those that are turned away, poor or without a date."""
    problem: str | None = None


def progress_of(faces: Sequence[DatedFace], undated: int = 0) -> Progress:
    """Return how a face changed; with `undated` faces more that have no date."""
    usable = [face for face in faces if face.is_usable]
    left = len(faces) - len(usable) + undated
    by_day: dict[date, list[Numbers]] = defaultdict(list)
    for face in usable:
        by_day[face.day].append(measured(face))
    if len(by_day) < FEWEST_DAYS:
        return Progress(
            [],
            len(usable),
            left,
            f"{len(by_day)} days with a good view from the front, {FEWEST_DAYS} are needed",
        )
    days = sorted(by_day)
    courses = []
    for number, measure in enumerate(MEASURES):
        values = [np.array([one[number] for one in by_day[day]]) for day in days]
        courses.append(course_of(measure, days, values))
    return Progress(courses, len(usable), left)


def measured(face: DatedFace) -> Numbers:
    """Return the measures (5,) of a face, in the order of MEASURES."""
    flat = frontalised(face.points, np.array([face.yaw, face.pitch, face.roll]))
    height = flat[:, 1]
    lids = height[LIDS_LOWER] - height[LIDS_UPPER]
    left_brow = height[EYE_LEFT].mean() - height[BROW_LEFT].mean()
    right_brow = height[EYE_RIGHT].mean() - height[BROW_RIGHT].mean()
    mouth = height[MOUTH_RIGHT] - height[MOUTH_LEFT]
    jaw = np.linalg.norm(flat[JAW_RIGHT] - flat[JAW_LEFT])
    values = [
        asymmetry(flat),
        lids.mean(),
        (left_brow + right_brow) / 2,
        mouth,
        float(jaw),
    ]
    return np.array(values) * PER_CENT


def asymmetry(flat: Numbers) -> float:
    """Return the mean distance of points (68, 2) from those of the mirrored face laid upon them.

    The mirrored face is turned and moved to fit best (Kabsch), so that a tilted head is not taken
    for an uneven one.
    """
    mirrored = flat[MIRROR] * (-1.0, 1.0)
    one = flat - flat.mean(axis=0)
    other = mirrored - mirrored.mean(axis=0)
    u, _, vt = np.linalg.svd(other.T @ one)
    # No reflection: that would mirror it back.
    sign = np.sign(np.linalg.det(u @ vt))
    turn = u @ np.diag([1.0, sign]) @ vt
    return float(np.linalg.norm(other @ turn - one, axis=1).mean())


def course_of(measure: str, days: Sequence[date], values: Sequence[Numbers]) -> Course:
    """Return the course of a measure: values (n,) of each day's photos.

    A straight line through the means of the days, by least squares, with the interval of Student's
    t. Where the days differ less than their photos let expect, the photos' noise is taken.
    """
    first = days[0]
    at = np.array([(day - first).days for day in days], np.float64)
    means = np.array([some.mean() for some in values])
    noise = _noise(values)
    centred = at - at.mean()
    spread = float((centred**2).sum())
    slope = float((centred * means).sum()) / spread
    line = means.mean() + slope * centred
    free = len(days) - 2
    residual = float(np.sqrt(((means - line) ** 2).sum() / free))
    if noise is not None:
        counts = np.array([len(some) for some in values])
        residual = max(residual, noise * float(np.sqrt((1 / counts).mean())))
    factor = float(stats.t.ppf((1 + CONFIDENCE) / 2, free))
    of_line = factor * residual * np.sqrt(1 / len(days) + centred**2 / spread)
    span = float(at[-1] - at[0])
    return Course(
        measure=measure,
        days=list(days),
        values=means.tolist(),
        noise=noise,
        change=slope * span,
        uncertain=factor * residual / np.sqrt(spread) * span,
        line=line.tolist(),
        low=(line - of_line).tolist(),
        high=(line + of_line).tolist(),
    )


def _noise(values: Sequence[Numbers]) -> float | None:
    """Return the deviation of photos of one day, over all days with two or more."""
    squares = 0.0
    free = 0
    for some in values:
        squares += float(((some - some.mean()) ** 2).sum())
        free += len(some) - 1
    return float(np.sqrt(squares / free)) if free else None
