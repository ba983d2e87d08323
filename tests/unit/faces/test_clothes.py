"""Colours around a face, and what they say of who it is."""

from __future__ import annotations

import numpy as np

from vitrine.faces.clothes import Clothes, colours_around
from vitrine.vision.crop import Image

BOX = np.array([100, 60, 40, 50], np.float32)
RED = (40, 40, 200)
GREEN = (60, 160, 60)


def person(shirt: tuple[int, int, int]) -> Image:
    """Draw hair, skin and a shirt around BOX."""
    image = np.full((240, 320, 3), 200, np.uint8)
    image[40:66, 95:145] = (20, 20, 20)
    image[66:112, 100:140] = (150, 170, 220)
    image[112:200, 70:170] = shirt
    return image


def test_the_same_clothes_speak_for_one_person_and_others_against() -> None:
    clothes = Clothes(colours_around(person(RED), BOX))
    assert clothes.likeness(colours_around(person(RED), BOX)) > 5
    assert clothes.likeness(colours_around(person(GREEN), BOX)) < -2


def test_covered_clothes_say_little_however_different_they_are() -> None:
    clothes = Clothes(colours_around(person(RED), BOX))
    other = np.full((240, 320, 3), 255, np.uint8)
    assert clothes.likeness(colours_around(other, BOX)) > -5


def test_an_arm_before_the_chest_changes_little() -> None:
    clothes = Clothes(colours_around(person(RED), BOX))
    image = person(RED)
    image[112:200, 70:100] = GREEN
    assert clothes.likeness(colours_around(image, BOX)) > 5


def test_what_is_outside_the_picture_says_nothing() -> None:
    image = person(RED)
    whole = Clothes(colours_around(image, BOX))
    cut = colours_around(image[:110], BOX)
    assert np.isnan(cut[2:]).all()
    likeness = whole.likeness(cut)
    assert 0 < likeness < whole.likeness(colours_around(image, BOX))


def test_nothing_is_said_before_the_first_view() -> None:
    assert Clothes().likeness(colours_around(person(RED), BOX)) == 0
    assert Clothes(colours_around(person(RED), BOX)).likeness(None) == 0


def test_clothes_of_somebody_else_are_not_taken_over() -> None:
    clothes = Clothes(colours_around(person(RED), BOX))
    for _ in range(20):
        clothes.remember(colours_around(person(GREEN), BOX))
    assert clothes.likeness(colours_around(person(RED), BOX)) > 5


def test_light_that_changes_slowly_is_followed() -> None:
    clothes = Clothes(colours_around(person(RED), BOX))
    image = person(RED)
    for dimmed in np.linspace(1.0, 0.5, 25):
        clothes.remember(colours_around((image * dimmed).astype(np.uint8), BOX))
    assert clothes.likeness(colours_around(image // 2, BOX)) > 4


def test_parts_that_come_into_the_picture_are_known_from_then_on() -> None:
    image = person(RED)
    clothes = Clothes(colours_around(image[:110], BOX))
    clothes.remember(colours_around(image, BOX))
    assert clothes.likeness(colours_around(image, BOX)) > 5
