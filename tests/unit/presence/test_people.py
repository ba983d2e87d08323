"""The people in front of one camera: who goes on, who ends, and whose track is whose."""

from __future__ import annotations

import pytest

from tests.builders import T0_NS, at, face_points, make_face, make_frame_faces
from vitrine.mall import Stand
from vitrine.presence.people import CameraPeople
from vitrine.presence.presence import Presence
from vitrine.presence.score import View
from vitrine.presence.static_faces import StaticFace
from vitrine.schemas import Face
from vitrine.services.engagement.settings import EngagementSettings

STAND = Stand(id="north")
RULES = EngagementSettings().rules(STAND, "v1")
ALL_RULES = EngagementSettings(count_static_faces=True).rules(STAND, "v1")
STRICT_RULES = EngagementSettings(bridge_s=0, count_static_faces=True).rules(
    STAND, "v1"
)


def camera() -> CameraPeople:
    return CameraPeople("north", "north-1", T0_NS, T0_NS)


@pytest.mark.parametrize(("gap_s", "stays"), [(1.9, True), (2.0, False)])
def test_who_was_in_the_last_frame_is_still_there_within_two_seconds(
    gap_s: float, stays: bool
) -> None:
    seen = camera()
    for second in (0.0, 0.1):
        seen.observe(make_frame_faces(second, [make_face()]), STRICT_RULES)
    finished = seen.observe(make_frame_faces(0.1 + gap_s, [make_face()]), STRICT_RULES)
    assert (finished.exposures == []) == stays


def test_who_was_not_in_the_last_frame_ends_where_nothing_is_bridged() -> None:
    seen = camera()
    for second in (0.0, 0.1):
        seen.observe(make_frame_faces(second, [make_face()]), STRICT_RULES)
    assert seen.observe(make_frame_faces(0.2), STRICT_RULES).exposures == []
    assert len(seen.observe(make_frame_faces(0.3), STRICT_RULES).exposures) == 1


def test_a_face_of_one_view_is_no_static_face() -> None:
    seen = camera()
    seen.observe(make_frame_faces(0.0, [make_face()]), RULES)
    assert seen.end(RULES).static_faces == 0


def test_a_face_of_two_views_that_has_not_moved_is_a_static_face() -> None:
    seen = camera()
    for second in (0.0, 0.1):
        seen.observe(make_frame_faces(second, [make_face()], swaying=False), RULES)
    finished = seen.end(RULES)
    assert (finished.static_faces, finished.exposures) == (1, [])
    assert seen.presences == []


@pytest.mark.parametrize(("away_s", "name"), [(10.0, "north:a.2"), (10.1, "north:a")])
def test_a_track_is_remembered_for_ten_seconds(away_s: float, name: str) -> None:
    seen = camera()
    seen.observe(make_frame_faces(0.0, [make_face("a")]), RULES)
    seen.observe(make_frame_faces(away_s), RULES)
    seen.observe(make_frame_faces(away_s, [make_face("a")]), RULES)
    assert [presence.presence_id for presence in seen.presences] == [name]


def test_a_track_outside_the_zone_is_remembered_too() -> None:
    seen = camera()
    seen.observe(make_frame_faces(0.0, [make_face("a")]), RULES)
    for second in range(1, 30):
        seen.observe(make_frame_faces(second, [make_face("a", size=10)]), RULES)
    seen.observe(make_frame_faces(30.0, [make_face("a")]), RULES)
    assert [presence.presence_id for presence in seen.presences] == ["north:a.2"]


def test_a_person_whose_track_is_visible_outside_the_zone_is_not_lost() -> None:
    seen = camera()
    seen.observe(make_frame_faces(0.0, [make_face("a")]), RULES)
    outside = make_face("a", size=10)
    seen.observe(make_frame_faces(0.2, [outside, make_face("b")]), RULES)
    assert [presence.track_ids for presence in seen.presences] == [["a"], ["b"]]


