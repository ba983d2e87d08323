import cv2
import numpy as np
import pytest

from tests.builders import face_points
from training.evaluation.subgroups import (
    FACTORS,
    Look,
    classes_of,
    look_of,
    typology_angle,
)
from training.pictures.boxes import face_box
from vitrine.vision.crop import Image

POINTS = face_points()


def grey(value: int) -> Image:
    return np.full((360, 640, 3), value, np.uint8)


def skin(lightness: float, a: float, b: float) -> Image:
    """Return a picture of one CIELAB colour."""
    pixel = np.array([[[lightness, a, b]]], np.float32)
    colour = cv2.cvtColor(pixel, cv2.COLOR_LAB2BGR)
    rounded = (colour * 255).round()
    return np.full((360, 640, 3), rounded, np.uint8)


def label_of(name: str, value: float) -> str | None:
    look = Look(**{name: value})
    number = int(classes_of([look])[name][0])
    if number < 0:
        return None
    labels = {factor.name: factor.labels for factor in FACTORS}
    return labels[name][number]


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("face_size", 128, "≥ 128 px"),
        ("face_size", 127.9, "64–128 px"),
        ("face_size", 24, "24–32 px"),
        ("face_size", 3, "< 16 px"),
        ("yaw", 0, "< 15°"),
        ("yaw", 15, "15–30°"),
        ("yaw", 80, "≥ 45°"),
        ("brightness", 20, "< 70"),
        ("skin_tone", 60, "very light"),
        ("skin_tone", 30, "intermediate"),
        ("skin_tone", -29, "brown"),
        ("skin_tone", -31, "dark"),
        ("skin_tone", np.nan, None),
    ],
)
def test_values_have_classes(
    name: str,
    value: float,
    label: str | None,
) -> None:
    assert label_of(name, value) == label


@pytest.mark.parametrize("lightness", [30, 50, 70])
def test_the_typology_angle_is_that_of_the_skin(lightness: float) -> None:
    expected = np.degrees(np.arctan2(lightness - 50, 18))
    angle = typology_angle(skin(lightness, 12, 18), POINTS)
    assert angle == pytest.approx(expected, abs=2.5)


def test_hair_over_the_forehead_does_not_decide_the_skin_tone() -> None:
    image = skin(70, 12, 18)
    # Above the brows of a face at (320, 180).
    image[:155] = 0
    expected = np.degrees(np.arctan2(20, 18))
    assert typology_angle(image, POINTS) == pytest.approx(expected, abs=2.5)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(grey(120), id="grey"),
        pytest.param(skin(60, 0, -20), id="blue"),
        pytest.param(skin(99, 0, 5), id="glare"),
    ],
)
def test_grey_blue_and_glaring_pictures_have_no_skin_tone(image: Image) -> None:
    assert np.isnan(typology_angle(image, POINTS))


def test_a_look_has_the_size_of_the_box_and_the_turn_of_the_head() -> None:
    points = face_points(yaw=-35)
    _, _, width, height = face_box(points)

    look = look_of(grey(100), points)

    assert look.face_size == pytest.approx((width * height) ** 0.5)
    assert look.yaw == pytest.approx(35, abs=2)
    assert look.brightness == pytest.approx(100)
    assert look.blur == pytest.approx(0)


def test_a_face_outside_its_picture_is_not_measured() -> None:
    look = look_of(grey(100), face_points(x=-500))
    assert np.isnan(look.brightness)
    assert np.isnan(look.skin_tone)
