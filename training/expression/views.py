"""Random views of a grey face: what another camera, detector or bystander would make of it.

How often and how strongly was chosen by looking at the pictures, not measured.
"""

import cv2
import numpy as np
from numpy.random import Generator

from training.pictures.chance import factor, rectangle
from training.pictures.degradation import coarse, noisy
from vitrine.vision.crop import Image, crop_at
from vitrine.vision.expression_classes import SIDE


def view(image: Image, rng: Generator) -> Image:
    """Draw a view of a grey face (48, 48), of the same size."""
    # Expressions are symmetric but for contempt, which labels do not tell by side.
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
    # As the landmarks err by which service cuts: degrees, shares of the side, of the size.
    degrees = rng.normal(0, 10)
    angle = np.radians(degrees)
    shift = rng.normal(0, 0.04 * SIDE, 2)
    middle = (SIDE - 1) / 2 + shift
    right = np.array([np.cos(angle), np.sin(angle)])
    side = SIDE * factor(0.1, rng)
    crop = crop_at(
        middle,
        side,
        right,
        SIDE,
    )
    cut = cv2.warpAffine(
        image,
        crop,
        (SIDE, SIDE),
        # A black edge would tell that a picture was turned.
        borderMode=cv2.BORDER_REPLICATE,
    )
    gamma = factor(0.3, rng)
    line = np.linspace(0, 1, 256)
    ramp = line**gamma
    grey_values = 255 * ramp
    table = grey_values.astype(np.uint8)
    lit = cv2.LUT(cut, table)
    picture = np.asarray(lit, np.uint8)
    seen = _seen_by_camera(picture, rng)
    return _covered(seen, rng)


def _seen_by_camera(picture: Image, rng: Generator) -> Image:
    """Take pixels away, or add the noise of a sensor."""
    kind = rng.random()
    if kind < 0.2:
        share = rng.uniform(0.4, 0.8)
        few = int(share * SIDE)
        return coarse(picture, few)
    if kind < 0.35:
        return noisy(picture, 8, rng)
    return picture


def _covered(picture: Image, rng: Generator) -> Image:
    """Put a grey patch over part of two in five faces (random erasing, arXiv:1708.04896)."""
    if rng.random() < 0.4:
        patch = rectangle(SIDE, 0.4, rng)
        picture[patch] = rng.integers(0, 256)
    return picture
