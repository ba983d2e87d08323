"""From a picture to a frame: privacy mask, scale, JPEG."""

from __future__ import annotations

from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.services.ingest.shots import Pixels

Polygon: TypeAlias = tuple[tuple[float, float], ...]
"""Corners (x, y) as shares of width and height, 0 to 1."""

BLACK: Final = (0, 0, 0)

# Fine enough for what is judged of pictures; height and width.
MASK_SIZE: Final = (360, 640)


def blacken(pixels: Pixels, polygon: Polygon) -> None:
    """Fill a polygon, given as shares of width and height, with black, in place."""
    if polygon:
        corners = _corners(pixels, polygon)
        cv2.fillPoly(pixels, [corners], BLACK)


def fit(pixels: Pixels, width: int) -> Pixels:
    """Return the picture at most `width` wide, its height even; smaller ones as they are.

    Halves it as long as possible, which averages 2 × 2 pixels, then interpolates bilinearly: a
    tenth of the time of area interpolation at the same freedom from aliasing.
    """
    height, own_width = pixels.shape[:2]
    if own_width <= width:
        return pixels
    scale = width / own_width
    pairs = round(height * scale / 2)
    target = max(2, 2 * pairs)
    while pixels.shape[1] >= 2 * width:
        height, own_width = pixels.shape[:2]
        half_width = own_width // 2
        half_height = max(1, height // 2)
        pixels = _resize(pixels, half_width, half_height)
    if pixels.shape[:2] == (target, width):
        return pixels
    return _resize(pixels, width, target)


def visible(polygon: Polygon) -> Pixels | None:
    """Return where a masked camera sees: (H, W), 0 behind the mask; None without a mask."""
    if not polygon:
        return None
    whole = np.full(MASK_SIZE, 255, np.uint8)
    corners = _corners(whole, polygon)
    cv2.fillPoly(whole, [corners], 0)
    return whole


def to_jpeg(pixels: Pixels, quality: int) -> bytes:
    """Return a picture as JPEG; quality 0 to 100."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", pixels, options)
    return data.tobytes()


def _resize(pixels: Pixels, width: int, height: int) -> Pixels:
    resized = cv2.resize(
        pixels,
        (width, height),
        interpolation=cv2.INTER_LINEAR,
    )
    return np.asarray(resized, np.uint8)


def _corners(pixels: Pixels, polygon: Polygon) -> NDArray[np.int32]:
    height, width = pixels.shape[:2]
    corners = []
    for x, y in polygon:
        column = round(x * width)
        row = round(y * height)
        corners.append((column, row))
    return np.array(corners, np.int32)
