"""Bring pictures upright and into their true shape, as the settings of a camera say."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

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
        rotated = cv2.rotate(pixels, TURNS[camera.rotate])
        pixels = np.asarray(rotated, np.uint8)
    if camera.flip is not None:
        mirrored = cv2.flip(pixels, FLIPS[camera.flip])
        pixels = np.asarray(mirrored, np.uint8)
    return pixels


def as_shown(pixels: Pixels, matrix: NDArray[np.int32]) -> Pixels:
    """Return the picture turned and mirrored by the matrix of a video: nine numbers.

    A point (x, y) is shown at (a·x + c·y, b·x + d·y), with a, b, c and d at places 0, 1, 3 and 4
    (`AV_PKT_DATA_DISPLAYMATRIX` of FFmpeg). Angles between are taken as the nearest quarter.
    """
    a, b, c, d = (int(matrix[place]) for place in (0, 1, 3, 4))
    if abs(b) > abs(a):
        pixels = pixels.transpose(1, 0, 2)
        mirrored_x, mirrored_y = c < 0, b < 0
    else:
        mirrored_x, mirrored_y = a < 0, d < 0
    if mirrored_x:
        pixels = pixels[:, ::-1]
    if mirrored_y:
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


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
