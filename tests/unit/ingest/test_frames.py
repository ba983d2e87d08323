"""Mask, scale, contrast, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.ingest_builders import from_jpeg, make_picture, plain_picture
from vitrine.services.ingest.frames import (
    blacken,
    fit,
    to_jpeg,
    visible,
)

LEFT_HALF = (
    (0.0, 0.0),
    (0.5, 0.0),
    (0.5, 1.0),
    (0.0, 1.0),
)
NO_MASK = ()


def test_the_mask_blackens_its_polygon_and_nothing_else() -> None:
    pixels = plain_picture(200, width=100)
    blacken(pixels, LEFT_HALF)
    # The edge itself may be drawn a pixel wide.
    left = pixels[:, :50]
    right = pixels[:, 52:]
    assert left.max() == 0
    assert right.min() == 200


@pytest.mark.parametrize(
    ("size", "width", "expected"),
    [
        ((768, 432), 640, (640, 360)),
        ((1920, 1080), 640, (640, 360)),
        ((641, 479), 320, (320, 240)),
        ((4000, 100), 64, (64, 2)),
        ((640, 361), 640, (640, 361)),
        ((320, 240), 640, (320, 240)),
    ],
)
def test_pictures_are_scaled_down_to_the_width(
    size: tuple[int, int],
    width: int,
    expected: tuple[int, int],
) -> None:
    own_width, own_height = size
    pixels = plain_picture(0, width=own_width, height=own_height)
    height, width, _ = fit(pixels, width).shape
    assert (width, height) == expected


def test_scaling_down_averages_fine_patterns() -> None:
    stripes = plain_picture(0, width=640, height=480)
    stripes[:, ::2] = 200
    scaled = fit(stripes, 160)
    assert scaled.min() >= 99
    assert scaled.max() <= 101


def test_a_camera_sees_nothing_behind_its_mask() -> None:
    assert visible(NO_MASK) is None
    seen = visible(LEFT_HALF)
    assert seen is not None
    assert seen[:, :300].max() == 0
    assert seen[:, 340:].min() == 255


def test_a_jpeg_is_close_to_its_picture() -> None:
    noise = make_picture(width=640, height=360)
    blurred = cv2.GaussianBlur(noise, (0, 0), 5)
    pixels = np.asarray(blurred, np.uint8)
    jpeg = to_jpeg(pixels, 85)
    error = from_jpeg(jpeg).astype(int) - pixels
    assert np.abs(error).mean() < 3
    assert len(jpeg) < pixels.size / 10
