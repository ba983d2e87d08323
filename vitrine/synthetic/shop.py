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
WRITING: Final = (245, 245, 245)
# All proportions and colours of this module are chosen by eye.
FLOOR: Final = 0.68
"""Where the floor meets the shelves, as a share of the height."""
TILE_ROWS: Final = 8
# So many that lines which start left and right of the picture still cross its lower corners.
TILE_COLUMNS: Final = 26
PLACES: Final = 4
"""Places for signs, side by side."""
LAMPS: Final = 3


def draw_shop(
    width: int,
    height: int,
    rng: np.random.Generator,
) -> Image:
    """Draw a shop; (height, width, 3) BGR."""
    warmth = rng.uniform(-8, 8)
    grey = rng.uniform(150, 195)
    tint = np.array([-warmth, 0, warmth])
    wall = np.clip(grey + tint, 0, 255)
    picture = np.full((height, width, 3), wall, np.uint8)
    _floor(picture, rng)
    _shelves(picture, rng)
    _signs(picture, rng)
    # People stand before the shop, so it is a little out of focus.
    soft = cv2.GaussianBlur(picture, (0, 0), height / 300)
    return _lit(soft, rng)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    """Draw a colour of goods, BGR."""
    hue = rng.uniform()
    saturation = rng.uniform(0.15, 0.8)
    value = rng.uniform(0.35, 0.95)
    rgb = colorsys.hsv_to_rgb(hue, saturation, value)
    red, green, blue = (round(255 * part) for part in rgb)
    return blue, green, red


def _floor(picture: Image, rng: np.random.Generator) -> None:
    """Draw tiles in perspective below the shelves."""
    height, width = picture.shape[:2]
    top = round(FLOOR * height)
    depth = height - top
    grey = round(rng.uniform(120, 175))
    picture[top:] = grey
    joint = (grey - 18,) * 3
    for row in range(1, TILE_ROWS + 1):
        # Rows are nearer to each other far away.
        share = (row / TILE_ROWS) ** 1.8
        y = round(top + depth * share)
        _joint(picture, (0, y), (width, y), joint)
    for x in np.linspace(-2, 3, TILE_COLUMNS):
        # Tiles are twice as wide at the lower edge as at the shelves.
        near = 0.5 + (x - 0.5) * 2
        start = round(x * width), top
        end = round(near * width), height
        _joint(picture, start, end, joint)


def _joint(
    picture: Image,
    start: tuple[int, int],
    end: tuple[int, int],
    colour: Colour,
) -> None:
    """Draw the line between two tiles."""
    cv2.line(
        picture,
        start,
        end,
        colour,
        thickness=1,
        lineType=cv2.LINE_AA,
    )


def _fill(picture: Image, box: Box, colour: Colour) -> None:
    """Fill a box; its right and lower edges belong to it."""
    left, top, right, bottom = box
    cv2.rectangle(
        picture,
        (left, top),
        (right, bottom),
        colour,
        cv2.FILLED,
    )


def _shelves(picture: Image, rng: np.random.Generator) -> None:
    """Draw units side by side with some aisles between; each has boards and goods."""
    height, width = picture.shape[:2]
    top = round(rng.uniform(0.16, 0.22) * height)
    # Units stand on the floor, so they reach a little below its far edge.
    bottom = round((FLOOR + 0.02) * height)
    x = round(rng.uniform(-0.1, 0.0) * width)
    while x < width:
        wide = round(rng.uniform(0.18, 0.32) * width)
        box = x, top, x + wide, bottom
        _unit(picture, box, rng)
        aisle = rng.choice([0.0, 0.02, 0.1])
        x += wide + round(aisle * width)


def _unit(
    picture: Image,
    box: Box,
    rng: np.random.Generator,
) -> None:
    left, top, right, bottom = box
    brightness = rng.uniform(0.35, 1.05)
    wood = np.array([150, 165, 180])
    frame = np.clip(wood * brightness, 0, 255)
    colour = tuple(frame)
    # The back wall lies in the shadow of the boards.
    shadow = tuple(0.55 * frame)
    _fill(picture, box, shadow)
    count = int(rng.integers(4, 7))
    boards = np.linspace(top, bottom, count)
    for above, board in pairwise(boards.round().astype(int)):
        area = left + 3, above + 2, right - 3, board - 2
        _goods(picture, area, rng)
        edge = left, board - 2, right, board + 2
        _fill(picture, edge, colour)
    cv2.rectangle(
        picture,
        (left, top),
        (right, bottom),
        colour,
        thickness=3,
    )


def _goods(
    picture: Image,
    area: Box,
    rng: np.random.Generator,
) -> None:
    """Draw runs of the same box or bottle on one board, with a label each."""
    x, top, right, bottom = area
    room = bottom - top
    while x < right - 6:
        colour = np.array(_colour(rng))
        label = _colour(rng)
        wide = round(rng.uniform(0.25, 0.9) * room)
        tall = round(rng.uniform(0.55, 0.92) * room)
        count = int(rng.integers(1, 5))
        for _ in range(count):
            if x + wide > right:
                return
            shade = np.clip(colour * rng.uniform(0.85, 1.1), 0, 255)
            item = x, bottom - tall, x + wide - 2, bottom
            _fill(picture, item, tuple(shade))
            upper = bottom - round(0.65 * tall)
            lower = bottom - round(0.3 * tall)
            paper = x + 2, upper, x + wide - 4, lower
            _fill(picture, paper, label)
            x += wide
        x += int(rng.integers(1, 6))


def _signs(picture: Image, rng: np.random.Generator) -> None:
    """Draw a few boards that hang above the shelves."""
    height, width = picture.shape[:2]
    wide = round(0.17 * width)
    tall = round(0.1 * height)
    places = rng.permutation(PLACES)
    count = int(rng.integers(2, 4))
    for place in places[:count]:
        share = place / PLACES + 0.03
        x = round(share * width)
        board = x, 0, x + wide, tall
        _fill(picture, board, _colour(rng))
        text = str(rng.choice(SIGNS))
        _write(picture, text, board)


def _write(picture: Image, text: str, board: Box) -> None:
    """Write a text in the middle of a board."""
    left, top, right, bottom = board
    scale = picture.shape[0] / 600
    (long, _), _ = cv2.getTextSize(text, FONT, scale, 1)
    margin = (right - left - long) // 2
    base = top + round(0.7 * (bottom - top))
    cv2.putText(
        picture,
        text,
        (left + margin, base),
        FONT,
        scale,
        WRITING,
        thickness=1,
        lineType=cv2.LINE_AA,
    )


def _lit(picture: cv2.typing.MatLike, rng: np.random.Generator) -> Image:
    """Light the shop by lamps above, falling off to one side and to the corners."""
    height, width = picture.shape[:2]
    x = np.linspace(-1, 1, width)[None, :]
    y = np.linspace(0, 1, height)[:, None]
    side = rng.uniform(-0.12, 0.12) * x
    floor = 0.18 * y
    corners = 0.12 * x**2
    light = 1.12 + side - floor - corners
    for lamp in rng.uniform(-1, 1, LAMPS):
        across = (x - lamp) ** 2 / 0.05
        down = (y / 0.35) ** 2
        glow = 0.16 * np.exp(-across - down)
        light = light + glow
    lit = picture * light[..., None]
    return np.asarray(np.clip(lit, 0, 255), np.uint8)
