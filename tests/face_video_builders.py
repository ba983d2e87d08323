"""Videos of faces for tests: the mean shape with an offset of each person and each video."""

from __future__ import annotations

import numpy as np

from vitrine.lab.faces.face_videos import FaceVideo
from vitrine.lab.faces.generate import box_corners
from vitrine.vision.pose import mean_shape

SIZE = 40.0
SIDE = 160


def make_face_video(
    person: str = "Ann_Lee",
    number: int = 0,
    *,
    frames: int = 6,
    of_person: float = 0.0,
    of_video: float = 0.0,
    noise: float = 0.2,
) -> FaceVideo:
    """Return grey frames of a face.

    `of_person` and `of_video` are how far, in pixels, the points of one differ from the mean; every
    frame differs by `noise`.
    """
    own = np.random.default_rng(sum(person.encode())).normal(0, 1, (68, 3))
    seed = [sum(person.encode()), number]
    rng = np.random.default_rng(seed)
    shift = of_person * own + of_video * rng.normal(0, 1, (68, 3))
    shapes = mean_shape() * SIZE + shift + rng.normal(0, noise, (frames, 68, 3))
    shapes[..., :2] += SIDE / 2
    points = shapes[..., :2]
    return FaceVideo(
        video=f"{person}_{number}",
        person=person,
        images=np.full((frames, SIDE, SIDE, 3), 120, np.uint8),
        boxes=np.array([box_corners(one) for one in points]),
        points=points,
        points_3d=shapes,
    )
