"""The people in front of one camera: who goes on, who ends, and whose track is whose."""

from __future__ import annotations

import pytest

from tests.builders import at, face_points, make_face, make_frame_faces
from tests.presence_builders import make_camera
from vitrine.mall import Stand
from vitrine.presence.people import CameraPeople, Finished
from vitrine.presence.rules import PresenceRules
from vitrine.presence.static_faces import StaticFace
from vitrine.schemas import Face
from vitrine.services.engagement.settings import EngagementSettings


def make_rules(
    *, bridge_s: float = 2.0, count_static_faces: bool = False
) -> PresenceRules:
    settings = EngagementSettings(
        bridge_s=bridge_s, count_static_faces=count_static_faces
    )
    return settings.rules(Stand(id="north"), "v1")


RULES = make_rules()
ALL_RULES = make_rules(count_static_faces=True)
NO_BRIDGE_RULES = make_rules(bridge_s=0, count_static_faces=True)
A = make_face("a")


def see(
    camera: CameraPeople,
    second: float,
    *faces: Face,
    rules: PresenceRules = RULES,
    swaying: bool = True,
) -> Finished:
    """Show a frame to the camera."""
    frame = make_frame_faces(second, faces, swaying=swaying)
    return camera.observe(frame, rules)


def tracks(camera: CameraPeople) -> list[list[str]]:
    return [presence.track_ids for presence in camera.presences]


def names(camera: CameraPeople) -> list[str]:
    return [presence.presence_id for presence in camera.presences]


@pytest.mark.parametrize(
    ("gap_s", "stays"),
    [
        (1.9, True),
        (2.0, False),
    ],
)
def test_who_was_in_the_last_frame_is_still_there_within_two_seconds(
    gap_s: float, stays: bool
) -> None:
    camera = make_camera()
    see(camera, 0.0, A, rules=NO_BRIDGE_RULES)
    see(camera, 0.1, A, rules=NO_BRIDGE_RULES)
    finished = see(camera, 0.1 + gap_s, A, rules=NO_BRIDGE_RULES)
    assert (finished.exposures == []) == stays


def test_who_was_not_in_the_last_frame_ends_where_nothing_is_bridged() -> None:
    camera = make_camera()
    see(camera, 0.0, A, rules=NO_BRIDGE_RULES)
    see(camera, 0.1, A, rules=NO_BRIDGE_RULES)
    first = see(camera, 0.2, rules=NO_BRIDGE_RULES)
    second = see(camera, 0.3, rules=NO_BRIDGE_RULES)
    assert first.exposures == []
    assert len(second.exposures) == 1


@pytest.mark.parametrize("rules", [RULES, ALL_RULES])
def test_a_face_of_one_view_is_neither_a_person_nor_a_static_face(
    rules: PresenceRules,
) -> None:
    camera = make_camera()
    see(camera, 0.0, A, rules=rules)
    finished = camera.end(rules)
    assert finished.static_faces == 0
    assert finished.exposures == []


def test_a_face_of_two_views_that_has_not_moved_is_a_static_face() -> None:
    camera = make_camera()
    see(camera, 0.0, A, swaying=False)
    see(camera, 0.1, A, swaying=False)
    finished = camera.end(RULES)
    assert finished.static_faces == 1
    assert finished.exposures == []
    assert camera.presences == []


def test_two_views_are_a_person_where_static_faces_count() -> None:
    camera = make_camera()
    see(camera, 0.0, A, rules=ALL_RULES, swaying=False)
    see(camera, 0.1, A, rules=ALL_RULES, swaying=False)
    finished = camera.end(ALL_RULES)
    assert finished.static_faces == 0
    assert len(finished.exposures) == 1


@pytest.mark.parametrize(
    ("away_s", "name"),
    [
        (10.0, "north:a.2"),
        (10.1, "north:a"),
    ],
)
def test_a_track_is_remembered_for_ten_seconds(away_s: float, name: str) -> None:
    camera = make_camera()
    see(camera, 0.0, A)
    see(camera, away_s)
    see(camera, away_s, A)
    assert names(camera) == [name]


def test_a_track_is_forgotten_beside_one_that_is_still_there() -> None:
    camera = make_camera()
    b = make_face("b", x=500)
    see(camera, 0.0, A, b)
    for second in range(1, 12):
        see(camera, second, A)
    assert list(camera.founders) == ["a"]


