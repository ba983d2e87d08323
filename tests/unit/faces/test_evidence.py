"""What the place of a face says of whose it is."""

import numpy as np

from vitrine.faces.evidence import likeness_of_places
from vitrine.faces.places import Place


def place(x: float, y: float = 0.0, side: float = 100.0) -> Place:
    return Place(np.array([x, y]), side)


def likeness(found: Place, seconds: float, followed: bool = True) -> float:
    return likeness_of_places(place(0), found, seconds, followed=followed)


def test_the_expected_place_speaks_for_one_face_and_a_far_one_against() -> None:
    assert likeness(place(2), 0.1) > 5
    assert likeness(place(400, 100), 0.1) < 0


def test_a_way_off_says_less_against_the_longer_nobody_looked() -> None:
    assert likeness(place(100), 1.5) > likeness(place(100), 0.1)


def test_people_keep_their_height_rather_than_their_place() -> None:
    assert likeness(place(50), 1.0) > likeness(place(0, 50), 1.0)


def test_another_size_speaks_against() -> None:
    assert likeness(place(0, side=150), 0.5) < likeness(place(0), 0.5) - 2
    assert likeness(place(0, side=150), 0.5) > likeness(place(0, side=200), 0.5)


def test_a_face_seen_once_may_have_gone_anywhere() -> None:
    off = place(200)
    assert likeness(off, 0.3, followed=False) > likeness(off, 0.3)
