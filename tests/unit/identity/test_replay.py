"""A restart resumes where open tracks began, and repeats their decisions."""

from __future__ import annotations

from tests.builders import make_face, make_frame_faces, make_track_id, received
from tests.unit.identity.toy_stand import ToyStand, decisions, person
from vitrine.runtime import Outputs
from vitrine.schemas import Identity


def offsets(outputs: Outputs) -> list[int]:
    return [commit.offset for commit in outputs.resume.values()]


def test_the_first_record_of_the_oldest_open_track_is_needed() -> None:
    stand = ToyStand()
    stand.show("a", 0, offset=10)
    assert offsets(stand.show("b", 1, offset=11)) == [10]
    assert offsets(stand.show("b", 4, offset=12)) == [11]


def test_a_track_is_open_for_two_seconds_after_it_was_seen() -> None:
    stand = ToyStand()
    stand.show("a", 0, offset=10)
    assert offsets(stand.show("b", 1.99, offset=11)) == [10]
    assert offsets(stand.show("b", 2, offset=12)) == [11]


def test_the_oldest_track_of_all_stands_of_a_partition_is_needed() -> None:
    stand = ToyStand()
    stand.show("a", 0, offset=10)
    north = received(make_frame_faces(0, [make_face("b")]), offset=12)
    assert offsets(stand.handler.handle([north])) == [10]


def test_a_batch_without_faces_needs_nothing_new() -> None:
    stand = ToyStand()
    stand.show("a", 0, offset=10)
    assert offsets(stand.handler.handle([])) == []


def test_a_source_that_ended_needs_nothing() -> None:
    stand = ToyStand()
    stand.show("a", 0, offset=10)
    end = received(make_frame_faces(0.1, ended=True), offset=11)
    assert offsets(stand.handler.handle([end])) == []


def test_a_track_of_five_minutes_holds_no_offset_and_keeps_its_id_after_a_restart() -> (
    None
):
    stand = ToyStand()
    (first,) = stand.see("a", 0)
    for second in range(1, 300):
        outputs = stand.show("a", second, offset=second)
        assert offsets(outputs) == [0]
    assert offsets(stand.show("a", 300, offset=300)) == []
    (again,) = ToyStand().see("a", 301)
    assert again.visitor_id == first.visitor_id


def test_a_track_whose_beginning_a_replay_does_not_see_is_not_decided_anew() -> None:
    over = make_track_id(0)
    held = make_track_id(1)
    stand = ToyStand()
    stand.show(over, 0, offset=0)
    stand.show(held, 1, offset=1)
    assert offsets(stand.show(held, 4, offset=2)) == [1]
    faces = [make_face(held), make_face(over)]
    replayed = received(make_frame_faces(1, faces), offset=1)
    again = decisions(ToyStand().handler.handle([replayed]))
    assert [decision.track_id for decision in again] == [held]


def test_a_track_that_began_five_minutes_before_a_replay_goes_on() -> None:
    long = make_track_id(0)
    assert ToyStand().see(long, 299) == []
    (decision,) = ToyStand().see(long, 300)
    assert decision.track_id == long


def test_a_replay_repeats_the_decisions() -> None:
    def run() -> list[Identity]:
        stand = ToyStand(ada=person(1))
        found = []
        for tenth in range(12):
            found += stand.see("a", tenth / 10, person(1, tenth / 100))
        return found

    once = run()
    assert [decision.known for decision in once] == [False, True]
    assert run() == once
