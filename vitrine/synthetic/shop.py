"""Draw a shop from a seed: lit wall, shelves with goods, signs, tiled floor."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from vitrine.vision.crop import Image

SIGNS: Final = (
    "SALE",
    "NEW",
    "-20%",
    "SPRING",
    "2 FOR 1",
    "OFFERS",
    "HOME",
    "SHOES",
)
Box = tuple[int, int, int, int]
"""Left, top, right and lower edge, pixels."""
Colour = Sequence[float]
"""BGR."""
FONT: Final = cv2.FONT_HERSHEY_DUPLEX
# All proportions and colours of this module are chosen by eye.
FLOOR: Final = 0.68
"""Where the floor meets the shelves, as a share of the height."""


def draw_shop(
    width: int,
    height: int,
    rng: np.random.Generator,
) -> Image:
    """Draw a shop; (height, width, 3) BGR."""
    warmth = rng.uniform(-8, 8)
    wall = rng.uniform(150, 195) + np.array([-warmth, 0, warmth])
    picture = np.full((height, width, 3), np.clip(wall, 0, 255), np.uint8)
    _floor(picture, rng)
    _shelves(picture, rng)
    _signs(picture, rng)
    soft = cv2.GaussianBlur(picture, (0, 0), height / 300)
    return _lit(soft, rng)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    """Draw a colour of goods, BGR."""
    hue = rng.uniform()
    saturation = rng.uniform(0.15, 0.8)
    value = rng.uniform(0.35, 0.95)
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(255 * blue), round(255 * green), round(255 * red)


def _floor(picture: Image, rng: np.random.Generator) -> None:
    """Draw tiles in perspective below the shelves."""
    height, width = picture.shape[:2]
    top = round(FLOOR * height)
    grey = round(rng.uniform(120, 175))
    picture[top:] = grey
    joint = (grey - 18,) * 3
    for row in range(1, 9):
        # Rows are nearer to each other far away.
        y = round(top + (height - top) * (row / 8) ** 1.8)
        cv2.line(picture, (0, y), (width, y), joint, 1, cv2.LINE_AA)
    for x in np.linspace(-2, 3, 26):
        near = round((0.5 + (x - 0.5) * 2) * width)
        far = round(x * width)
        cv2.line(picture, (far, top), (near, height), joint, 1, cv2.LINE_AA)


def _fill(picture: Image, box: Box, colour: Colour) -> None:
    """Fill a box; its right and lower edges belong to it."""
    left, top, right, bottom = box
    cv2.rectangle(picture, (left, top), (right, bottom), colour, cv2.FILLED)


def _shelves(picture: Image, rng: np.random.Generator) -> None:
    """Draw units side by side with some aisles between; each has boards and goods."""
    height, width = picture.shape[:2]
    top = round(rng.uniform(0.16, 0.22) * height)
    bottom = round((FLOOR + 0.02) * height)
    x = round(rng.uniform(-0.1, 0.0) * width)
    while x < width:
        wide = round(rng.uniform(0.18, 0.32) * width)
        _unit(picture, (x, top, x + wide, bottom), rng)
        aisle = rng.choice([0.0, 0.02, 0.1])
        x += wide + round(aisle * width)


def _unit(picture: Image, box: Box, rng: np.random.Generator) -> None:
    left, top, right, bottom = box
    brightness = rng.uniform(0.35, 1.05)
    frame = np.clip(np.array([150, 165, 180]) * brightness, 0, 255)
    _fill(picture, box, tuple(0.55 * frame))
    count = int(rng.integers(4, 7))
    boards = np.linspace(top, bottom, count).round().astype(int)
    for above, board in pairwise(boards):
        _goods(picture, (left + 3, above + 2, right - 3, board - 2), rng)
        _fill(picture, (left, board - 2, right, board + 2), tuple(frame))
    cv2.rectangle(picture, (left, top), (right, bottom), tuple(frame), 3)


def _goods(picture: Image, area: Box, rng: np.random.Generator) -> None:
    """Draw runs of the same box or bottle on one board, with a label each."""
    x, top, right, bottom = area
    board = bottom - top
    while x < right - 6:
        colour = _colour(rng)
        label = _colour(rng)
        wide = round(rng.uniform(0.25, 0.9) * board)
        tall = round(rng.uniform(0.55, 0.92) * board)
        for _ in range(int(rng.integers(1, 5))):
            if x + wide > right:
                return
            shade = np.array(colour) * rng.uniform(0.85, 1.1)
            item = x, bottom - tall, x + wide - 2, bottom
            _fill(picture, item, tuple(np.clip(shade, 0, 255)))
            upper = bottom - round(0.65 * tall)
            lower = bottom - round(0.3 * tall)
            _fill(picture, (x + 2, upper, x + wide - 4, lower), label)
            x += wide
        x += int(rng.integers(1, 6))


def _signs(picture: Image, rng: np.random.Generator) -> None:
    """Draw a few boards that hang above the shelves."""
    height, width = picture.shape[:2]
    wide = round(0.17 * width)
    tall = round(0.1 * height)
    scale = height / 600
    places = rng.permutation(4)
    for place in places[: int(rng.integers(2, 4))]:
        x = round((place / 4 + 0.03) * width)
        _fill(picture, (x, 0, x + wide, tall), _colour(rng))
        text = str(rng.choice(SIGNS))
        (long, _), _ = cv2.getTextSize(text, FONT, scale, 1)
        left = x + (wide - long) // 2
        base = round(0.7 * tall)
        cv2.putText(
            picture,
            text,
            (left, base),
            FONT,
            scale,
            (245, 245, 245),
            thickness=1,
            lineType=cv2.LINE_AA,
        )


def _lit(picture: cv2.typing.MatLike, rng: np.random.Generator) -> Image:
    """Light the shop by lamps above, falling off to one side and to the corners."""
    height, width = picture.shape[:2]
    x = np.linspace(-1, 1, width)[None, :]
    y = np.linspace(0, 1, height)[:, None]
    light = 1.12 + rng.uniform(-0.12, 0.12) * x - 0.18 * y - 0.12 * x**2
    for lamp in rng.uniform(-1, 1, 3):
        across = (x - lamp) ** 2 / 0.05
        down = (y / 0.35) ** 2
        light = light + 0.16 * np.exp(-across - down)
    lit = np.clip(picture * light[..., None], 0, 255)
    return np.asarray(lit, np.uint8)
