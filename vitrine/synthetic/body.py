"""The bodies under the heads: neck, shirt, arms, trousers; drawn once a person, then moved."""

from __future__ import annotations

import colorsys
from typing import Final

import cv2
import numpy as np

from vitrine.synthetic.head import Stance
from vitrine.synthetic.layer import Layer, premultiplied, window
from vitrine.vision.crop import Image

UNIT: Final = 20
"""Pixels of the sprite for one eye distance."""
SIZE: Final = (170, 500)
NECK: Final = (85.0, 16.0)
"""Where the sprite has the chin."""
CHIN_BELOW: Final = 0.6
"""How far the sprite's chin lies below the head's pivot, eye distances."""
NECK_SIZE: Final = (44, 60)
NECK_RADIUS: Final = 0.74
SKULL_BASE: Final = np.array([0.0, 0.1, 0.2])
"""Where the neck enters the head, model axes, eye distances."""
COLLAR: Final = 1.95
"""How far the neck's lower end lies below the pivot."""

Colour = tuple[int, int, int]


def clothing(rng: np.random.Generator) -> tuple[Colour, Colour, Colour | None]:
    """Colours (BGR) of shirt, trousers and, half of the time, a jacket."""
    trousers = _shade((70, 60, 52), rng.uniform(0.4, 1.4))
    shirt = _cloth(rng, rng.uniform(0.3, 0.9))
    jacket = _cloth(rng, rng.uniform(0.2, 0.45))
    return shirt, trousers, jacket if rng.uniform() < 0.5 else None


def _cloth(rng: np.random.Generator, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(rng.uniform(), rng.uniform(0.05, 0.6), value)
    return round(255 * blue), round(255 * green), round(255 * red)


def _shade(colour: tuple[int, ...], factor: float) -> Colour:
    blue, green, red = (int(np.clip(round(c * factor), 0, 255)) for c in colour)
    return blue, green, red


def draw_body(
    skin: Colour, shirt: Colour, trousers: Colour, jacket: Colour | None
) -> Image:
    """(500, 170, 4) premultiplied BGR and alpha, without neck, standing, seen from the front."""
    image = np.zeros((SIZE[1], SIZE[0], 4), np.uint8)
    image[..., :3] = jacket or shirt
    image[250:, :, :3] = trousers
    _part(
        image,
        [(56, 255), (114, 255), (112, 499), (88, 499), (85, 300), (82, 499), (58, 499)],
        trousers,
    )
    torso = [
        (66, 38),
        (42, 44),
        (23, 51),
        (12, 66),
        (7, 100),
        (5, 165),
        (7, 240),
        (26, 240),
        (36, 150),
        (46, 268),
    ]
    _part(image, torso + _across(torso), shirt)
    for side in (17, SIZE[0] - 17):
        _part(
            image,
            [(side - 9, 238), (side + 9, 238), (side + 7, 262), (side - 7, 262)],
            _shade(skin, 0.9),
        )
    _part(
        image,
        [(69, 26), (101, 26), (103, 34), (112, 42), (85, 62), (58, 42), (67, 34)],
        _shade(skin, 0.85),
    )
    collar = [(66, 38), (56, 42), (84, 70), (85, 60)]
    if jacket:
        front = [(62, 38), *torso[1:], (66, 268), (82, 130)]
        _part(image, front, jacket)
        _part(image, _across(front), jacket)
        collar = [(64, 36), (54, 42), (70, 92), (83, 128), (80, 100)]
    for half in (collar, _across(collar)):
        _part(image, half, _shade(jacket or shirt, 1.2))
    return _lit(cv2.GaussianBlur(image, (0, 0), 0.8))


def _across(outline: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(SIZE[0] - x, y) for x, y in reversed(outline)]


def _part(image: Image, outline: list[tuple[int, int]], colour: Colour) -> None:
    cv2.fillPoly(image, [np.array(outline, np.int32)], (*colour, 255), cv2.LINE_AA)


def _lit(image: cv2.typing.MatLike) -> Image:
    """Rounds the body: darker to its sides and under the chin, soft folds."""
    across = np.linspace(-1, 1, SIZE[0])[None, :]
    down = np.arange(SIZE[1])[:, None]
    light = (
        1.08
        - 0.45 * across**2
        - 0.35 * np.exp(-down / 14)
        + 0.05 * np.sin(down / 17 + 4 * across)
    )
    lit = np.clip(image[..., :3] * light[..., None], 0, 255).astype(np.uint8)
    return premultiplied(lit, np.asarray(image[..., 3], np.uint8))


def draw_neck(skin: Colour) -> Image:
    """(60, 44, 4) premultiplied BGR and alpha: a round column, above in the shadow of the chin."""
    across = np.linspace(-1, 1, NECK_SIZE[0])[None, :]
    down = np.linspace(0, 1, NECK_SIZE[1])[:, None]
    light = (0.98 - 0.38 * across**2) * (0.62 + 0.3 * np.clip(down / 0.7, 0, 1))
    tendons = 1 - 0.06 * np.exp(-(((np.abs(across) - 0.55 + 0.35 * down) / 0.1) ** 2))
    colours = np.clip(np.array(skin) * (light * tendons)[..., None], 0, 255).astype(
        np.uint8
    )
    alpha = np.full(NECK_SIZE[::-1], 255, np.uint8)
    alpha[:, :1] = alpha[:, -1:] = 0
    return premultiplied(colours, alpha)


def neck_layer(neck: Image, stance: Stance, size: tuple[int, int]) -> Layer | None:
    """The neck from the head's base, which turns, to the collar, which stays; None outside the picture."""
    unit = stance.eye_distance
    turn = stance.turn()
    top = (turn @ SKULL_BASE)[:2] * unit + stance.pivot
    bottom = np.add(stance.pivot, (0.0, COLLAR * unit))
    half = NECK_RADIUS * unit
    corners = np.array(
        [
            (top[0] - half, top[1]),
            (top[0] + half, top[1]),
            (bottom[0] - 1.12 * half, bottom[1]),
        ],
        np.float32,
    )
    fourth = np.array([[bottom[0] + 1.12 * half, bottom[1]]], np.float32)
    box = window(np.vstack([corners, fourth]), size)
    if box is None:
        return None
    x, y, width, height = box
    wide, tall = NECK_SIZE
    matrix = cv2.getAffineTransform(
        np.array([(0, 0), (wide - 1, 0), (0, tall - 1)], np.float32),
        corners - np.array([x, y], np.float32),
    )
    return Layer(
        x, y, np.asarray(cv2.warpAffine(neck, matrix, (width, height)), np.uint8)
    )


def body_layer(body: Image, stance: Stance, size: tuple[int, int]) -> Layer | None:
    """The body under its head, half as far turned as that, cut to a picture of `size`; None outside."""
    scale = stance.eye_distance / UNIT
    across = scale * (0.5 + 0.4 * abs(float(np.cos(np.radians(stance.pose.yaw)))))
    left = stance.pivot[0] - NECK[0] * across
    top = stance.pivot[1] + CHIN_BELOW * stance.eye_distance - NECK[1] * scale
    x0 = max(int(left), 0)
    y0 = max(int(top), 0)
    x1 = min(int(left + SIZE[0] * across) + 1, size[0])
    y1 = min(int(top + SIZE[1] * scale) + 1, size[1])
    if x1 <= x0 or y1 <= y0:
        return None
    matrix = np.array([[across, 0, left - x0], [0, scale, top - y0]])
    return Layer(
        x0, y0, np.asarray(cv2.warpAffine(body, matrix, (x1 - x0, y1 - y0)), np.uint8)
    )
