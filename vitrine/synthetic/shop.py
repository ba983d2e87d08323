"""A shop drawn from a seed: lit wall, shelves with goods, signs, tiled floor."""

from __future__ import annotations

import colorsys
from itertools import pairwise

import cv2
import numpy as np

from vitrine.vision.crop import Image

SIGNS = ("SALE", "NEW", "-20%", "SPRING", "2 FOR 1", "OFFERS", "HOME", "SHOES")
FLOOR = 0.68
"""Where the floor meets the shelves, as a share of the height."""


def draw_shop(width: int, height: int, rng: np.random.Generator) -> Image:
    """(height, width, 3) BGR."""
    warmth = rng.uniform(-8, 8)
    wall = rng.uniform(150, 195) + np.array([-warmth, 0, warmth])
    picture = np.full((height, width, 3), np.clip(wall, 0, 255), np.uint8)
    _floor(picture, rng)
    _shelves(picture, rng)
    _signs(picture, rng)
    return _lit(cv2.GaussianBlur(picture, (0, 0), height / 300), rng)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(
        rng.uniform(), rng.uniform(0.15, 0.8), rng.uniform(0.35, 0.95)
    )
    return round(255 * blue), round(255 * green), round(255 * red)


def _floor(picture: Image, rng: np.random.Generator) -> None:
    """Tiles in perspective below the shelves."""
    height, width = picture.shape[:2]
    top = round(FLOOR * height)
    grey = round(rng.uniform(120, 175))
    picture[top:] = grey
    for k in range(1, 9):
        y = round(top + (height - top) * (k / 8) ** 1.8)
        cv2.line(picture, (0, y), (width, y), (grey - 18,) * 3, 1, cv2.LINE_AA)
    for x in np.linspace(-2, 3, 26):
        near = round((0.5 + (x - 0.5) * 2) * width)
        far = round(x * width)
        cv2.line(picture, (far, top), (near, height), (grey - 18,) * 3, 1, cv2.LINE_AA)


def _shelves(picture: Image, rng: np.random.Generator) -> None:
    """Units side by side with some aisles between; each has boards and goods."""
    height, width = picture.shape[:2]
    top = round(rng.uniform(0.16, 0.22) * height)
    bottom = round((FLOOR + 0.02) * height)
    x = round(rng.uniform(-0.1, 0.0) * width)
    while x < width:
        wide = round(rng.uniform(0.18, 0.32) * width)
        frame = np.clip(np.array([150, 165, 180]) * rng.uniform(0.35, 1.05), 0, 255)
        cv2.rectangle(
            picture, (x, top), (x + wide, bottom), tuple(0.55 * frame), cv2.FILLED
        )
        boards = np.linspace(top, bottom, int(rng.integers(4, 7))).round().astype(int)
        for above, board in pairwise(boards):
            _goods(picture, (x + 3, above + 2, x + wide - 3, board - 2), rng)
            cv2.rectangle(
                picture, (x, board - 2), (x + wide, board + 2), tuple(frame), cv2.FILLED
            )
        cv2.rectangle(picture, (x, top), (x + wide, bottom), tuple(frame), 3)
        x += wide + round(rng.choice([0.0, 0.02, 0.1]) * width)


def _goods(
    picture: Image, area: tuple[int, int, int, int], rng: np.random.Generator
) -> None:
    """Runs of the same box or bottle on one board, with a label each."""
    x, top, right, bottom = area
    while x < right - 6:
        colour = _colour(rng)
        label = _colour(rng)
        wide = round(rng.uniform(0.25, 0.9) * (bottom - top))
        tall = round(rng.uniform(0.55, 0.92) * (bottom - top))
        for _ in range(int(rng.integers(1, 5))):
            if x + wide > right:
                return
            shade = tuple(np.clip(np.array(colour) * rng.uniform(0.85, 1.1), 0, 255))
            cv2.rectangle(
                picture, (x, bottom - tall), (x + wide - 2, bottom), shade, cv2.FILLED
            )
            stripe = bottom - round(0.65 * tall), bottom - round(0.3 * tall)
            cv2.rectangle(
                picture,
                (x + 2, stripe[0]),
                (x + wide - 4, stripe[1]),
                label,
                cv2.FILLED,
            )
            x += wide
        x += int(rng.integers(1, 6))


def _signs(picture: Image, rng: np.random.Generator) -> None:
    """A few boards that hang above the shelves."""
    height, width = picture.shape[:2]
    for place in rng.permutation(4)[: int(rng.integers(2, 4))]:
        wide = round(0.17 * width)
        tall = round(0.1 * height)
        x = round((place / 4 + 0.03) * width)
        cv2.rectangle(picture, (x, 0), (x + wide, tall), _colour(rng), cv2.FILLED)
        scale = height / 600
        text = str(rng.choice(SIGNS))
        (long, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 1)
        at = (x + (wide - long) // 2, round(0.7 * tall))
        cv2.putText(
            picture,
            text,
            at,
            cv2.FONT_HERSHEY_DUPLEX,
            scale,
            (245, 245, 245),
            1,
            cv2.LINE_AA,
        )


def _lit(picture: cv2.typing.MatLike, rng: np.random.Generator) -> Image:
    """Lamps above, falling off to one side and to the corners."""
    height, width = picture.shape[:2]
    x = np.linspace(-1, 1, width)[None, :]
    y = np.linspace(0, 1, height)[:, None]
    light = 1.12 + rng.uniform(-0.12, 0.12) * x - 0.18 * y - 0.12 * x**2
    for lamp in rng.uniform(-1, 1, 3):
        light = light + 0.16 * np.exp(-((x - lamp) ** 2) / 0.05 - (y / 0.35) ** 2)
    return np.asarray(np.clip(picture * light[..., None], 0, 255), np.uint8)
