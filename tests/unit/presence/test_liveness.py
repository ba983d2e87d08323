"""Liveness: when a face has moved by itself, and when it is static."""

from __future__ import annotations

import pytest

from tests.builders import at, make_face
from tests.presence_builders import second_of
from vitrine.presence.liveness import Liveness, Motion, place_of
from vitrine.presence.static_faces import StaticFace, StaticFaces
from vitrine.schemas import Face

HEIGHT = 100.0


HALF = HEIGHT / 2.7 / 2**0.5
"""Half the side of a square of landmarks that `Motion` takes for a face 100 px high."""


def square(x: float, half: float = HALF) -> Face:
    """A face of four points (each 17 times) around (x, 180)."""
    left = x - half
    right = x + half
    top = 180 - half
    bottom = 180 + half
    corners = (
        (left, top),
        (right, top),
        (left, bottom),
        (right, bottom),
    )
    return make_face(
        x=x,
        size=HEIGHT,
        points=corners * 17,
    )


def settled(x: float = 300.0) -> Motion:
    """The motion of a face that stood still in its first two views."""
    motion = Motion()
    for step in range(2):
        assert not motion.observe(at(step / 10), square(x))
    return motion


# A step is smoothed to 1 - exp(-100 / 0.2), all of it, when it comes 100 s later.
@pytest.mark.parametrize(
    ("way_px", "moved"),
    [
        (1.45, False),
        (1.46, True),
        (-1.45, False),
        (-1.46, True),
    ],
)
def test_a_face_moves_by_twelve_thousandths_of_its_height_and_a_quarter_pixel(
    way_px: float, moved: bool
) -> None:
    face = square(300 + way_px)
    assert settled().observe(at(100), face) == moved


def test_ways_to_and_fro_add_up_to_a_range() -> None:
    motion = settled()
    assert not motion.observe(at(100), square(301))
    assert not motion.observe(at(200), square(300))
    assert motion.observe(at(300), square(299.5))


def test_after_a_motion_the_range_begins_anew() -> None:
    motion = settled()
    assert motion.observe(at(100), square(302))
    assert not motion.observe(at(200), square(303.4))
    assert motion.observe(at(300), square(303.6))


@pytest.mark.parametrize(
    ("growth", "moved"),
    [
        (1.028, False),
        (1.031, True),
    ],
)
def test_growing_counts_half(growth: float, moved: bool) -> None:
    larger = square(300, HALF * growth)
    assert settled().observe(at(100), larger) == moved


def test_a_view_is_smoothed_over_a_fifth_of_a_second() -> None:
    motion = settled()
    motion.observe(at(0.3), square(301))
    assert motion.now[0] == 300.63  # 1 - 1 / e of the way
    assert motion.below[0] == 0.63
    assert motion.above[0] == 0.0


def test_the_third_view_is_the_first_that_can_move() -> None:
    motion = Motion()
    found = []
    for step in range(4):
        face = square(300 + 5 * step)
        found.append(motion.observe(at(step), face))
    assert found == [False, False, True, True]


def moving(seconds: list[float], *, covered: bool) -> Liveness:
    """A face that jumps by 10 px, on a track that is settled, at each of these times."""
    liveness = Liveness(
        motion=settled(),
        origin=[300.0, 180.0],
    )
    x = 300
    for second in seconds:
        x = 610 - x
        liveness.observe(
            at(second),
            square(x),
            last_height_px=HEIGHT,
            covered=covered,
        )
    return liveness


def test_one_motion_proves_the_liveness_of_a_face_that_nobody_covers() -> None:
    liveness = moving([100.0], covered=False)
    assert liveness.proven
    assert liveness.moves == 1
    assert liveness.origin == []
    assert liveness.moved_ns == at(100)


@pytest.mark.parametrize(
    ("seconds", "moves"),
    [
        ([10.0, 20.0, 30.0], 3),
        ([10.0, 20.0, 30.0, 40.0], 4),
        ([10.0, 20.0, 30.0, 40.0, 50.0], 4),
        ([10.0, 10.4, 20.0], 2),  # within one half second
        ([10.4, 10.5, 20.0], 3),
    ],
)
def test_behind_others_it_takes_motion_in_four_half_seconds(
    seconds: list[float], moves: int
) -> None:
    liveness = moving(seconds, covered=True)
    assert liveness.moves == moves
    assert liveness.is_sure() == (moves == 4)
    assert liveness.proven == liveness.is_sure()


@pytest.mark.parametrize(
    ("x", "last_px", "proven"),
    [
        (359, 100, False),
        (360, 100, True),
        (360, 101, False),
        (240, 90, True),
    ],
)
def test_a_place_six_tenths_of_a_face_away_proves_liveness(
    x: float, last_px: float, proven: bool
) -> None:
    liveness = Liveness(origin=[300.0, 180.0])
    liveness.observe(
        at(1),
        square(x),
        last_height_px=last_px,
        covered=True,
    )
    assert liveness.proven == proven


