"""Draw the bodies under the heads: neck, shirt, arms, trousers; once a person, then moved."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Sequence
from typing import Final

import cv2
import numpy as np

from vitrine.synthetic.head import Stance
from vitrine.synthetic.layer import Layer, premultiplied, window
from vitrine.synthetic.mesh import Floats
from vitrine.vision.crop import Image

# All proportions, colours and shades of this module are chosen by eye.
UNIT: Final = 20
"""Pixels of the sprite for one eye distance."""
SIZE: Final = (170, 500)
"""Width and height of the sprite."""
NECK: Final = (85.0, 16.0)
"""Where the sprite has the chin."""
CHIN_BELOW: Final = 0.6
"""How far the sprite's chin lies below the head's pivot, eye distances."""
NECK_SIZE: Final = (44, 60)
"""Width and height of the neck's sprite."""
NECK_RADIUS: Final = 0.74
"""Eye distances."""
SKULL_BASE: Final = np.array([0.0, 0.1, 0.2])
"""Where the neck enters the head, model axes, eye distances."""
COLLAR: Final = 1.95
"""How far the neck's lower end lies below the pivot."""

Colour = tuple[int, int, int]
Outline = Iterable[tuple[int, int]]
"""x and y of corners, pixels."""

# Outlines on the sprite in pixels, drawn by hand; of what has two sides, the left one.
LEGS: Final = (
    (56, 255),
    (114, 255),
    (112, 499),
    (88, 499),
    (85, 300),
    (82, 499),
    (58, 499),
)
TORSO: Final = (
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
)
"""With an arm."""
FRONT: Final = (
    (62, 38),
    *TORSO[1:],
    (66, 268),
    (82, 130),
)
"""One side of a jacket, open below."""
WAIST: Final = 250
"""The row, just above the legs, from which empty pixels have the trousers' colour."""
WRIST: Final = 17
"""Where the middle of the hand is, from the sprite's edge."""
HAND: Final = (
    (-9, 238),
    (9, 238),
    (7, 262),
    (-7, 262),
)
"""From the middle of the hand to the right, and downwards."""
NECKLINE: Final = (
    (69, 26),
    (101, 26),
    (103, 34),
    (112, 42),
    (85, 62),
    (58, 42),
    (67, 34),
)
COLLAR_HALF: Final = (
    (66, 38),
    (56, 42),
    (84, 70),
    (85, 60),
)
LAPEL: Final = (
    (64, 36),
    (54, 42),
    (70, 92),
    (83, 128),
    (80, 100),
)


def clothing(rng: np.random.Generator) -> tuple[Colour, Colour, Colour | None]:
    """Draw colours (BGR) of shirt, trousers and, half of the time, a jacket."""
    trousers = _shade((70, 60, 52), rng.uniform(0.4, 1.4))
    shirt = _cloth(rng, rng.uniform(0.3, 0.9))
    jacket = _cloth(rng, rng.uniform(0.2, 0.45))
    if rng.uniform() < 0.5:
        return shirt, trousers, jacket
    return shirt, trousers, None


def _cloth(rng: np.random.Generator, value: float) -> Colour:
    hue = rng.uniform()
    saturation = rng.uniform(0.05, 0.6)
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return round(255 * blue), round(255 * green), round(255 * red)


def _shade(colour: Colour, factor: float) -> Colour:
    """Return a lighter or darker colour."""
    blue, green, red = (int(np.clip(round(c * factor), 0, 255)) for c in colour)
    return blue, green, red


def draw_body(
    skin: Colour,
    shirt: Colour,
    trousers: Colour,
    jacket: Colour | None,
) -> Image:
    """Draw a body without neck, standing, seen from the front.

    Returns (500, 170, 4) premultiplied BGR and alpha.
    """
    width, height = SIZE
    image = np.zeros((height, width, 4), np.uint8)
    outer = jacket or shirt
    # Below alpha 0 lie the colours of what is beside, so that blurred outlines have no dark fringe.
    image[..., :3] = outer
    image[WAIST:, :, :3] = trousers
    _part(image, LEGS, trousers)
    upper = [*TORSO, *_across(TORSO)]
    _part(image, upper, shirt)
    hand = _shade(skin, 0.9)
    for middle in (WRIST, width - WRIST):
        outline = [(middle + x, y) for x, y in HAND]
        _part(image, outline, hand)
    neck = _shade(skin, 0.85)
    _part(image, NECKLINE, neck)
    if jacket:
        _both(image, FRONT, jacket)
    light = _shade(outer, 1.2)
    _both(image, LAPEL if jacket else COLLAR_HALF, light)
    soft = cv2.GaussianBlur(image, (0, 0), 0.8)
    return _lit(soft)


def _both(
    image: Image,
    outline: Sequence[tuple[int, int]],
    colour: Colour,
) -> None:
    """Draw a part that the body has on both sides."""
    _part(image, outline, colour)
    _part(image, _across(outline), colour)


