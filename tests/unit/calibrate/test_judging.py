"""A picture is judged in words that say what to do."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vitrine.calibrate.judging import (
    Box,
    Judgement,
    face_size,
    focus,
    grey_of,
    light,
    rate,
    seen_of,
)
from vitrine.mall import Camera
from vitrine.synthetic.mall import SyntheticMall
from vitrine.vision.crop import Image

FACE: Box = (0.4, 0.3, 0.1, 0.3)


@pytest.fixture(scope="module")
def picture() -> Image:
    """A shop by day."""
    mall = SyntheticMall.from_uri(
        "synthetic:?people=1&seed=3", width=640, height=360, fps=10
    )
    return mall.frame(0)[0]


def with_face(picture: Image, grey: int) -> Image:
    changed = picture.copy()
    changed[108:216, 256:320] = grey
    return changed


def lit(picture: Image, boxes: list[Box]) -> Judgement:
    grey = grey_of(picture)
    return light(grey, seen_of(grey, None), boxes)


def make_camera(**fields: object) -> Camera:
    return Camera.model_validate(
        {"id": "north-1", "uri": "0", "stand": "north", **fields}
    )


def test_a_shop_by_day_is_fine_once_a_face_is_there(picture: Image) -> None:
    assert lit(with_face(picture, 150), [FACE]).state == "good"
    assert lit(picture, []).state == "fair"


@pytest.mark.parametrize(
    ("level", "words"), [(20, "face is dark"), (255, "face is over-exposed")]
)
def test_the_light_on_a_face_decides(picture: Image, level: int, words: str) -> None:
    found = lit(with_face(picture, level), [FACE])
    assert found.state == "bad"
    assert words in found.words
    assert found.advice


def test_dark_and_white_pictures_are_told(picture: Image) -> None:
    assert "Too dark" in lit((picture * 0.1).astype(np.uint8), []).words
    white = np.clip(picture.astype(int) * 3, 0, 255).astype(np.uint8)
    assert "Over-exposed" in lit(white, []).words


def test_what_the_mask_hides_does_not_count(picture: Image) -> None:
    half = picture.copy()
    half[:, :320] = 255
    mask = np.full((36, 64), 255, np.uint8)
    mask[:, :32] = 0
    grey = grey_of(half)
    assert light(grey, seen_of(grey, None), []).state == "bad"
    assert light(grey, seen_of(grey, mask), []).state == "fair"
    nothing = seen_of(grey, np.zeros((36, 64), np.uint8))
    assert light(grey, nothing, []).state == "unknown"


def test_a_blurred_picture_is_told(picture: Image) -> None:
    blurred = cv2.GaussianBlur(picture, (0, 0), 6)
    for shown, state in ((picture, "good"), (blurred, "bad")):
        grey = grey_of(np.asarray(shown, np.uint8))
        assert focus(grey, seen_of(grey, None)).state == state


@pytest.mark.parametrize(
    ("height", "state"), [(112, "good"), (48, "good"), (30, "fair"), (20, "bad")]
)
def test_the_largest_face_is_judged(height: float, state: str) -> None:
    assert face_size([10, height], make_camera(), 640).state == state


def test_a_small_face_of_a_large_camera_names_the_width_to_set() -> None:
    found = face_size([24], make_camera(width=640), 1920)
    assert "`width: 1280`" in found.advice
    assert face_size([], make_camera(), 640).state == "unknown"


@pytest.mark.parametrize(
    ("found_hz", "fps", "state"),
    [
        (10, 10, "good"),
        (7, 10, "fair"),
        (4, 10, "bad"),
        (3, 3, "fair"),
        (0, 10, "unknown"),
    ],
)
def test_the_frame_rate_is_judged(found_hz: float, fps: float, state: str) -> None:
    assert rate(found_hz, make_camera(fps=fps)).state == state
