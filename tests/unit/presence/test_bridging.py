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
    face = make_face("a", x=x, y=200, size=SIZE)
    presence = Presence.begin(name, at(0), face)
    presence.usual_x = x - 0.5 * speed
    return presence


def found(
    x: float = 300.0,
    y: float = 200.0,
    size: float = SIZE,
    track: str = "b",
) -> Face:
    return make_face(track, x=x, y=y, size=size)


def distance(gap_s: float, face: Face) -> float | None:
    """Return the distance of a face from somebody who stood at (300, 200)."""
    return distance_faces(lost(), face, at(gap_s))


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
    assert distance(gap_s, found(x)) == pytest.approx(expected)


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
    away = distance(gap_s, found(size=size))
    assert (away is not None) == near


@pytest.mark.parametrize(
    ("face", "expected"),
    [
        (found(y=240), 0.8),
        (found(y=160), 0.8),
        (found(x=360, y=160), 1.0),
    ],
)
def test_up_and_down_counts_twice(face: Face, expected: float) -> None:
    assert distance(1.0, face) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (125, 0.4),
        (80, 0.5),
    ],
)
def test_the_distance_is_in_heights_of_the_larger_face(
    size: float, expected: float
) -> None:
    face = found(350, size=size)
    assert distance(1.0, face) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("gap_s", "expected_x"),
    [
        (0.5, 350.0),
        (1.0, 400.0),
        (2.0, 400.0),
    ],
)
def test_lost_people_are_expected_where_they_went_for_a_second(
    gap_s: float, expected_x: float
) -> None:
    walker = lost(speed=100)
    away = distance_faces(walker, found(expected_x), at(gap_s))
    assert away == pytest.approx(0)


def joined(people: list[Presence], faces: list[Face]) -> dict[str, str]:
    """Return the names of those who go on, by track."""
    names = {}
    for track, presence in nearest_first(people, faces, at(1)).items():
        names[track] = presence.presence_id
    return names


LEFT = lost(300, name="left")
RIGHT = lost(340, name="right")


def test_the_nearest_pairs_are_joined_first_and_each_once() -> None:
    faces = [
        found(330, track="c"),
        found(335, track="d"),
        found(320, track="e"),
    ]
    # d is 5 px from right, c 10 px; e is 20 px from both, c 30 px from left.
    assert joined([LEFT, RIGHT], faces) == {"d": "right", "e": "left"}


def test_a_track_goes_on_with_the_nearest_only() -> None:
    assert joined([LEFT, RIGHT], [found(335)]) == {"b": "right"}
    assert joined([RIGHT, LEFT], [found(305)]) == {"b": "left"}


def test_who_is_too_far_from_everybody_is_joined_to_nobody() -> None:
    assert joined([lost()], [found(900)]) == {}