def moved(x: float, y: float, size: float, track: str) -> Face:
    points = face_points(x=x, y=y, eyes=0.5 * size)
    return make_face(
        track, x=x, y=y, size=size, points=tuple(map(tuple, points.tolist()))
    )


@pytest.mark.parametrize(
    ("x", "y", "size", "covered"),
    [
        (469, 180, 100, True),  # 1.2 of its height and half of the other's: 170 px
        (471, 180, 100, False),
        (129, 180, 100, False),
        (131, 180, 100, True),
        (300, 279, 100, True),  # its upper edge is above the other's lower edge
        (300, 281, 100, False),
        (300, 20, 100, True),  # a face above has a body below
        (408, 180, 50, True),
        (412, 180, 50, False),
    ],
)
def test_a_face_is_covered_beside_and_below_another(
    x: float, y: float, size: float, covered: bool
) -> None:
    seen = camera()
    other = make_face("b", x=x, y=y, size=size)
    # One jump proves the liveness of a face that nobody covers.
    for second, aside in [(0.0, -20), (0.1, -20), (0.2, -20), (2.0, 0)]:
        face = moved(300 + aside, 180, 100, "a")
        seen.observe(make_frame_faces(second, [face, other], swaying=False), RULES)
    presence = next(p for p in seen.presences if p.track_id == "a")
    assert presence.liveness.moves == 1
    assert presence.liveness.proven != covered


@pytest.mark.parametrize(("still_s", "seen_there"), [(1.0, True), (1.1, False)])
def test_who_comes_to_a_static_face_is_not_seen_there_after_a_second_without_motion(
    still_s: float, seen_there: bool
) -> None:
    seen = camera()
    seen.observe(make_frame_faces(0.0, [make_face("a", x=150)], swaying=False), RULES)
    (presence,) = seen.presences
    presence.liveness.moved_ns = at(0.0)
    presence.liveness.origin = []
    known = StaticFace((320.0, 180.0, 90.0), at(0.0), "gone")
    seen.static_faces.known.append(known)
    frame = make_frame_faces(still_s, [make_face("a")], swaying=False)
    seen.observe(frame, RULES)
    assert (presence.seen_ns == at(still_s)) == seen_there
    assert (known.seen_ns == at(still_s)) != seen_there


def begun(track: str = "a") -> Presence:
    return Presence.begin("p", at(0), make_face(track, x=300, size=100))


def test_a_presence_keeps_its_first_and_its_latest_thirty_one_tracks() -> None:
    presence = begun("t0")
    for number in range(1, 40):
        face = make_face(f"t{number}", x=300, size=100)
        presence.observe(at(number / 10), face, 0.3, RULES)
    assert presence.track_ids == ["t0", *(f"t{number}" for number in range(9, 40))]


def test_a_track_that_comes_again_is_named_once_as_the_latest() -> None:
    presence = begun("a")
    for number, track in enumerate(["b", "c", "b"], start=1):
        presence.observe(at(number / 10), make_face(track, x=300), 0.3, RULES)
    assert presence.track_ids == ["a", "c", "b"]


def test_the_speed_is_what_the_smoothed_place_lags_behind_in_half_a_second() -> None:
    presence = begun()
    presence.observe(at(0.5), make_face("a", x=400, size=100), 0.3, RULES)
    # After one time constant the smoothed place has gone 1 - 1 / e of 100 px.
    assert presence.usual_x == 363.212
    assert presence.speed == pytest.approx(2 * 36.788)


def test_the_live_score_drops_views_that_ended_three_seconds_ago() -> None:
    presence = begun()
    for second in (1.0, 2.0, 4.0, 4.5):
        presence.observe(at(second), make_face("a", x=300, size=100), 0.3, RULES)
    assert [(start, end) for start, end, _ in presence.recent] == [
        (at(1.0), at(2.0)),
        (at(2.0), at(4.0)),
        (at(4.0), at(4.5)),
    ]
    assert all(isinstance(view, View) for _, _, view in presence.recent)
