"""JPEG bytes of a frame to a picture."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from vitrine.errors import Invalid
from vitrine.schemas import FrameMeta
from vitrine.vision.crop import Image

MOST_PIXELS: Final = 4096 * 4096
END_OF_IMAGE: Final = b"\xff\xd9"
START_OF_FRAME: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})


def decode(meta: FrameMeta, jpeg: bytes) -> Image:
    """(H, W, 3) BGR. Raises Invalid for what is no whole JPEG of the size that `meta` gives.

    The size is read from the header first: a small file may claim a huge picture.
    """
    if not jpeg:
        raise Invalid("the frame holds no picture")
    size = jpeg_size(jpeg)
    if size != (meta.width, meta.height):
        raise Invalid(
            f"the picture is {_text(size)}, announced was {meta.width}×{meta.height}"
        )
    if meta.width * meta.height > MOST_PIXELS:
        raise Invalid(
            f"{meta.width}×{meta.height} is too large, at most {MOST_PIXELS} pixels are analysed"
        )
    if not jpeg.endswith(END_OF_IMAGE):
        raise Invalid("the JPEG is cut off")
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None or image.shape[:2] != (meta.height, meta.width):
        raise Invalid("the JPEG does not decode")
    return image  # type: ignore[return-value]


def jpeg_size(jpeg: bytes) -> tuple[int, int] | None:
    """Width and height from a JPEG's frame header (ITU T.81 B.2.2); None if there is none."""
    if not jpeg.startswith(b"\xff\xd8"):
        return None
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker = jpeg[at + 1]
        length = int.from_bytes(jpeg[at + 2 : at + 4])
        if marker in START_OF_FRAME:
            return int.from_bytes(jpeg[at + 7 : at + 9]), int.from_bytes(
                jpeg[at + 5 : at + 7]
            )
        at += 2 + length
    return None


def _text(size: tuple[int, int] | None) -> str:
    return f"{size[0]}×{size[1]}" if size else "no JPEG"