def test_somebody_lost_is_found_again_beside_people_who_stayed() -> None:
    camera = make_camera()
    b = make_face("b", x=500)
    c = make_face("c", x=500)
    for step in range(10):
        see(camera, step / 10, A, b)
    see(camera, 1.0, A, c)
    assert tracks(camera) == [["a"], ["b", "c"]]


def test_a_track_outside_the_zone_is_remembered_too() -> None:
    camera = make_camera()
    outside = make_face("a", size=10)
    see(camera, 0.0, A)
    see(camera, 9.0, outside)
    see(camera, 18.0, outside)
    see(camera, 27.0, A)
    assert names(camera) == ["north:a.2"]


def test_a_person_whose_track_is_visible_outside_the_zone_is_not_lost() -> None:
    camera = make_camera()
    outside = make_face("a", size=10)
    see(camera, 0.0, A)
    see(camera, 0.2, outside, make_face("b"))
    assert tracks(camera) == [["a"], ["b"]]


def test_of_two_faces_of_one_track_the_last_one_counts() -> None:
    camera = make_camera()
    see(camera, 0.0, A, make_face("a", x=500))
    (presence,) = camera.presences
    assert presence.x == 500


def with_points(track: str, x: float) -> Face:
    """A face 100 px high whose points are as large as its box."""
    points = face_points(x=x, y=180.0, eyes=50.0)
    return make_face(
        track,
        x=x,
        y=180.0,
        size=100.0,
        points=tuple(map(tuple, points.tolist())),
    )


@pytest.mark.parametrize(
    ("x", "y", "size", "covered"),
    [
        (469, 180, 100, True),  # 1.2 of its height and half of the other's: 170 px
        (470, 180, 100, True),
        (471, 180, 100, False),
        (129, 180, 100, False),
        (131, 180, 100, True),
        (300, 279, 100, True),  # its upper edge is above the other's lower edge
        (300, 280, 100, False),
        (300, 20, 100, True),  # a face above has a body below
        (408, 180, 50, True),
        (412, 180, 50, False),
    ],
)
def test_a_face_is_covered_beside_and_below_another(
    x: float, y: float, size: float, covered: bool
) -> None:
    camera = make_camera()
    other = make_face("b", x=x, y=y, size=size)
    still = with_points("a", 280)
    for second in (0.0, 0.1, 0.2):
        see(camera, second, still, other, swaying=False)
    # One jump proves the liveness of a face that nobody covers.
    see(camera, 2.0, with_points("a", 300), other, swaying=False)
    presence = camera.presences[0]
    assert presence.track_id == "a"
    assert presence.liveness.moves == 1
    assert presence.liveness.proven != covered


@pytest.mark.parametrize(
    ("still_s", "seen_there"),
    [
        (1.0, True),
        (1.1, False),
    ],
)
def test_who_comes_to_a_static_face_is_not_seen_there_after_a_second_without_motion(
    still_s: float, seen_there: bool
) -> None:
    camera = make_camera()
    see(camera, 0.0, make_face("a", x=150), swaying=False)
    (presence,) = camera.presences
    presence.liveness.moved_ns = at(0.0)
    presence.liveness.origin = []
    known = StaticFace(
        place=(320.0, 180.0, 90.0),
        seen_ns=at(0.0),
        track_id="gone",
    )
    camera.static_faces.known.append(known)
    see(camera, still_s, A, swaying=False)
    assert (presence.seen_ns == at(still_s)) == seen_there
    assert (known.seen_ns == at(still_s)) != seen_there


def test_motion_at_the_place_of_a_static_face_is_no_proof_of_liveness() -> None:
    camera = make_camera()
    camera.static_faces.add(
        place=(350.0, A.box[1] + A.box[3] / 2, A.box[3]),
        at_ns=at(0),
        track_id="gone",
    )
    size = A.box[3]
    beside = 350.0 + 0.45 * size
    for step in range(3):
        see(camera, step / 10, make_face("b", x=beside, size=size))
    camera.presences[0].liveness.proven = False
    for step in range(3, 6):
        x = 350.0 + 0.1 * size + 3 * step
        see(camera, step / 10, make_face("b", x=x, size=size))
    (presence,) = camera.presences
    assert presence.liveness.moves > 0
    assert not presence.liveness.proven
