"""Shapes: landmarks without place and size, and what can be said of one in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.lab.faces.face_videos import FaceVideo, Floats
from vitrine.vision.expression import measure
from vitrine.vision.pose import head_pose

# Frames of one video that are used, evenly spread: a long one must not outweigh all others.
MOST_FRAMES: Final = 120
# A picture of this side stands for the camera when the pose of a shape is told: the focal length
# hardly matters (see `head_pose`).
SIDE: Final = 200
TURNED_DEG: Final = 10.0
TILTED_DEG: Final = 6.0
# Of the expression's measures, against the mean of all shapes. Chosen by looking at drawings.
OPEN: Final = 0.04
WIDER: Final = 0.04


def centred(points: Floats) -> Floats:
    """Return points (…, 68, d) about their own middle."""
    return np.asarray(points - points.mean(axis=-2, keepdims=True))


def normalised(points: Floats) -> Floats:
    """Return centred points (…, 68, d) whose distances from the middle have the mean square 1."""
    shifted = centred(points)
    squared = (shifted**2).sum(axis=-1).mean(axis=-1)
    scale = np.sqrt(squared)[..., None, None]
    return np.asarray(shifted / np.maximum(scale, np.finfo(float).tiny))


@dataclass(frozen=True, slots=True)
class Shapes:
    """Hold the shapes of n frames, and whose they are."""

    flat: Floats
    """(n, 68, 2), normalised."""
    spatial: Floats
    """(n, 68, 3), normalised."""
    person: NDArray[np.str_]
    """(n,)."""
    video: NDArray[np.str_]
    frame: NDArray[np.intp]
    """(n,): number of the frame in its video."""

    def __len__(self) -> int:
        return len(self.person)

    def __getitem__(self, chosen: NDArray[np.bool_]) -> Shapes:
        return Shapes(
            self.flat[chosen],
            self.spatial[chosen],
            self.person[chosen],
            self.video[chosen],
            self.frame[chosen],
        )

    @property
    def people(self) -> list[str]:
        """The names, in order."""
        return sorted(set(self.person.tolist()))


def shapes_of(videos: Iterable[FaceVideo]) -> Shapes:
    """Return the shapes of videos, at most MOST_FRAMES of each."""
    flat = []
    spatial = []
    people: list[str] = []
    names: list[str] = []
    frames = []
    for video in videos:
        number = min(len(video), MOST_FRAMES)
        chosen = np.linspace(0, len(video) - 1, number).round().astype(np.intp)
        flat.append(normalised(video.points[chosen]))
        spatial.append(normalised(video.points_3d[chosen]))
        people += [video.person] * number
        names += [video.video] * number
        frames.append(chosen)
    return Shapes(
        np.concatenate(flat),
        np.concatenate(spatial),
        np.array(people),
        np.array(names),
        np.concatenate(frames),
    )


def with_two_videos(shapes: Shapes) -> Shapes:
    """Return the shapes of people who have two videos or more.

    Raises ConfigurationError where fewer than two people have.
    """
    kept = [
        person
        for person in shapes.people
        if len(set(shapes.video[shapes.person == person].tolist())) > 1
    ]
    if len(kept) < 2:
        raise ConfigurationError(
            f"{len(kept)} people have two videos or more; telling people apart needs two. "
            "`vitrine lab generate FOLDER` draws some"
        )
    return shapes[np.isin(shapes.person, kept)]


@dataclass(frozen=True, slots=True)
class Words:
    """Hold a shape in words, and the figures behind them."""

    text: str
    yaw: float
    pitch: float
    roll: float
    mouth_open: float
    mouth_width: float


def describe(shape: Floats, usual: Floats) -> Words:
    """Say how a shape (68, 2) is turned, and how its expression differs from the `usual` shape."""
    pose = head_pose(_in_picture(shape), SIDE, SIDE)
    expression = measure(_in_picture(shape), pose)
    normal = measure(_in_picture(usual), head_pose(_in_picture(usual), SIDE, SIDE))
    opened = expression.mouth_open - normal.mouth_open
    widened = expression.mouth_width - normal.mouth_width
    parts = []
    parts += _side(pose.yaw, TURNED_DEG, "turned to the right", "turned to the left")
    parts += _side(pose.pitch, TURNED_DEG, "looking up", "looking down")
    parts += _side(pose.roll, TILTED_DEG, "tilted clockwise", "tilted anticlockwise")
    if not parts:
        parts.append("frontal")
    parts += _side(opened, OPEN, "mouth open", "lips closed")
    parts += _side(widened, WIDER, "mouth wide, as in a smile", "mouth narrow")
    return Words(
        text=", ".join(parts),
        yaw=pose.yaw,
        pitch=pose.pitch,
        roll=pose.roll,
        mouth_open=expression.mouth_open,
        mouth_width=expression.mouth_width,
    )


def _in_picture(shape: Floats) -> Floats:
    return shape * (SIDE / 8) + SIDE / 2


def _side(value: float, limit: float, above: str, below: str) -> list[str]:
    if value > limit:
        return [above]
    if value < -limit:
        return [below]
    return []
