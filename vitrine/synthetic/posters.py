"""Printed faces on the walls: what a detector finds and nobody is."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vitrine.synthetic.figure import draw_figure, draw_look
from vitrine.synthetic.head import Stance
from vitrine.synthetic.mesh import EYE_DISTANCE, Floats, head_mesh
from vitrine.synthetic.people import load_basis
from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

SMALLEST = 30.0
LARGEST = 90.0
"""Height of a static face, pixels."""
TRIES: Final = 200
SLOGANS: Final = ("GLOW", "TASTE IT", "FRESH LOOK", "FOR YOU", "HELLO")


def hang_posters(picture: Image, count: int, rng: np.random.Generator) -> list[Box]:
    """Draw framed portraits on a wall (height, width, 3), in place; the boxes of their faces.

    The people are drawn for the posters alone. There are fewer than `count` where there is no room. The last
    one hangs half behind a pillar: its box is what is left to see.
    """
    height, width = picture.shape[:2]
    boxes: list[Box] = []
    taken: list[tuple[int, int, int, int]] = []
    for _ in range(count):
        tall = float(rng.uniform(SMALLEST, min(LARGEST, 0.26 * height)))
        poster, face = draw_poster(tall, rng)
        place = _free_place(
            poster.shape[1], poster.shape[0], (width, height), taken, rng
        )
        if place is None:
            break
        x, y = place
        high, wide = poster.shape[:2]
        taken.append((x, y, wide, high))
        light = picture[y : y + high, x : x + wide].mean() / 170
        picture[y : y + high, x : x + wide] = np.clip(
            poster * np.clip(light, 0.6, 1.1), 0, 255
        )
        boxes.append((x + face[0], y + face[1], face[2], face[3]))
    if not boxes:
        return []
    return [*boxes[:-1], _half_hidden(picture, taken[-1], boxes[-1])]


def draw_poster(tall: float, rng: np.random.Generator) -> tuple[Image, Box]:
    """A framed portrait whose static face is `tall` pixels high, BGR, and where on it the face is."""
    width = round(1.75 * tall)
    height = round(2.2 * tall)
    basis = load_basis()
    mesh = head_mesh(basis.mean_shape)
    look = draw_look(
        basis, mesh, *(np.random.default_rng(rng.integers(2**32)) for _ in range(3))
    )
    unit = tall / (1.3 * float(np.ptp(basis.mean_shape[:, 1]))) * EYE_DISTANCE
    pose = HeadPose(rng.uniform(-18, 18), rng.uniform(-6, 6), rng.uniform(-6, 6))
    stance = Stance(pose, (0.5 * width, 0.47 * height), unit, smile=rng.uniform(0.3, 1))
    shade = np.linspace(1.1, 0.8, height)[:, None, None]
    print_ = np.full((height, width, 3), rng.uniform(70, 230, 3)) * shade
    page = np.clip(print_, 0, 255).astype(np.uint8)
    layers, points = draw_figure(look, stance, stance, (width, height), 8.0 * height)
    for layer in layers:
        layer.paste(page)
    page = np.asarray(cv2.addWeighted(page, 0.88, page, 0, 16), np.uint8)
    scale = tall / 95
    text = str(rng.choice(SLOGANS))
    (long, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 1)
    at = ((width - long) // 2, round(0.94 * height))
    cv2.putText(
        page, text, at, cv2.FONT_HERSHEY_DUPLEX, scale, (250, 250, 250), 1, cv2.LINE_AA
    )
    frame = max(1, round(0.035 * tall))
    cv2.rectangle(
        page, (0, 0), (width - 1, height - 1), tuple(rng.uniform(15, 90, 3)), 2 * frame
    )
    return page, _face_box(points)


def _face_box(points: Floats) -> Box:
    """The landmarks' bounds, 0.3 higher for the forehead, like those of the people."""
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    forehead = 0.3 * (bottom - top)
    return (
        float(left),
        float(top - forehead),
        float(right - left),
        float(bottom - top + forehead),
    )


def _free_place(
    wide: int,
    high: int,
    size: tuple[int, int],
    taken: list[tuple[int, int, int, int]],
    rng: np.random.Generator,
) -> tuple[int, int] | None:
    """A corner for a poster on the upper part of the wall, off the others; None if none is found."""
    for _ in range(TRIES):
        x = int(rng.integers(0, max(1, size[0] - wide)))
        y = int(rng.integers(2, max(3, round(0.66 * size[1]) - high)))
        if all(
            x > a + c + 4 or a > x + wide + 4 or y > b + d + 4 or b > y + high + 4
            for a, b, c, d in taken
        ):
            return x, y
    return None


def _half_hidden(picture: Image, poster: tuple[int, int, int, int], face: Box) -> Box:
    """Hide the right 40 % of the face behind a pillar; the box of what is left."""
    x, y, wide, high = poster
    edge = round(face[0] + 0.6 * face[2])
    pillar = picture[y : y + high, edge : x + wide]
    pillar[:] = np.linspace(150, 95, pillar.shape[1])[None, :, None]
    return face[0], face[1], edge - face[0], face[3]
