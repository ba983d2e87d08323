"""A restart resumes where open tracks began, and repeats their decisions."""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders import at, make_face, make_frame_faces, make_track_id, received
from tests.unit.identity.toy_stand import ToyStand, decisions, person
from vitrine.bus import Commit, Received, TopicPartition
from vitrine.customers.visitors import StandDay
from vitrine.runtime import Outputs
from vitrine.schemas import Identity, Interaction, InteractionKind
from vitrine.services.identity.opt_outs import MOST_OPT_OUTS, OptOuts, first_of
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


class TestOptOuts:
    """Who opted out stays so over a restart, whichever topic is read first."""

    def opted_out(self) -> tuple[ToyStand, Received[Interaction], Outputs]:
        stand, request = self.asked("opt-out")
        return stand, request, stand.handler.handle([request])

    def denied(self) -> tuple[ToyStand, Received[Interaction], Outputs]:
        stand, request = self.asked("not-me")
        return stand, request, stand.handler.handle([request])

    def asked(self, kind: InteractionKind) -> tuple[ToyStand, Received[Interaction]]:
        stand = ToyStand(ada=person(1))
        known = [each for each in stand.watch("a", person(1)) if each.known]
        visit_id = known[0].visit_id
        event = Interaction(
            interaction_id="i",
            stand_id="north",
            kind=kind,
            at_ns=at(1),
            visit_id=visit_id,
            config_version="c",
        )
        return stand, received(event, offset=7)

    def test_a_restart_begins_with_the_opt_out(self) -> None:
        _, request, outputs = self.opted_out()
        assert outputs.resume[request.source] == Commit(7)

    def test_who_opted_out_is_not_known_again_by_the_views_that_are_read_again(
        self,
    ) -> None:
        _, request, _ = self.opted_out()
        again = ToyStand(ada=person(1))
        again.handler.handle([request])
        found = again.watch("a", person(1))
        assert [each.reason for each in found] == ["opted-out"]

    def test_an_opt_out_of_a_visit_that_goes_on_is_held(self) -> None:
        stand, request, _ = self.opted_out()
        for second in range(2, 500):
            outputs = stand.show("a", second)
        assert outputs.resume[request.source] == Commit(7)

    def test_an_opt_out_of_a_visit_that_is_over_is_let_go(self) -> None:
        stand, request, _ = self.opted_out()
        stand.show("b", 100)
        assert request.source in stand.show("b", 200).resume
        assert request.source not in stand.show("b", 362).resume

    def test_so_is_the_word_of_a_visitor_who_may_come_back_today(self) -> None:
        stand, request, _ = self.denied()
        stand.show("b", 100)
        assert request.source in stand.show("b", 200).resume
        assert request.source not in stand.show("b", 362).resume

    def test_who_denied_to_be_a_customer_is_not_known_again_after_a_restart(
        self,
    ) -> None:
        _, request, _ = self.denied()
        again = ToyStand(ada=person(1))
        again.handler.handle([request])
        found = again.watch("a", person(1))
        assert [each.reason for each in found] == ["new-visitor"]

    def test_opt_outs_by_a_script_do_not_pile_up(self) -> None:
        opt_outs = OptOuts()
        _, request, _ = self.opted_out()
        for number in range(2 * MOST_OPT_OUTS):
            opt_outs.add(request, f"visit-{number}")
        assert not opt_outs.has("north", "visit-0")
        assert opt_outs.has("north", f"visit-{2 * MOST_OPT_OUTS - 1}")

    def test_opt_outs_that_moved_to_another_process_are_forgotten(self) -> None:
        stand, request, _ = self.opted_out()
        stand.handler.revoked([request.source])
        assert request.source not in stand.show("a", 2).resume


def test_of_two_places_in_a_partition_the_first_is_read_again() -> None:
    one = TopicPartition("interactions", 0)
    other = TopicPartition("interactions", 1)
    found = first_of({one: Commit(5)}, {one: Commit(3), other: Commit(9)})
    assert found == {one: Commit(3), other: Commit(9)}
    assert first_of({one: Commit(3)}, {one: Commit(5)}) == {one: Commit(3)}
