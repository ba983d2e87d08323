"""Match faces with people, and presences with presences."""

from __future__ import annotations

import pytest

from tests.builders import at
from tests.unit.fieldtest.builders import make_presence, make_seen, make_truth, place
from vitrine.fieldtest.matching import match, match_frame, overlap, settled
from vitrine.fieldtest.measured import presences_of
from vitrine.fieldtest.truth import TrueFrame, TruePerson


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 10, 10), (10, 0, 10, 10)) == 0


def test_faces_go_to_people_in_the_best_pairs_and_the_rest_to_posters_or_nobody() -> (
    None
):
    people = tuple(
        TruePerson(
            name, (x, 0, 100, 100), visible=True, attending=False, lingering=False
        )
        for name, x in (("a", 0.0), ("b", 60.0), ("c", 500.0))
    )
    frame = TrueFrame("c", "north", 0, 640, 360, people, ((300.0, 0.0, 50.0, 50.0),))
    faces = {"1": (50.0, 0.0, 100.0, 100.0), "2": (5.0, 0.0, 100.0, 100.0)}
    rest = {"3": (305.0, 0.0, 50.0, 50.0), "4": (400.0, 0.0, 40.0, 40.0)}
    matched = match_frame(frame, faces | rest)
    assert matched.people == {"a": "2", "b": "1"}
    assert (set(matched.static_faces), set(matched.strays)) == ({"3"}, {"4"})


@pytest.mark.parametrize(
    ("x", "expected"), [(10.0, True), (50.0, False), (None, False)]
)
def test_a_covered_face_counts_as_visible_where_it_is_found(
    x: float | None, expected: bool
) -> None:
    person = TruePerson(
        "a", place("a"), visible=False, attending=False, lingering=False, covered=True
    )
    frame = TrueFrame("north-1", "north", at(0), 640, 360, (person,))
    left, top, width, height = place("a")
    faces = {} if x is None else {"t": ((left + x, top, width, height), [(0.0, 0.0)])}
    (after,) = settled([frame], make_seen(faces))
    assert after.people[0].visible is expected


def test_presences_pair_by_the_frames_that_they_share() -> None:
    truth = make_truth({"a": [(0, 10)], "c": [(0, 10)]})
    seen = make_seen(
        {
            "t": (place("a"), [(0, 6)]),
            "u": (place("a"), [(6.1, 10)]),
            "v": (place("c"), [(1, 9)]),
        }
    )
    presences = [
        make_presence("u", 6.1, 10),
        make_presence("v", 1, 9),
        make_presence("t", 0, 6),
    ]
    found = match(truth.frames, truth.presences, seen, presences)
    assert {(true.person, mine.presence_id) for true, mine in found.pairs} == {
        ("a", "t"),
        ("c", "v"),
    }
    assert [(extra.presence.presence_id, extra.kind) for extra in found.extras] == [
        ("u", "split")
    ]
    assert found.missed == ()


def test_a_static_face_takes_nobodys_presence() -> None:
    poster = (300.0, 50.0, 60.0, 80.0)
    truth = make_truth({"a": [(0, 1)]}, static_faces=[poster])
    seen = make_seen({"t": (poster, [(2, 10)])})
    found = match(truth.frames, truth.presences, seen, [make_presence("t", 2, 10)])
    assert [extra.kind for extra in found.extras] == ["static"]
    assert [true.person for true in found.missed] == ["a"]


def test_parts_are_put_together_and_named_by_the_latest_decision() -> None:
    part = {"presence_id": "p", "stand_id": "north", "track_ids": ["t", "u"], "part": 0}
    exposures = [
        part
        | {
            "part": 1,
            "start_ns": at(60),
            "end_ns": at(70),
            "attention": [[at(60), at(61)]],
        },
        part | {"start_ns": at(50), "end_ns": at(60), "attention": [[at(52), at(60)]]},
    ]
    decision = {"track_id": "u", "visit_id": "visit", "decided_at_ns": at(51)}
    identities = [
        decision | {"visitor_id": "new", "decided_at_ns": at(55)},
        decision | {"visitor_id": "old"},
    ]
    (presence,) = presences_of(exposures, identities, {"u": "north-1"})
    assert (presence.start_ns, presence.end_ns, presence.camera_id) == (
        at(50),
        at(70),
        "north-1",
    )
    assert (presence.attention, presence.visitor_id) == (((at(52), at(61)),), "new")
