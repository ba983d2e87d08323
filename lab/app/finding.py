"""Faces of a picture by a detector and a net of one's choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.lab.app.nets import Net
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector, detect_scaled
from vitrine.vision.pose import HeadPose, head_pose
from vitrine.vision.shape import POINT_COUNT, Points, outer_eye_distance

MOST: Final = 100
"""Faces of a picture that are shown, best first. Chosen: a table of more is not read."""


@dataclass(frozen=True, eq=False)
class FoundFace:
    """Hold one face, in pixels of the picture."""

    box: NDArray[np.float32]
    """(4,): x, y, width, height."""
    score: float
    """The detector's confidence, 0…1."""
    five: Points
    """(5, 2): the detector's own points."""
    points: Points
    """(k, 2) of the net."""
    pose: HeadPose | None
    """None unless the net has 68 points."""


def find_faces(
    image: Image,
    detector: Detector,
    net: Net,
    least: float,
) -> list[FoundFace]:
    """Return the faces with a confidence of `least` and more, best first."""
    found = detect_scaled(detector, image)
    chosen = found[found.scores >= least][:MOST]
    points = net.points(image, chosen)
    faces = []
    for number, of_net in enumerate(points):
        face = FoundFace(
            box=chosen.boxes[number],
            score=float(chosen.scores[number]),
            five=chosen.five[number],
            points=of_net,
            pose=_pose(of_net, image),
        )
        faces.append(face)
    return faces


def _pose(points: Points, image: Image) -> HeadPose | None:
    if len(points) != POINT_COUNT:
        return None
    height, width = image.shape[:2]
    try:
        return head_pose(points, width, height)
    except ValueError:
        # A net may put all points on one place.
        return None


def mean_error(points: Points, truth: Points) -> float:
    """Return the mean distance of points (68, 2) to others, in distances of the outer eye corners.

    It is the normalised mean error of 300-W; the eyes are those of `truth`.
    """
    distances = np.linalg.norm(points - truth, axis=1)
    return float(distances.mean() / outer_eye_distance(truth))


def nearest(points: Points, others: Sequence[Points]) -> int | None:
    """Return the number of the other face (68, 2) that lies on this one; None without one.

    Faces lie on each other when their middles are less than half an eye distance apart.
    """
    best = None
    least = 0.5
    for number, other in enumerate(others):
        apart = np.linalg.norm(points.mean(axis=0) - other.mean(axis=0))
        share = float(apart / outer_eye_distance(other))
        if share < least:
            best = number
            least = share
    return best
