"""Drawn people as labelled faces: where no data set is at hand, and where a page shows faces."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

from training.datasets.faces import LabelledFace
from vitrine.synthetic.figure import draw_figure, draw_look
from vitrine.synthetic.head import Stance
from vitrine.synthetic.light import Light
from vitrine.synthetic.mesh import EYE_DISTANCE, head_mesh
from vitrine.synthetic.noise import Noise
from vitrine.synthetic.people import load_basis
from vitrine.synthetic.shop import draw_shop
from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose

SIDE: Final = 256
"""Pixels of a picture; the face is about half as high."""
STREAM: Final = 15
"""Keeps these people apart from those of the benchmarks, who are drawn by the same functions."""


def drawn_faces(people: int, each: int) -> Iterator[LabelledFace]:
    """Yield `each` pictures of every person, with their 68 points; the same ones every time."""
    for person in range(people):
        for visit in range(each):
            yield _drawn(person, visit)


def _drawn(person: int, visit: int) -> LabelledFace:
    basis = load_basis()
    mesh = head_mesh(basis.mean_shape)
    rng = np.random.default_rng([STREAM, person, visit])
    look = draw_look(
        basis,
        mesh,
        np.random.default_rng([STREAM + 1, person]),
        np.random.default_rng([STREAM + 2, person, visit]),
        np.random.default_rng([STREAM + 3, person, visit]),
    )
    height = rng.uniform(90, 130)
    shape_height = float(np.ptp(basis.mean_shape[:, 1]))
    smile = max(0.0, float(rng.normal(0, 0.5)))
    stance = Stance(
        _pose(rng),
        (SIDE / 2, SIDE / 2),
        height / shape_height * EYE_DISTANCE,
        smile=min(1.0, smile),
    )
    picture = draw_shop(SIDE, SIDE, rng)
    layers, points = draw_figure(
        look,
        stance,
        stance,
        (SIDE, SIDE),
        float(2 * SIDE),
    )
    for layer in layers:
        layer.paste(picture)
    return LabelledFace(
        name=f"drawn/person-{person:04}-{visit}.jpg",
        split="drawn",
        group=f"drawn person {person}",
        points=points.astype(np.float32),
        encoded=_seen(picture, rng, visit),
    )


def _pose(rng: np.random.Generator) -> HeadPose:
    # Most look about ahead, as in photos of people; spreads in degrees, chosen.
    return HeadPose(
        yaw=rng.normal(0, 14),
        pitch=rng.normal(-2, 7),
        roll=rng.normal(0, 5),
    )


def _seen(
    picture: Image,
    rng: np.random.Generator,
    visit: int,
) -> bytes:
    """Return the JPEG of a camera, with its light and noise."""
    light = Light(SIDE, SIDE, rng)
    noise = Noise(
        SIDE,
        SIDE,
        rng,
        light.gain,
    )
    at_s = float(rng.uniform(0, 300))
    lit = light.over(picture, at_s)
    _, encoded = cv2.imencode(".jpg", noise.over(lit, visit))
    return encoded.tobytes()
