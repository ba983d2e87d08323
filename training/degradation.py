"""What distance, lenses, cameras and bystanders do to an aligned face."""

import cv2
import numpy as np

from vitrine.vision.crop import Image

FEWEST = 14.0
"""Pixels of the smallest face, of 112 that an aligned one has."""


def degraded(picture: Image, rng: np.random.Generator) -> Image:
    """A worse view of a square BGR face, of the same size; one in seven stays as it is."""
    if rng.random() < 0.15:
        return picture
    view = picture.copy()
    if rng.random() < 0.2:
        cover(view, rng)
    if rng.random() < 0.6:
        view = recoloured(view, rng)
    kind = rng.random()
    if kind < 0.45:
        view = far(view, float(np.exp(rng.uniform(np.log(FEWEST), np.log(80)))), rng)
    elif kind < 0.6:
        view = blurred(view, rng)
    if kind >= 0.45 and rng.random() < 0.3:
        view = noisy(view, rng)
        view = compressed(view, int(rng.integers(15, 80)))
    return view


def far(picture: Image, pixels: float, rng: np.random.Generator) -> Image:
    """The face as a camera sees it that has `pixels` for 112 of it: few, noisy, compressed."""
    side = picture.shape[0]
    few = max(4, round(pixels * side / 112))
    small = np.asarray(
        cv2.resize(picture, (few, few), interpolation=cv2.INTER_AREA), np.uint8
    )
    if rng.random() < 0.4:
        small = noisy(small, rng)
    if rng.random() < 0.4:
        small = compressed(small, int(rng.integers(40, 95)))
    return np.asarray(
        cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8
    )


def compressed(picture: Image, grade: int) -> Image:
    """The picture after JPEG of this grade."""
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, grade])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def cover(picture: Image, rng: np.random.Generator) -> None:
    """A flat patch in front of part of the face, in place."""
    side = picture.shape[0]
    height, width = (int(v) for v in rng.uniform(0.1, 0.4, 2) * side)
    top, left = (int(v) for v in rng.integers(0, [side - height, side - width]))
    picture[top : top + height, left : left + width] = rng.integers(
        0, 256, 3, dtype=np.uint8
    )


def recoloured(picture: Image, rng: np.random.Generator) -> Image:
    """Gamma, contrast, brightness and colour cast by one table a channel; one in eight is grey."""
    ramp = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.35))
    gains = np.exp(rng.normal(0, 0.25)) * np.exp(rng.normal(0, 0.06, 3))
    table = np.clip(255 * (ramp[:, None] * gains + rng.normal(0, 0.06)), 0, 255).astype(
        np.uint8
    )
    if rng.random() < 0.12:
        picture[:] = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[..., None]
    return np.asarray(cv2.LUT(picture, table[None]), np.uint8)


def blurred(picture: Image, rng: np.random.Generator) -> Image:
    """Out of focus, or moved along a line."""
    if rng.random() < 0.5:
        return np.asarray(
            cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.6, 3.0)), np.uint8
        )
    length = int(rng.integers(3, 15))
    turn = cv2.getRotationMatrix2D(
        ((length - 1) / 2, (length - 1) / 2), rng.uniform(0, 180), 1
    )
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    kernel = np.asarray(cv2.warpAffine(line, turn, (length, length)), np.float32)
    return np.asarray(
        cv2.filter2D(picture, -1, kernel / np.float32(max(kernel.sum(), 1e-6))),
        np.uint8,
    )


def noisy(picture: Image, rng: np.random.Generator) -> Image:
    noise = rng.normal(0, rng.uniform(2, 14), picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)
