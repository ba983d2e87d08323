"""JPEG bytes to pictures."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vitrine.errors import Invalid
from vitrine.vision.crop import Image

# Twice the pixels of a 4K camera; decoded they take 48 MiB.
MOST_PIXELS: Final = 4096 * 4096
# Markers of ITU T.81 table B.1; the three left out are tables and a reserved one.
START_OF_IMAGE: Final = b"\xff\xd8"
END_OF_IMAGE: Final = b"\xff\xd9"
START_OF_FRAME: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def decode(
    jpeg: bytes,
    width: int,
    height: int,
) -> Image:
    """Return a JPEG of width × height pixels as (height, width, 3) BGR.

    Raises Invalid for anything else. The size is read from the header first: a small file may
    claim a huge picture.
    """
    if not jpeg:
        raise Invalid("the frame holds no picture")
    size = jpeg_size(jpeg)
    if size != (width, height):
        raise Invalid(f"the picture is {_text(size)}, announced was {width}×{height}")
    if width * height > MOST_PIXELS:
        raise Invalid(
            f"{width}×{height} is too large, at most {MOST_PIXELS} pixels are analysed"
        )
    if not jpeg.endswith(END_OF_IMAGE):
        raise Invalid("the JPEG is cut off")
    content = np.frombuffer(jpeg, np.uint8)
    image = cv2.imdecode(content, cv2.IMREAD_COLOR)
    if image is None or image.shape[:2] != (height, width):
        raise Invalid("the JPEG does not decode")
    return image  # type: ignore[return-value]


def jpeg_size(jpeg: bytes) -> tuple[int, int] | None:
    """Return width and height from the frame header (ITU T.81 B.2.2), or None without one."""
    if not jpeg.startswith(START_OF_IMAGE):
        return None
    at = len(START_OF_IMAGE)
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        if marker in START_OF_FRAME:
            height = int.from_bytes(jpeg[at + 5 : at + 7])
            width = int.from_bytes(jpeg[at + 7 : at + 9])
            return width, height
        length = int.from_bytes(jpeg[at + 2 : at + 4])
        at += 2 + length
    return None


def _text(size: tuple[int, int] | None) -> str:
    if size is None:
        return "no JPEG"
    width, height = size
    return f"{width}×{height}"
