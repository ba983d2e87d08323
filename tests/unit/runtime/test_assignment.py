"""Partitions of a run: what is held, suspected and committed in each."""

from __future__ import annotations

from collections.abc import Sequence

from vitrine.bus import Commit, Record, TopicPartition
from vitrine.runtime.assignment import Assignment
from vitrine.runtime.poison import LIMIT, Note, Suspicion, read_note
from vitrine.topics import COVERAGE

FIRST = TopicPartition(COVERAGE.name, 0)
SECOND = TopicPartition(COVERAGE.name, 1)


def make_records(*places: tuple[int, int]) -> list[Record]:
    """Return records at these partitions and offsets."""
    records = []
    for partition, offset in places:
        record = Record(
            topic=COVERAGE.name,
            partition=partition,
            offset=offset,
            key="s",
            value=b"",
            headers={},
            appended_at_ns=0,
        )
        records.append(record)
    return records


def make_assignment(suspicion: Suspicion | None = None) -> Assignment:
    """Both partitions, adopted; the suspicion is of the first."""
    assignment = Assignment()
    assignment.assign([FIRST, SECOND])
    note = Note(suspicion=suspicion)
    assignment.adopt({FIRST: Commit(0, note.text()), SECOND: None})
    return assignment


def places(records: Sequence[Record]) -> list[tuple[int, int]]:
    return [(record.partition, record.offset) for record in records]


def test_a_suspect_is_handled_alone_and_the_rest_is_held() -> None:
    assignment = make_assignment(Suspicion(last=5, attempts=0))
    records = make_records((1, 0), (0, 5), (0, 6))
    assert places(assignment.admit(records)) == [(1, 0)]
    assert places(assignment.admit(assignment.held)) == [(0, 5)]
    assert places(assignment.held) == [(0, 6)]


def test_without_a_suspicion_everything_is_handled_at_once() -> None:
    assignment = make_assignment()
    records = make_records((0, 5), (1, 0))
    assert assignment.admit(records) == records
    assert assignment.held == []


def test_held_records_go_with_their_partition() -> None:
    assignment = make_assignment(Suspicion(last=0, attempts=0))
    records = make_records((0, 0), (0, 1), (1, 7))
    assignment.admit(records)
    assert places(assignment.held) == [(0, 1), (1, 7)]
    assignment.revoke([FIRST])
    assert places(assignment.held) == [(1, 7)]


def test_the_handler_hears_only_of_lost_partitions_that_it_was_given() -> None:
    assignment = Assignment()
    assignment.assign([FIRST])
    assignment.adopt({FIRST: None})
    assignment.assign([SECOND])
    assert assignment.revoke([SECOND, FIRST]) == [FIRST]
    assert assignment.owned == set()
    assert assignment.pending == set()


def test_a_lost_partition_takes_its_suspicion_with_it() -> None:
    assignment = make_assignment(Suspicion(last=5, attempts=LIMIT))
    (record,) = make_records((0, 5))
    assert assignment.condemns(record)
    assignment.revoke([FIRST])
    assert not assignment.condemns(record)


def test_a_batch_that_stopped_the_process_is_noted_without_moving_an_offset() -> None:
    assignment = make_assignment()
    assignment.committed({FIRST: Commit(3, Note("of the handler").text())})
    records = make_records((0, 3), (0, 4), (1, 8))
    noted = assignment.accuse(records)
    first = Note("of the handler", Suspicion(last=4, attempts=0))
    second = Note(suspicion=Suspicion(last=8, attempts=1))
    assert noted == {FIRST: Commit(3, first.text()), SECOND: Commit(8, second.text())}


def test_the_first_new_records_after_a_start_are_accused_before_they_are_handled() -> (
    None
):
    assignment = make_assignment()
    first = make_records((0, 0), (0, 1))
    noted = assignment.attempt(first)
    assert read_note(noted[FIRST]).suspicion == Suspicion(last=1, attempts=0)
    assignment.committed(noted)
    assert assignment.progress(first, {}) == {FIRST: Commit(2)}
    assert assignment.attempt(make_records((0, 2), (0, 3))) == {}


def test_what_a_replay_repeats_is_accused_by_nobody_until_it_reaches_new_records() -> (
    None
):
    assignment = Assignment()
    assignment.assign([FIRST])
    assignment.adopt({FIRST: Commit(0, Note(done=2).text())})
    replayed = make_records((0, 0), (0, 1))
    assert assignment.attempt(replayed) == {}
    assignment.progress(replayed, {FIRST: Commit(0)})
    (accused,) = assignment.attempt(make_records((0, 2))).values()
    assert read_note(accused).suspicion == Suspicion(last=2, attempts=1)


def test_a_suspect_is_accused_again_before_each_attempt() -> None:
    assignment = make_assignment(Suspicion(last=5, attempts=1))
    assignment.progress(make_records((0, 4)), {})
    (accused,) = assignment.attempt(make_records((0, 5))).values()
    assert read_note(accused).suspicion == Suspicion(last=5, attempts=2)


def test_an_accusation_that_is_withdrawn_leaves_what_was_there() -> None:
    assignment = make_assignment(Suspicion(last=5, attempts=1))
    accused = assignment.attempt(make_records((0, 5)))
    assignment.committed(accused)
    assert assignment.withdraw(accused) == {
        FIRST: Commit(0, Note(suspicion=Suspicion(last=5, attempts=1)).text())
    }


def test_progress_is_the_end_of_the_batch_or_what_the_handler_says() -> None:
    assignment = make_assignment()
    records = make_records((0, 5), (1, 7), (1, 8))
    open_since = Commit(2, Note("open", done=9).text())
    assert assignment.progress(records, {}) == {FIRST: Commit(6), SECOND: Commit(9)}
    assert assignment.progress(records, {SECOND: Commit(2, "open")}) == {
        FIRST: Commit(6),
        SECOND: open_since,
    }


def test_progress_leaves_out_what_was_committed_already() -> None:
    assignment = make_assignment()
    assignment.committed({FIRST: Commit(6)})
    assert assignment.progress(make_records((0, 5)), {}) == {}


def test_a_suspicion_lasts_until_its_last_record_is_handled() -> None:
    suspicion = Suspicion(last=5, attempts=1)
    assignment = make_assignment(suspicion)
    before = assignment.progress(make_records((0, 4)), {})
    assert before == {FIRST: Commit(5, Note(suspicion=suspicion).text())}
    after = assignment.progress(make_records((0, 5)), {})
    assert after == {FIRST: Commit(6)}