def _across(outline: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return an outline on the other side."""
    width, _ = SIZE
    return [(width - x, y) for x, y in reversed(outline)]


def _part(image: Image, outline: Outline, colour: Colour) -> None:
    corners = np.array(list(outline), np.int32)
    cv2.fillPoly(
        image,
        [corners],
        (*colour, 255),
        cv2.LINE_AA,
    )


def _lit(image: cv2.typing.MatLike) -> Image:
    """Round the body: darker to its sides and under the chin, soft folds."""
    width, height = SIZE
    across = np.linspace(-1, 1, width)[None, :]
    down = np.arange(height)[:, None]
    sides = 0.45 * across**2
    chin = 0.35 * np.exp(-down / 14)
    folds = 0.05 * np.sin(down / 17 + 4 * across)
    light = 1.08 - sides - chin + folds
    colours = image[..., :3] * light[..., None]
    lit = np.clip(colours, 0, 255).astype(np.uint8)
    alpha = np.asarray(image[..., 3], np.uint8)
    return premultiplied(lit, alpha)


def draw_neck(skin: Colour) -> Image:
    """Draw a round column, above in the shadow of the chin.

    Returns (60, 44, 4) premultiplied BGR and alpha.
    """
    width, height = NECK_SIZE
    across = np.linspace(-1, 1, width)[None, :]
    down = np.linspace(0, 1, height)[:, None]
    below_chin = np.clip(down / 0.7, 0, 1)
    shadow = 0.62 + 0.3 * below_chin
    sides = 0.38 * across**2
    light = (0.98 - sides) * shadow
    # Two lines that run towards each other downwards.
    beside = (np.abs(across) - 0.55 + 0.35 * down) / 0.1
    tendons = 1 - 0.06 * np.exp(-(beside**2))
    gain = light * tendons
    colours = np.array(skin) * gain[..., None]
    clipped = np.clip(colours, 0, 255).astype(np.uint8)
    alpha = np.full((height, width), 255, np.uint8)
    # Empty columns at the sides, so that the warped outline is smooth.
    alpha[:, 0] = 0
    alpha[:, -1] = 0
    return premultiplied(clipped, alpha)


def neck_layer(
    neck: Image,
    stance: Stance,
    size: tuple[int, int],
) -> Layer | None:
    """Place the neck between the head's base, which turns, and the collar, which stays.

    None outside the picture.
    """
    corners = _neck_corners(stance)
    box = window(corners, size)
    if box is None:
        return None
    left, top, width, height = box
    wide, tall = NECK_SIZE
    sprite = np.array(
        [
            (0, 0),
            (wide - 1, 0),
            (0, tall - 1),
        ],
        np.float32,
    )
    origin = np.array([left, top], np.float32)
    # Three corners tell an affine map; the fourth only widens the box.
    target = corners[:3] - origin
    matrix = cv2.getAffineTransform(sprite, target)
    warped = cv2.warpAffine(neck, matrix, (width, height))
    pixels = np.asarray(warped, np.uint8)
    return Layer(left, top, pixels)


def _neck_corners(stance: Stance) -> Floats:
    """Return the neck's corners (4, 2), pixels of the picture: two above, two at the collar."""
    unit = stance.eye_distance
    base = stance.turn() @ SKULL_BASE
    x, y = base[:2] * unit + stance.pivot
    collar_x, collar_y = np.add(stance.pivot, (0.0, COLLAR * unit))
    half = NECK_RADIUS * unit
    # A neck is a little wider where the shoulders begin.
    lower = 1.12 * half
    corners = [
        (x - half, y),
        (x + half, y),
        (collar_x - lower, collar_y),
        (collar_x + lower, collar_y),
    ]
    return np.array(corners, np.float32)


def body_layer(
    body: Image,
    stance: Stance,
    size: tuple[int, int],
) -> Layer | None:
    """Place the body under its head, half as far turned, in a picture of `size`; None outside."""
    neck_x, neck_y = NECK
    pivot_x, pivot_y = stance.pivot
    down = stance.eye_distance / UNIT
    turned = np.radians(stance.pose.yaw)
    frontal = abs(float(np.cos(turned)))
    # A body from its side is about half as wide.
    across = down * (0.5 + 0.4 * frontal)
    left = pivot_x - neck_x * across
    chin = pivot_y + CHIN_BELOW * stance.eye_distance
    top = chin - neck_y * down
    wide, tall = SIZE
    right = left + wide * across
    bottom = top + tall * down
    picture_width, picture_height = size
    x = max(int(left), 0)
    y = max(int(top), 0)
    width = min(int(right) + 1, picture_width) - x
    height = min(int(bottom) + 1, picture_height) - y
    if width <= 0 or height <= 0:
        return None
    matrix = np.array(
        [
            [across, 0, left - x],
            [0, down, top - y],
        ]
    )
    warped = cv2.warpAffine(body, matrix, (width, height))
    pixels = np.asarray(warped, np.uint8)
    return Layer(x, y, pixels)
