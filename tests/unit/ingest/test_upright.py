"""Pictures upright and in their true shape, before the mask."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.ingest_builders import (
    from_jpeg,
    make_camera,
    make_run,
    make_shared,
    make_shot,
    make_source,
    plain_picture,
    read_all,
)
from vitrine.services.ingest.shots import Pixels
from vitrine.services.ingest.upright import upright
from vitrine.topics import FRAMES

UPPER_HALF = [(0, 0), (1, 0), (1, 0.5), (0, 0.5)]


def white_corner(*, width: int = 64, height: int = 48) -> Pixels:
    """Return a black picture with a white upper left quarter."""
    pixels = plain_picture(0, width=width, height=height)
    pixels[: height // 2, : width // 2] = 255
    return pixels


def corner_of(pixels: Pixels) -> tuple[str, str]:
    """Return where the brightest quarter is."""
    height, width = pixels.shape[:2]
    rows = pixels.mean(axis=(1, 2))
    columns = pixels.mean(axis=(0, 2))
    upper = rows[: height // 2].mean() > rows[height // 2 :].mean()
    left = columns[: width // 2].mean() > columns[width // 2 :].mean()
    return ("upper" if upper else "lower", "left" if left else "right")


@pytest.mark.parametrize(
    ("settings", "size", "corner"),
    [
        ({}, (64, 48), ("upper", "left")),
        ({"rotate": 90}, (48, 64), ("upper", "right")),
        ({"rotate": 180}, (64, 48), ("lower", "right")),
        ({"rotate": 270}, (48, 64), ("lower", "left")),
        ({"flip": "horizontal"}, (64, 48), ("upper", "right")),
        ({"flip": "vertical"}, (64, 48), ("lower", "left")),
        ({"rotate": 90, "flip": "horizontal"}, (48, 64), ("upper", "left")),
        ({"aspect": "16:9"}, (85, 48), ("upper", "left")),
        ({"aspect": "4:3"}, (64, 48), ("upper", "left")),
        ({"aspect": "1:1"}, (64, 64), ("upper", "left")),
        ({"aspect": "16:9", "rotate": 90}, (48, 85), ("upper", "right")),
    ],
)
def test_settings_bring_a_picture_upright(
    settings: dict[str, Any], size: tuple[int, int], corner: tuple[str, str]
) -> None:
    pixels = upright(white_corner(), make_camera(**settings))
    assert (pixels.shape[1], pixels.shape[0]) == size
    assert corner_of(pixels) == corner


def test_the_mask_is_that_of_the_upright_picture() -> None:
    shared = make_shared()
    source = make_source([make_shot(0, plain_picture(255))])
    camera = make_camera(rotate=90, mask=UPPER_HALF)
    make_run(source, shared, camera).run()
    frame, _ = read_all(shared.bus, FRAMES)
    pixels = from_jpeg(frame.body)
    assert pixels.shape == (64, 48, 3)
    assert pixels[:28].max() < 20
    assert np.min(pixels[36:]) > 235
