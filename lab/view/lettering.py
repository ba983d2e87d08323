"""Text as grey masks, by Pillow's own font: OpenCV has none that reads well at 12 pixels."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from vitrine.vision.crop import Image

Colour = tuple[int, ...]
"""Blue, green, red, and how far it covers: 0 to 255 each."""
Mask = NDArray[np.float32]
"""(H, W), 0 to 1: how far a text covers each pixel."""

# Labels hold changing numbers; these are some minutes of them.
KEPT: Final = 1024


@lru_cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)  # noqa: S101 - so it is with a size
    return font


@lru_cache(KEPT)
def text_mask(text: str, size: int) -> Mask:
    """Return a line of text of this size in pixels; its height is the same for every text."""
    font = _font(size)
    ascent, descent = font.getmetrics()
    width = max(1, round(font.getlength(text)))
    sheet = Pictures.new("L", (width, ascent + descent))
    ImageDraw.Draw(sheet).text((0, 0), text, fill=255, font=font)
    return np.asarray(sheet, np.float32) / np.float32(255)


def write(
    canvas: Image,
    text: str,
    left: float,
    middle: float,
    size: int,
    colour: Colour,
) -> int:
    """Write a line into the canvas, centred about the row `middle`; return its width in pixels."""
    mask = text_mask(text, size)
    height, width = mask.shape
    x = round(left)
    y = round(middle - height / 2)
    rows = slice(max(0, y), max(0, min(y + height, canvas.shape[0])))
    columns = slice(max(0, x), max(0, min(x + width, canvas.shape[1])))
    place = canvas[rows, columns]
    if place.size:
        top = rows.start - y
        start = columns.start - x
        shown = mask[top : top + place.shape[0], start : start + place.shape[1]]
        cover = shown[..., None] * (colour[3] / 255)
        mixed = place + (np.array(colour[:3]) - place) * cover
        place[:] = np.round(mixed)
    return int(width)


def panel(
    canvas: Image,
    corner: tuple[int, int],
    size: tuple[int, int],
    colour: Colour,
) -> None:
    """Darken a rectangle of the canvas: its upper left corner, its width and height."""
    x, y = corner
    width, height = size
    place = canvas[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
    if not place.size:
        return
    cover = colour[3] / 255
    flat = np.full_like(place, colour[:3])
    cv2.addWeighted(place, 1 - cover, flat, cover, 0, dst=place)
