"""Bring pictures upright and into their true shape, as the settings of a camera say."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vitrine.mall import Camera
from vitrine.services.ingest.shots import Pixels

TURNS: Final = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
FLIPS: Final = {"horizontal": 1, "vertical": 0}

# Shapes that differ by less are the same: sizes are whole pixels. One pixel in a hundred.
SAME_SHAPE: Final = 0.01


def upright(pixels: Pixels, camera: Camera) -> Pixels:
    """Return the picture with square pixels, then turned, then mirrored, as the camera asks."""
    if camera.aspect is not None:
        height, width = pixels.shape[:2]
        pixels = with_square_pixels(pixels, camera.aspect * height / width)
    if camera.rotate is not None:
        pixels = turned(pixels, camera.rotate)
    if camera.flip is not None:
        mirrored = cv2.flip(pixels, FLIPS[camera.flip])
        pixels = np.asarray(mirrored, np.uint8)
    return pixels


def turned(pixels: Pixels, degrees: int) -> Pixels:
    """Return the picture turned clockwise by 0, 90, 180 or 270 degrees."""
    if degrees == 0:
        return pixels
    rotated = cv2.rotate(pixels, TURNS[degrees])
    return np.asarray(rotated, np.uint8)


def with_square_pixels(pixels: Pixels, pixel_aspect: float) -> Pixels:
    """Return a picture of which pixels are `pixel_aspect` times as wide as high in true shape.

    The narrow side grows, so that no detail is lost.
    """
    height, width = pixels.shape[:2]
    size = square_size(width, height, pixel_aspect)
    if size == (width, height):
        return pixels
    resized = cv2.resize(
        pixels,
        size,
        interpolation=cv2.INTER_LINEAR,
    )
    return np.asarray(resized, np.uint8)


def square_size(width: int, height: int, pixel_aspect: float) -> tuple[int, int]:
    """Return width and height of a picture once its pixels are square."""
    if abs(pixel_aspect - 1) <= SAME_SHAPE:
        return width, height
    if pixel_aspect > 1:
        return round(width * pixel_aspect), height
    return width, round(height / pixel_aspect)
