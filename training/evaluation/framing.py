"""Pictures scaled down and put into a grey frame, so that their faces are small."""

from typing import Final

import cv2
import numpy as np

from training.evaluation.subgroups import face_size
from vitrine.vision.crop import Image
from vitrine.vision.shape import Points

FRAME: Final = (640, 360)
"""Width and height of the frame; speeds are compared at this size too."""
GREY: Final = 127
# About the crop of the HELEN and AFW photos; not measured on them.
SURROUNDED: Final = 2
"""Ratio of the sides of a cropped photo to those of its face."""


def scaled(
    image: Image,
    points: Points,
    size: float | None,
) -> tuple[Image, Points]:
    """Return the picture in a frame, its face of `size` pixels, and its points (68, 2) there.

    None leaves the picture as it is.
    """
    if size is None:
        return image, points
    return framed(image, points, size / face_size(points))


def framed(
    image: Image,
    points: Points,
    scale: float,
) -> tuple[Image, Points]:
    """Return the picture, scaled, in the middle of a grey frame, and its points (n, 2) there.

    The frame has the size FRAME, and is larger where the picture does not fit.
    """
    old_height, old_width = image.shape[:2]
    height = max(1, round(old_height * scale))
    width = max(1, round(old_width * scale))
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    frame_width = max(FRAME[0], width)
    frame_height = max(FRAME[1], height)
    frame = np.full((frame_height, frame_width, 3), GREY, np.uint8)
    left = (frame_width - width) // 2
    top = (frame_height - height) // 2
    frame[top : top + height, left : left + width] = small
    # Sides are whole pixels, so that the scales of width and height differ a little.
    scales = (width / old_width, height / old_height)
    # The half: centres of pixels lie at whole numbers, edges of pictures between them.
    moved = (points + 0.5) * scales - 0.5 + (left, top)
    return frame, moved


def fitted(image: Image) -> Image:
    """Return the picture scaled to fit FRAME, with grey beside or above it."""
    height, width = image.shape[:2]
    scale = min(FRAME[0] / width, FRAME[1] / height)
    frame, _ = framed(image, np.zeros((1, 2)), scale)
    # Rounding may have made the frame a pixel too large.
    return frame[: FRAME[1], : FRAME[0]]
