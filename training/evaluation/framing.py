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
    scale = size / face_size(points)
    return framed(image, points, scale)


def framed(
    image: Image,
    points: Points,
    scale: float,
) -> tuple[Image, Points]:
    """Return the picture, scaled, in the middle of a grey frame, and its points (n, 2) there.

    The frame has the size FRAME, and is larger where the picture does not fit.
    """
    old_height, old_width = image.shape[:2]
    # A pixel at least: `cv2.resize` refuses an empty picture.
    height = max(1, round(old_height * scale))
    width = max(1, round(old_width * scale))
    small = cv2.resize(
        image,
        (width, height),
        interpolation=cv2.INTER_AREA,
    )
    least_width, least_height = FRAME
    frame_width = max(least_width, width)
    frame_height = max(least_height, height)
    frame = np.full((frame_height, frame_width, 3), GREY, np.uint8)
    left = (frame_width - width) // 2
    top = (frame_height - height) // 2
    rows = slice(top, top + height)
    columns = slice(left, left + width)
    frame[rows, columns] = small
    # Sides are whole pixels, so that the scales of width and height differ a little.
    scale_x = width / old_width
    scale_y = height / old_height
    # The half: centres of pixels lie at whole numbers, edges of pictures between them.
    from_edge = points + 0.5
    scaled_from_edge = from_edge * (scale_x, scale_y)
    moved = scaled_from_edge - 0.5 + (left, top)
    return frame, moved


def fitted(image: Image) -> Image:
    """Return the picture scaled to fit FRAME, with grey beside or above it."""
    height, width = image.shape[:2]
    frame_width, frame_height = FRAME
    scale = min(frame_width / width, frame_height / height)
    no_points = np.zeros((1, 2))
    frame, _ = framed(image, no_points, scale)
    # Rounding may have made the frame a pixel too large.
    return frame[:frame_height, :frame_width]
