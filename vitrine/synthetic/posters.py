"""Hang static faces on the walls: a detector finds them, and they are nobody."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vitrine.synthetic.figure import draw_figure, draw_look
from vitrine.synthetic.head import Stance
from vitrine.synthetic.mesh import EYE_DISTANCE, head_mesh
from vitrine.synthetic.people import load_basis
from vitrine.synthetic.truth import FOREHEAD, Box, face_box
from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose

Area = tuple[int, int, int, int]
"""x, y, width, height of a poster in pixels."""

SMALLEST = 30.0
LARGEST = 90.0
"""Height of a static face, pixels."""
# Chosen, not measured: the largest faces fill a quarter of the picture, as beside a stand.
HIGHEST_SHARE: Final = 0.26
"""Largest height of a static face, as a share of the picture's."""
# A lit wall, for which posters keep their colours.
WALL: Final = 170
LOWER_EDGE: Final = 0.66
"""Posters end above the floor, which begins at 0.68 of the height (`shop.py`)."""
HIGHEST: Final = 2
"""Pixels of wall above a poster."""
BETWEEN: Final = 4
"""Pixels of wall between two posters."""
# Where so many places were taken there is no room left. Chosen, not measured.
TRIES: Final = 200
FONT: Final = cv2.FONT_HERSHEY_DUPLEX
INK: Final = (250, 250, 250)
SLOGANS: Final = (
    "GLOW",
    "TASTE IT",
    "FRESH LOOK",
    "FOR YOU",
    "HELLO",
)


def hang_posters(
    picture: Image,
    count: int,
    rng: np.random.Generator,
) -> list[Box]:
    """Draw framed portraits on a wall (height, width, 3), in place; return boxes of their faces.

    The people are drawn for the posters alone. There are fewer than `count` where there is no room.
    The last one hangs half behind a pillar: its box is what is left to see.
    """
    height, width = picture.shape[:2]
    largest = min(LARGEST, HIGHEST_SHARE * height)
    boxes: list[Box] = []
    taken: list[Area] = []
    for _ in range(count):
        tall = float(rng.uniform(SMALLEST, largest))
        poster, face = draw_poster(tall, rng)
        high, wide = poster.shape[:2]
        place = _free_place(
            (wide, high),
            (width, height),
            taken,
            rng,
        )
        if place is None:
            break
        x, y = place
        area = x, y, wide, high
        _hang(poster, _piece(picture, area))
        taken.append(area)
        left, top, face_width, face_height = face
        box = x + left, y + top, face_width, face_height
        boxes.append(box)
    if boxes:
        boxes[-1] = _half_hidden(picture, taken[-1], boxes[-1])
    return boxes


def _piece(picture: Image, area: Area) -> Image:
    """Return a view of a part of the picture."""
    x, y, wide, high = area
    return picture[y : y + high, x : x + wide]


def _hang(poster: Image, wall: Image) -> None:
    """Put a poster on a piece of the wall of its size, in the light that falls there."""
    # Paper takes less of the light's changes than a wall. Chosen by eye.
    light = np.clip(wall.mean() / WALL, 0.6, 1.1)
    lit = np.clip(poster * light, 0, 255)
    wall[:] = lit


def draw_poster(tall: float, rng: np.random.Generator) -> tuple[Image, Box]:
    """Draw a framed portrait whose static face is `tall` pixels high.

    Returns BGR, and the place of the face on it.
    """
    width = round(1.75 * tall)
    height = round(2.2 * tall)
    basis = load_basis()
    mesh = head_mesh(basis.mean_shape)
    # For the person, the visit and the clothes.
    streams = [_stream(rng) for _ in range(3)]
    look = draw_look(basis, mesh, *streams)
    rows = basis.mean_shape[:, 1]
    shape_height = (1 + FOREHEAD) * float(np.ptp(rows))
    pose = HeadPose(
        yaw=rng.uniform(-18, 18),
        pitch=rng.uniform(-6, 6),
        roll=rng.uniform(-6, 6),
    )
    scale = tall / shape_height
    stance = Stance(
        pose,
        pivot=(0.5 * width, 0.47 * height),
        eye_distance=scale * EYE_DISTANCE,
        smile=rng.uniform(0.3, 1),
    )
    page = _background(width, height, rng)
    layers, points = draw_figure(
        look,
        stance,
        earlier=stance,
        size=(width, height),
        # Eight heights away: a portrait from afar, nearly without perspective.
        focal=8.0 * height,
    )
    for layer in layers:
        layer.paste(page)
    # Ink on paper has less contrast than the world, and no black.
    faded = cv2.addWeighted(
        page,
        0.88,
        page,
        0,
        16,
    )
    printed = np.asarray(faded, np.uint8)
    _write_slogan(printed, tall, rng)
    _frame(printed, tall, rng)
    return printed, face_box(points)