def test_a_face_without_origin_has_not_travelled() -> None:
    liveness = Liveness()
    liveness.observe(
        at(1),
        square(300),
        last_height_px=HEIGHT,
        covered=False,
    )
    assert not liveness.proven


NEVER = -1.0


@pytest.mark.parametrize(
    ("proven", "moved_s", "now_s", "static"),
    [
        (False, NEVER, 2.9, False),
        (False, NEVER, 3.0, True),
        (False, 1.0, 3.9, False),
        (False, 1.0, 4.0, True),
        (False, 5.0, 5.9, False),
        (False, 5.0, 6.0, True),
        (True, 5.0, 9.9, False),
        (True, 5.0, 10.0, True),
        (True, NEVER, 4.9, False),
        (True, NEVER, 5.0, True),
    ],
)
def test_a_face_that_was_first_seen_at_0_is_static_when_it_kept_still_for_long(
    proven: bool, moved_s: float, now_s: float, static: bool
) -> None:
    liveness = Liveness(
        moved_ns=at(moved_s),
        proven=proven,
    )
    assert liveness.is_static(at(0), at(now_s)) == static


def test_the_place_of_a_face_is_its_centre_and_height() -> None:
    face = make_face(box=(10, 20, 25.5, 50.5))
    assert place_of(face) == (22.75, 45.25, 50.5)


PLACE = (300.0, 200.0, 100.0)


def static(track: str, second: float = 0.0) -> StaticFace:
    """A static face at PLACE, seen at a second."""
    return StaticFace(
        place=PLACE,
        seen_ns=at(second),
        track_id=track,
    )


@pytest.mark.parametrize(
    ("place", "near"),
    [
        ((340, 200, 100), True),
        ((341, 200, 100), False),
        ((300, 160, 100), True),
        ((300, 159, 100), False),
        ((364, 200, 160), True),
        ((300, 200, 161), False),
        ((300, 200, 62.5), True),
        ((300, 200, 62), False),
        ((340, 200, 70), True),
        ((341, 200, 70), False),
    ],
)
def test_a_track_shows_a_static_face_within_four_tenths_and_a_ratio_of_sizes(
    place: tuple[float, float, float], near: bool
) -> None:
    faces = StaticFaces([static("")])
    found = faces.at(place, visible=["other"])
    assert (found is not None) == near


def test_a_static_face_that_another_visible_track_shows_is_not_shown_again() -> None:
    seen = static("seen")
    gone = static("gone")
    assert StaticFaces([seen, gone]).at(PLACE, ["seen"]) is gone
    assert StaticFaces([seen]).at(PLACE, ["seen"]) is None


@pytest.mark.parametrize(
    "place",
    [
        (360, 200, 100),
        (300, 200, 165),
    ],
)
def test_a_track_that_stays_at_a_static_face_shows_it(
    place: tuple[float, float, float],
) -> None:
    other = static("u")
    face = static("t")
    faces = StaticFaces([other, face])
    assert faces.follow("t", place, at(5))
    assert face == static("t", 5)
    assert other == static("u")


@pytest.mark.parametrize(
    "place",
    [
        (361, 200, 100),
        (300, 200, 166),
    ],
)
def test_a_track_leaves_a_static_face_beyond_six_tenths_or_for_another_size(
    place: tuple[float, float, float],
) -> None:
    other = static("u")
    face = static("t")
    faces = StaticFaces([other, face])
    assert not faces.follow("t", place, at(5))
    assert face == static("")
    assert other == static("u")


def test_a_track_that_showed_no_static_face_shows_none() -> None:
    faces = StaticFaces([static("u")])
    assert not faces.follow("unknown", PLACE, at(5))


def seconds(faces: StaticFaces) -> list[float]:
    """Return the second at which each of them was seen."""
    return [second_of(face.seen_ns) for face in faces.known]


def test_static_faces_are_forgotten_after_two_minutes() -> None:
    faces = StaticFaces([static("", 0), static("", 1)])
    faces.forget(at(120))
    assert seconds(faces) == [0, 1]
    faces.forget(at(120.5))
    assert seconds(faces) == [1]


def test_the_sixteen_that_were_seen_last_are_kept() -> None:
    faces = StaticFaces()
    later = list(range(10, 25))
    for second in [5, 3, *later]:
        faces.add(PLACE, at(second), "")
    assert seconds(faces) == [5, *later]


@pytest.mark.parametrize(
    ("still_s", "static"),
    [
        (2.9, False),
        (3.0, True),
        (3.1, True),
    ],
)
def test_a_face_that_never_moved_is_static_from_three_seconds_on(
    still_s: float, static: bool
) -> None:
    assert Liveness().is_static(at(0), at(still_s)) == static
