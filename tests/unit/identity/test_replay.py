"""A restart resumes where open tracks began, and repeats their decisions."""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders import at, make_face, make_frame_faces, make_track_id, received
from tests.unit.identity.toy_stand import ToyStand, decisions, person
from vitrine.bus import Commit, TopicPartition
from vitrine.customers.visitors import StandDay
from vitrine.runtime import Outputs
from vitrine.schemas import Identity
from vitrine.services.identity.replay import first_needed


def shown_at(
    stand: ToyStand,
    track: str,
    seconds: float,
    *,
    offset: int,
) -> list[int]:
    """Show a face; returns the offsets that a restart has to begin at."""
    outputs = stand.show(track, seconds, offset=offset)
    return offsets(outputs)


def offsets(outputs: Outputs) -> list[int]:
    commits = outputs.resume.values()
    return [commit.offset for commit in commits]


def test_the_first_record_of_the_oldest_open_track_is_needed() -> None:
    stand = ToyStand()
    stand.show("a", 0, offset=10)
    assert shown_at(stand, "b", 1, offset=11) == [10]
    assert shown_at(stand, "b", 4, offset=12) == [11]


def test_a_track_is_open_for_two_seconds_after_it_was_seen() -> None:
    stand = ToyStand()
    stand.show("a", 0, offset=10)
    assert shown_at(stand, "b", 1.99, offset=11) == [10]
    assert shown_at(stand, "b", 2, offset=12) == [11]


def day_with_track(stand_id: str, *, offset: int) -> StandDay:
    day = StandDay(stand_id, date(2027, 1, 15))
    day.begin("a", f"{stand_id}-1", at(0), offset)
    return day


@pytest.mark.parametrize(
    ("north", "south"),
    [
        (10, 12),
        (12, 10),
    ],
)
def test_the_oldest_track_of_all_stands_of_a_partition_is_needed(
    north: int, south: int
) -> None:
    frame = received(make_frame_faces(0), offset=20)
    days = {
        (frame.source, "north"): day_with_track("north", offset=north),
        (frame.source, "south"): day_with_track("south", offset=south),
    }
    assert first_needed(days, [frame]) == {frame.source: Commit(10)}


def test_a_stand_of_another_partition_needs_nothing() -> None:
    frame = received(make_frame_faces(0), offset=20)
    other = TopicPartition("faces", frame.source.partition + 1)
    days = {(other, "north"): day_with_track("north", offset=10)}
    assert first_needed(days, [frame]) == {}


def test_a_batch_without_faces_needs_nothing_new() -> None:
    stand = ToyStand()
    stand.show("a", 0, offset=10)
    outputs = stand.handler.handle([])
    assert offsets(outputs) == []


def test_a_source_that_ended_needs_nothing() -> None:
    stand = ToyStand()
    stand.show("a", 0, offset=10)
    frame = make_frame_faces(0.1, ended=True)
    end = received(frame, offset=11)
    outputs = stand.handler.handle([end])
    assert offsets(outputs) == []


def test_a_track_of_five_minutes_holds_no_offset_and_keeps_its_id_after_a_restart() -> (
    None
):
    stand = ToyStand()
    (first,) = stand.see("a", 0)
    for second in range(1, 300):
        outputs = stand.show("a", second, offset=second)
        assert offsets(outputs) == [0]
    assert shown_at(stand, "a", 300, offset=300) == []
    (again,) = ToyStand().see("a", 301)
    assert again.visitor_id == first.visitor_id


def test_a_track_whose_beginning_a_replay_does_not_see_is_not_decided_anew() -> None:
    over = make_track_id(0)
    held = make_track_id(1)
    stand = ToyStand()
    stand.show(over, 0, offset=0)
    stand.show(held, 1, offset=1)
    assert shown_at(stand, held, 4, offset=2) == [1]
    faces = [make_face(held), make_face(over)]
    frame = make_frame_faces(1, faces)
    replayed = received(frame, offset=1)
    outputs = ToyStand().handler.handle([replayed])
    again = decisions(outputs)
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
            vector = person(1, tenth / 100)
            found += stand.see("a", tenth / 10, vector)
        return found

    once = run()
    assert [decision.known for decision in once] == [False, True]
    assert run() == once