def _stream(rng: np.random.Generator) -> np.random.Generator:
    """Return a generator of its own, seeded by `rng`."""
    seed = rng.integers(2**32)
    return np.random.default_rng(seed)


def _background(
    width: int,
    height: int,
    rng: np.random.Generator,
) -> Image:
    """Return one colour, darker towards the lower edge."""
    shade = np.linspace(1.1, 0.8, height)[:, None, None]
    colour = rng.uniform(70, 230, 3)
    flat = np.full((height, width, 3), colour)
    page = np.clip(flat * shade, 0, 255)
    return np.asarray(page, np.uint8)


def _write_slogan(
    page: Image,
    tall: float,
    rng: np.random.Generator,
) -> None:
    """Write a slogan below the face, in the middle."""
    height, width = page.shape[:2]
    scale = tall / 95
    text = str(rng.choice(SLOGANS))
    (long, _), _ = cv2.getTextSize(text, FONT, scale, 1)
    left = (width - long) // 2
    base = round(0.94 * height)
    cv2.putText(
        page,
        text,
        (left, base),
        FONT,
        scale,
        INK,
        thickness=1,
        lineType=cv2.LINE_AA,
    )


def _frame(
    page: Image,
    tall: float,
    rng: np.random.Generator,
) -> None:
    height, width = page.shape[:2]
    thickness = max(1, round(0.035 * tall))
    last = width - 1, height - 1
    colour = tuple(rng.uniform(15, 90, 3))
    # Twice: half of the line lies outside the page.
    cv2.rectangle(
        page,
        (0, 0),
        last,
        colour,
        2 * thickness,
    )


def _free_place(
    poster: tuple[int, int],
    size: tuple[int, int],
    taken: list[Area],
    rng: np.random.Generator,
) -> tuple[int, int] | None:
    """Return a corner on the upper part of the wall, off other posters; None without room."""
    wide, high = poster
    width, height = size
    rightmost = max(1, width - wide)
    lower_edge = round(LOWER_EDGE * height)
    # At least one place is left to draw, also for a poster larger than the wall.
    lowest = max(HIGHEST + 1, lower_edge - high)
    for _ in range(TRIES):
        x = int(rng.integers(0, rightmost))
        y = int(rng.integers(HIGHEST, lowest))
        area = x, y, wide, high
        if all(_apart(area, other) for other in taken):
            return x, y
    return None


def _apart(one: Area, other: Area) -> bool:
    """Tell if there is wall to see between two posters."""
    x, y, wide, high = one
    other_x, other_y, other_wide, other_high = other
    right = x + wide + BETWEEN
    lower = y + high + BETWEEN
    other_right = other_x + other_wide + BETWEEN
    other_lower = other_y + other_high + BETWEEN
    beside = x > other_right or other_x > right
    return beside or y > other_lower or other_y > lower


def _half_hidden(picture: Image, poster: Area, face: Box) -> Box:
    """Hide the right 40 % of the face behind a pillar; return the box of what is left."""
    x, y, wide, high = poster
    left, top, face_width, face_height = face
    edge = round(left + 0.6 * face_width)
    hidden = x + wide - edge
    pillar = _piece(picture, (edge, y, hidden, high))
    # Round, with the light from the left.
    shades = np.linspace(150, 95, hidden)
    pillar[:] = shades[None, :, None]
    return left, top, edge - left, face_height
