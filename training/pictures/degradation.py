"""Worse views of an aligned face: distance, lenses, cameras, bystanders.

How often and how strongly was chosen by looking at the pictures, not measured, where nothing else
is said.
"""

from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.pictures.chance import colour, factor, factors, log_uniform, rectangle
from vitrine.vision.crop import Image

ALIGNED: Final = 112
"""Pixels that an aligned face has in front of the camera."""
FEWEST: Final = 14.0
"""Pixels of the smallest face, of 112 that an aligned one has."""
MOST: Final = 80.0
"""Pixels of the largest face that counts as far."""
SENSOR_NOISE: Final = 14.0
"""Grey values of the worst sensor, a cheap camera at night."""


def degraded(picture: Image, rng: Generator) -> Image:
    """Return a worse view of a square BGR face, of the same size; one in seven stays as it is."""
    # Good views must stay good.
    if rng.random() < 0.15:
        return picture
    view = picture.copy()
    if rng.random() < 0.2:
        cover(view, rng)
    if rng.random() < 0.6:
        view = recoloured(view, rng)
    kind = rng.random()
    # Distance is what recognition in a mall suffers from most.
    if kind < 0.45:
        pixels = log_uniform(FEWEST, MOST, rng)
        return far(view, pixels, rng)
    if kind < 0.6:
        view = blurred(view, rng)
    if rng.random() < 0.3:
        view = noisy(view, SENSOR_NOISE, rng)
        grade = rng.integers(15, 80)
        view = compressed(view, int(grade))
    return view


def far(
    picture: Image,
    pixels: float,
    rng: Generator,
) -> Image:
    """Return the face as a camera sees it that has `pixels` for 112 of it.

    It gets few pixels, and may get noise and compression.
    """
    side = picture.shape[0]
    share = pixels * side / ALIGNED
    # Four pixels at least, or there would be nothing to enlarge.
    few = max(4, round(share))
    small = _shrunk(picture, few)
    if rng.random() < 0.4:
        small = noisy(small, SENSOR_NOISE, rng)
    if rng.random() < 0.4:
        grade = rng.integers(40, 95)
        small = compressed(small, int(grade))
    enlarged = cv2.resize(
        small,
        (side, side),
        interpolation=cv2.INTER_LINEAR,
    )
    return np.asarray(enlarged, np.uint8)


def compressed(picture: Image, grade: int) -> Image:
    """Return the picture after JPEG of this grade."""
    how = [cv2.IMWRITE_JPEG_QUALITY, grade]
    _, encoded = cv2.imencode(".jpg", picture, how)
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    return np.asarray(decoded, np.uint8)


def cover(picture: Image, rng: Generator) -> None:
    """Put a flat patch in front of part of the face, in place."""
    side = picture.shape[0]
    patch = rectangle(side, 0.4, rng)
    picture[patch] = colour(rng)


def recoloured(picture: Image, rng: Generator) -> Image:
    """Change gamma, contrast, brightness and colour cast; one in eight becomes grey."""
    table = colour_table(
        rng,
        gamma=0.35,
        contrast=0.25,
        brightness=0.06,
    )
    # Night cameras give grey pictures.
    if rng.random() < 0.12:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        picture[:] = grey[..., None]
    recoloured_picture = cv2.LUT(picture, table)
    return np.asarray(recoloured_picture, np.uint8)


def colour_table(
    rng: Generator,
    *,
    gamma: float,
    contrast: float,
    brightness: float,
) -> Image:
    """Draw a look-up table for `cv2.LUT`, (1, 256, 3): another light and another camera.

    `gamma` and `contrast` are standard deviations of logarithms, `brightness` is one of a share of
    the whole range. The channels differ by six hundredths, which is a slight colour cast.
    """
    line = np.linspace(0, 1, 256)
    exponent = factor(gamma, rng)
    ramp = line**exponent
    gain = factor(contrast, rng)
    cast = factors(0.06, 3, rng)
    gains = gain * cast
    values = ramp[:, None] * gains
    shift = rng.normal(0, brightness)
    grey_values = 255 * (values + shift)
    table = grey_values.clip(0, 255)
    return table[None].astype(np.uint8)


def blurred(picture: Image, rng: Generator) -> Image:
    """Put the picture out of focus, or move it along a line."""
    if rng.random() < 0.5:
        return softened(
            picture,
            0.6,
            3.0,
            rng,
        )
    kernel = _motion_kernel(rng)
    moved = cv2.filter2D(picture, -1, kernel)
    return np.asarray(moved, np.uint8)


def _motion_kernel(rng: Generator) -> NDArray[np.float32]:
    """Draw a line of 3 to 14 pixels in any direction, sum 1."""
    length = int(rng.integers(3, 15))
    size = (length, length)
    middle = (length - 1) / 2
    direction = rng.uniform(0, 180)
    turn = cv2.getRotationMatrix2D((middle, middle), direction, 1)
    line = np.zeros(size, np.float32)
    # A level line; the affine turns it.
    line[length // 2] = 1
    drawn = cv2.warpAffine(line, turn, size)
    kernel = np.asarray(drawn, np.float32)
    # Sum 1 keeps the brightness.
    total = max(kernel.sum(), 1e-6)
    return kernel / np.float32(total)


def softened(
    picture: Image,
    least: float,
    most: float,
    rng: Generator,
) -> Image:
    """Put the picture out of focus by so many pixels."""
    deviation = rng.uniform(least, most)
    soft = cv2.GaussianBlur(picture, (0, 0), deviation)
    return np.asarray(soft, np.uint8)


def coarse(picture: Image, few: int) -> Image:
    """Return a square picture of the same size that was `few` pixels wide in between."""
    side = picture.shape[0]
    small = _shrunk(picture, few)
    enlarged = cv2.resize(small, (side, side))
    return np.asarray(enlarged, np.uint8)


def _shrunk(picture: Image, few: int) -> Image:
    """Return a square picture with `few` pixels a side."""
    # The mean of an area, as a sensor's pixel has it.
    small = cv2.resize(
        picture,
        (few, few),
        interpolation=cv2.INTER_AREA,
    )
    return np.asarray(small, np.uint8)


def noisy(
    picture: Image,
    most: float,
    rng: Generator,
) -> Image:
    """Add the noise of a sensor, 2 to `most` grey values."""
    strength = rng.uniform(2, most)
    noise = rng.normal(0, strength, picture.shape)
    seen = picture + noise
    grey_values = seen.clip(0, 255)
    return np.asarray(grey_values, np.uint8)
