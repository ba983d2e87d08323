"""The live state of a stand: when it is due, and who is in it."""

from __future__ import annotations

import pytest

from tests.builders import T0_NS, at, make_face, make_frame_faces
from vitrine.mall import Stand
from vitrine.presence.people import CameraPeople
from vitrine.presence.snapshot import is_due, snapshot
from vitrine.schemas import StandEngagement
from vitrine.services.engagement.settings import EngagementSettings

SETTINGS = EngagementSettings(count_static_faces=True)
RULES = SETTINGS.rules(Stand(id="north"), "v1")


@pytest.mark.parametrize(
    ("now_s", "last_s", "due"),
    [
        (0.24, 0.0, False),
        (0.25, 0.0, True),
        (0.25, 0.24, True),
        (0.49, 0.25, False),
        (5.0, 5.0, False),
        (3.0, 5.0, False),
        (2.99, 5.0, True),
    ],
)
def test_a_stand_is_shown_in_each_quarter_of_a_second(
    now_s: float, last_s: float, due: bool
) -> None:
    assert is_due(at(now_s), at(last_s)) == due


def test_a_stand_that_was_never_shown_is_due() -> None:
    assert is_due(at(5.0), None)


def make_camera(
    name: str,
    people: int = 1,
    *,
    synthetic: bool = False,
) -> CameraPeople:
    """A camera that has seen so many people side by side, in two frames."""
    camera = CameraPeople(
        stand_id="north",
        camera_id=name,
        seen_ns=T0_NS,
        appended_at_ns=T0_NS,
    )
    faces = []
    for number in range(people):
        face = make_face(f"{name}{number}", x=5 * number, size=30)
        faces.append(face)
    for second in (0.0, 0.1):
        frame = make_frame_faces(second, faces, synthetic=synthetic)
        camera.observe(frame, RULES)
    return camera


def taken(*cameras: CameraPeople) -> StandEngagement:
    return snapshot(cameras, at(0.1), RULES)


def tracks(state: StandEngagement) -> list[str]:
    return [person.track_id for person in state.people]


def test_everybody_before_any_camera_is_shown() -> None:
    state = taken(make_camera("a", 1), make_camera("b", 2))
    assert tracks(state) == ["a0", "b0", "b1"]
    assert state.stand_id == "north"
    assert state.at_ns == at(0.1)
    assert state.config_version == "v1"


def test_at_most_two_hundred_people_are_shown() -> None:
    camera = make_camera("a")
    camera.presences = camera.presences * 201
    assert len(taken(camera).people) == 200


def test_who_has_not_moved_is_not_shown() -> None:
    camera = make_camera("a", 2)
    camera.presences[0].liveness.proven = False
    assert tracks(taken(camera)) == ["a1"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (True, False),
        (False, True),
        (False, False),
    ],
)
def test_a_stand_with_a_synthetic_camera_is_synthetic(
    first: bool, second: bool
) -> None:
    a = make_camera("a", synthetic=first)
    b = make_camera("b", synthetic=second)
    assert taken(a, b).synthetic == (first or second)
