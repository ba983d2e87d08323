"""Decode compressed pictures within bounds.

The bounds are those of the header (`vitrine.vision.headers`); OpenCV's own limits
(vitrine/__init__.py) are a second wall behind that.
"""

from __future__ import annotations

import cv2
import numpy as np

from vitrine.errors import Invalid
from vitrine.vision.crop import Image
from vitrine.vision.headers import Bounds, check


def decode(data: bytes, bounds: Bounds) -> Image:
    """Return a picture as (H, W, 3) BGR, upright by its own metadata.

    Raises Invalid for one that is out of bounds, of another format, damaged or cut off.
    """
    claimed = check(data, bounds)
    content = np.frombuffer(data, np.uint8)
    try:
        pixels = cv2.imdecode(content, cv2.IMREAD_COLOR)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise Invalid("it is damaged or cut off")
    height, width = pixels.shape[:2]
    # Metadata may turn it by a quarter.
    if sorted((width, height)) != sorted(claimed):
        raise Invalid(f"it claims another size than it has, {width}×{height}")
    return np.asarray(pixels, np.uint8)
