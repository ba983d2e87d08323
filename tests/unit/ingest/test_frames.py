"""Mask, scale, contrast, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.ingest_builders import make_picture
from vitrine.services.ingest.frames import blacken, fit, shows_something, to_jpeg

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def test_the_mask_blackens_its_polygon_and_nothing_else() -> None:
    pixels = np.full((40, 100, 3), 200, np.uint8)
    blacken(pixels, LEFT_HALF)
    assert pixels[:, :50].max() == 0
    assert pixels[:, 52:].min() == 200


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
    size: tuple[int, int], width: int, expected: tuple[int, int]
) -> None:
    pixels = np.zeros((size[1], size[0], 3), np.uint8)
    assert fit(pixels, width).shape == (expected[1], expected[0], 3)


def test_scaling_down_averages_fine_patterns() -> None:
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, ::2] = 200
    assert np.abs(fit(stripes, 160).astype(int) - 100).max() <= 1


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_covered_camera_shows_nothing(level: int) -> None:
    assert not shows_something(np.full((48, 64, 3), level, np.uint8), ())


def test_the_mask_is_no_contrast() -> None:
    pixels = np.full((48, 64, 3), 128, np.uint8)
    blacken(pixels, LEFT_HALF)
    assert not shows_something(pixels, LEFT_HALF)
    assert shows_something(make_picture(), LEFT_HALF)


def test_a_jpeg_is_close_to_its_picture() -> None:
    pixels = cv2.GaussianBlur(make_picture(width=640, height=360), (0, 0), 5)
    jpeg = to_jpeg(np.asarray(pixels, np.uint8), 85)
    decoded = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))
    assert np.abs(decoded.astype(int) - pixels).mean() < 3
    assert len(jpeg) < pixels.size / 10
