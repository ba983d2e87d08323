"""The live state of a stand: when it is due, and who is in it."""

from __future__ import annotations

import pytest

from tests.builders import T0_NS, at, make_face, make_frame_faces
from vitrine.mall import Stand
from vitrine.presence.people import CameraPeople
from vitrine.presence.snapshot import is_due, snapshot
from vitrine.services.engagement.settings import EngagementSettings

RULES = EngagementSettings(count_static_faces=True).rules(Stand(id="north"), "v1")


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
        (5.0, None, True),
    ],
)
def test_a_stand_is_shown_in_each_quarter_of_a_second(
    now_s: float, last_s: float | None, due: bool
) -> None:
    last_ns = None if last_s is None else at(last_s)
    assert is_due(at(now_s), last_ns) == due


def camera(name: str, people: int, *, synthetic: bool = False) -> CameraPeople:
    """A camera that has seen so many people side by side, in two frames."""
    seen = CameraPeople("north", name, T0_NS, T0_NS)
    faces = [make_face(f"{name}{n}", x=5 * n, size=30) for n in range(people)]
    for second in (0.0, 0.1):
        seen.observe(make_frame_faces(second, faces, synthetic=synthetic), RULES)
    return seen


def test_everybody_before_any_camera_is_shown() -> None:
    state = snapshot([camera("a", 1), camera("b", 2)], at(0.1), RULES)
    assert [person.track_id for person in state.people] == ["a0", "b0", "b1"]
    assert (state.stand_id, state.at_ns, state.config_version) == (
        "north",
        at(0.1),
        "v1",
    )


def test_at_most_two_hundred_people_are_shown() -> None:
    seen = camera("a", 1)
    seen.presences = seen.presences * 201
    assert len(snapshot([seen], at(0.1), RULES).people) == 200


def test_who_has_not_moved_is_not_shown() -> None:
    seen = camera("a", 2)
    seen.presences[0].liveness.proven = False
    (person,) = snapshot([seen], at(0.1), RULES).people
    assert person.track_id == "a1"


@pytest.mark.parametrize("marked", [(True, False), (False, True), (False, False)])
def test_a_stand_with_a_synthetic_camera_is_synthetic(
    marked: tuple[bool, bool],
) -> None:
    cameras = [camera("a", 1, synthetic=marked[0]), camera("b", 1, synthetic=marked[1])]
    assert snapshot(cameras, at(0.1), RULES).synthetic == any(marked)
