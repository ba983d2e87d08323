"""Bridging: which lost person a new track goes on with."""

from __future__ import annotations

import pytest

from tests.builders import at, make_face
from vitrine.presence.bridging import distance_faces, nearest_first
from vitrine.presence.presence import Presence
from vitrine.schemas import Face

SIZE = 100.0


def lost(x: float = 300.0, *, speed: float = 0.0, name: str = "p") -> Presence:
    """A person of 100 px, last seen at second 0, who walked at `speed` pixels a second."""
    presence = Presence.begin(name, at(0), make_face("a", x=x, y=200, size=SIZE))
    presence.usual_x = x - 0.5 * speed
    return presence


def found(x: float = 300.0, y: float = 200.0, size: float = SIZE) -> Face:
    return make_face("b", x=x, y=y, size=size)


@pytest.mark.parametrize(
    ("gap_s", "x", "expected"),
    [
        (1.0, 300, 0.0),
        (1.0, 350, 0.5),
        (1.0, 250, 0.5),
        (1.0, 450, 1.5),
        (1.0, 451, None),
        (0.1, 400, 1.0),  # 0.6 at once, and 4 a second
        (0.1, 401, None),
        (0.0, 360, 0.6),
        (0.0, 361, None),
    ],
)
def test_the_reach_grows_with_the_gap_up_to_one_and_a_half_faces(
    gap_s: float, x: float, expected: float | None
) -> None:
    distance = distance_faces(lost(), found(x), at(gap_s))
    assert distance == pytest.approx(expected)


@pytest.mark.parametrize(
    ("gap_s", "size", "near"),
    [
        (1.0, 150, True),
        (1.0, 151, False),
        (1.0, 67, True),
        (1.0, 66, False),
        (0.1, 129.9, True),  # 1.2 at once, and 1 a second
        (0.1, 131, False),
        (0.0, 120, True),
        (0.0, 121, False),
    ],
)
def test_the_size_may_differ_by_half_after_a_while(
    gap_s: float, size: float, near: bool
) -> None:
    distance = distance_faces(lost(), found(size=size), at(gap_s))
    assert (distance is not None) == near


def test_up_and_down_counts_twice() -> None:
    assert distance_faces(lost(), found(y=240), at(1)) == pytest.approx(0.8)
    assert distance_faces(lost(), found(x=360, y=160), at(1)) == pytest.approx(1.0)


def test_the_distance_is_in_heights_of_the_larger_face() -> None:
    assert distance_faces(lost(), found(350, size=125), at(1)) == pytest.approx(0.4)
    assert distance_faces(lost(), found(350, size=80), at(1)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("gap_s", "expected_x"), [(0.5, 350.0), (1.0, 400.0), (2.0, 400.0)]
)
def test_lost_people_are_expected_where_they_went_for_a_second(
    gap_s: float, expected_x: float
) -> None:
    walker = lost(speed=100)
    assert distance_faces(walker, found(expected_x), at(gap_s)) == pytest.approx(0)


def test_the_nearest_pairs_are_joined_first_and_each_once() -> None:
    left = lost(300, name="left")
    right = lost(340, name="right")
    new = [
        make_face("c", x=330, y=200, size=SIZE),
        make_face("d", x=335, y=200, size=SIZE),
        make_face("e", x=320, y=200, size=SIZE),
    ]
    joined = nearest_first([left, right], new, at(1))
    # d is 5 px from right, c 10 px; e is 20 px from both, c 30 px from left.
    names = {track: presence.presence_id for track, presence in joined.items()}
    assert names == {"d": "right", "e": "left"}


def test_who_is_too_far_from_everybody_is_joined_to_nobody() -> None:
    assert nearest_first([lost()], [found(900)], at(1)) == {}
