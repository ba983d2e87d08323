"""The loop: outputs before offsets, nothing lost, bad records set aside, crashes repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from threading import Event, Thread
from typing import Any

import pytest
from prometheus_client import REGISTRY

from vitrine.bus import (
    Bus,
    Commit,
    Message,
    Outgoing,
    Received,
    TopicPartition,
    encode,
)
from vitrine.bus.memory import MemoryBus, MemoryConsumer
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.runtime import Handler, Outputs, ServiceLoop
from vitrine.runtime.publishing import TooLarge
from vitrine.runtime.stop import DrainingStop
from vitrine.schemas import Coverage, DeadLetter
from vitrine.telemetry.health import Health
from vitrine.topics import BY_NAME, COVERAGE, DEAD_LETTERS, TOPICS, Topic

COVERAGE_COPY = Topic(
    "coverage-copy",
    "stand",
    Coverage,
    "For this test.",
    (),
    (),
    1,
    retention_ms=1000,
)


class Crash(Exception):
    """A scripted end of the process."""


def coverage(second: int) -> Coverage:
    start = second * 10**9
    return Coverage(
        camera_id="c",
        stand_id="s",
        start_ns=start,
        end_ns=start + 10**9,
        usable_ns=0,
        frames=second,
        dropped=0,
    )


def bus_with(*seconds: int) -> MemoryBus:
    bus = MemoryBus([*TOPICS, COVERAGE_COPY])
    send(
        bus, *(encode(Outgoing(COVERAGE, "s", coverage(second))) for second in seconds)
    )
    return bus


def send(bus: Bus, *messages: Message) -> None:
    producer = bus.producer()
    for message in messages:
        producer.send(message)
    producer.flush()


readers = count()


def read(bus: Bus, topic: Topic) -> list[Any]:
    consumer = bus.consumer(f"reader-{next(readers)}", [topic])
    records = consumer.poll(0, 1000)
    consumer.close()
    return [topic.schema.model_validate_json(record.value) for record in records]


class Copier(Handler):
    """Copies coverage records; stops the loop after `expected` of them."""

    def __init__(
        self,
        stop: Event,
        expected: int,
        script: Callable[[Coverage], None] | None = None,
    ) -> None:
        self.stop = stop
        self.expected = expected
        self.script = script
        self.seen: list[int] = []

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        for received in batch:
            if self.script:
                self.script(received.event)
        self.seen += [received.event.frames for received in batch]
        if len(self.seen) >= self.expected:
            self.stop.set()
        return Outputs(
            [Outgoing(COVERAGE_COPY, "s", received.event) for received in batch]
        )


@pytest.fixture(autouse=True)
def copy_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BY_NAME, "coverage-copy", COVERAGE_COPY)


def loop_on(
    bus: MemoryBus,
    handler: Handler,
    **options: Any,
) -> ServiceLoop:
    options = {"idle_s": 0.01, **options}
    return ServiceLoop(
        "analytics",
        bus,
        [COVERAGE],
        handler,
        Health(),
        **options,
    )


def test_outputs_are_published_and_offsets_committed() -> None:
    bus = bus_with(1, 2, 3)
    stop = Event()
    loop_on(bus, Copier(stop, 3)).run(stop)
    assert [c.frames for c in read(bus, COVERAGE_COPY)] == [1, 2, 3]
    assert sum(bus.backlog("analytics", COVERAGE).values()) == 0


def test_a_record_of_another_schema_becomes_a_dead_letter_and_the_rest_goes_on() -> (
    None
):
    bus = bus_with(1)
    stop = Event()
    headers = {"schema": b"coverage/1"}
    send(
        bus,
        Message("coverage", "s", b'{"camera_id": "somebody"}', headers),
        Message("coverage", "s", b"x"),
    )
    send(bus, encode(Outgoing(COVERAGE, "s", coverage(2))))
    loop_on(bus, Copier(stop, 2)).run(stop)
    letters: list[DeadLetter] = read(bus, DEAD_LETTERS)
    assert [c.frames for c in read(bus, COVERAGE_COPY)] == [1, 2]
    assert [letter.offset for letter in letters] == [1, 2]
    assert "stand_id: Field required" in letters[0].reason
    assert "somebody" not in letters[0].reason
    assert "expected 'coverage/2'" in letters[1].reason


def test_a_refusal_by_the_handler_becomes_a_dead_letter() -> None:
    class Refusing(Handler):
        def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
            stop.set()
            return Outputs(
                rejected=[(received, "clock went backwards") for received in batch]
            )

    bus = bus_with(1)
    stop = Event()
    loop_on(bus, Refusing()).run(stop)
    assert [letter.reason for letter in read(bus, DEAD_LETTERS)] == [
        "clock went backwards"
    ]


def test_it_is_ready_once_the_group_has_given_it_its_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bus = bus_with(1)
    stop = Event()
    health = Health()
    reasons = []

    class Watching(Handler):
        def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
            reasons.append(health.reasons())
            if len(reasons) == 2:
                monkeypatch.undo()
            if batch and len(reasons) > 2:
                stop.set()
            return Outputs()

    monkeypatch.setattr(MemoryConsumer, "_follow_assignment", lambda _: None)
    loop = loop_on(bus, Watching())
    loop.health = health
    loop.run(stop)
    assert [list(each) for each in reasons] == [
        ["analytics-group"],
        ["analytics-group"],
        [],
    ]


def test_unavailable_repeats_the_batch_and_says_so() -> None:
    bus = bus_with(1, 2)
    stop = Event()
    reasons = []
    health = Health()

    def fail_twice(_: Coverage) -> None:
        reasons.append(health.reasons())
        if len(reasons) < 3:
            raise Unavailable("Redis is away")

    loop = loop_on(bus, Copier(stop, 2, fail_twice))
    loop.health = health
    loop.run(stop)
    assert [c.frames for c in read(bus, COVERAGE_COPY)] == [1, 2]
    assert reasons[1] == {"analytics": "Redis is away"}
    assert health.reasons() == {}


def test_a_crash_in_the_handler_repeats_the_batch_after_a_restart() -> None:
    bus = bus_with(1, 2)
    stop = Event()

    def crash(event: Coverage) -> None:
        raise Crash

    with pytest.raises(Crash):
        loop_on(bus, Copier(stop, 2, crash)).run(stop)
    assert read(bus, COVERAGE_COPY) == []
    loop_on(bus, Copier(stop, 2)).run(stop)
    assert [c.frames for c in read(bus, COVERAGE_COPY)] == [1, 2]


def test_a_crash_between_publish_and_commit_repeats_equal_outputs() -> None:
    bus = bus_with(1, 2)
    stop = Event()

    class Fragile(Copier):
        def published(self, outputs: Outputs) -> None:
            raise Crash

    with pytest.raises(Crash):
        loop_on(bus, Fragile(stop, 2)).run(stop)
    stop.clear()
    loop_on(bus, Copier(stop, 2)).run(stop)
    copies = read(bus, COVERAGE_COPY)
    assert [c.frames for c in copies] == [1, 2, 1, 2]
    assert copies[:2] == copies[2:]


def refused() -> float:
    labels = {"service": "analytics", "topic": "coverage"}
    return REGISTRY.get_sample_value("vitrine_records_invalid_total", labels) or 0


def test_a_record_that_stops_the_process_three_times_is_set_aside_and_its_neighbours_are_kept() -> (
    None
):
    bus = bus_with(1, 2, 3)
    stop = Event()
    before = refused()

    def poison(event: Coverage) -> None:
        if event.frames == 2:
            raise Crash

    crashes = 0
    while 3 not in [c.frames for c in read(bus, COVERAGE_COPY)]:
        try:
            loop_on(bus, Copier(stop, 1, poison)).run(stop)
        except Crash:
            crashes += 1
        stop.clear()
    assert crashes == 4  # once as a batch, then three times alone
    assert sorted(c.frames for c in read(bus, COVERAGE_COPY)) == [1, 3]
    assert [(letter.offset, letter.kind) for letter in read(bus, DEAD_LETTERS)] == [
        (1, "poison")
    ]
    assert refused() == before + 1


class Killed(BaseException):
    """A process that is killed in the middle: nothing of it can say so any more."""


@pytest.mark.parametrize("needs_older", [False, True])
def test_a_record_that_kills_the_process_is_set_aside_too(needs_older: bool) -> None:
    bus = bus_with(1, 2, 3, 4)
    stop = Event()

    class Fatal(Copier):
        def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
            numbers = [received.event.frames for received in batch]
            if 3 in numbers:
                raise Killed
            if 4 in numbers:
                self.stop.set()
            outputs = super().handle(batch)
            if needs_older:
                outputs.resume = {received.source: Commit(0) for received in batch}
            return outputs

    kills = 0
    while not stop.is_set():
        try:
            loop_on(bus, Fatal(stop, 100), max_records=2).run(stop)
        except Killed:
            kills += 1
        assert kills < 10
    assert {copy.frames for copy in read(bus, COVERAGE_COPY)} == {1, 2, 4}
    assert [letter.offset for letter in read(bus, DEAD_LETTERS)] == [2]


def test_a_record_that_leads_to_more_than_a_topic_can_hold_counts_as_stopping_the_process() -> (
    None
):
    small = replace(COVERAGE_COPY, max_message_bytes=2_000)

    class Swelling(Copier):
        def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
            copies = super().handle(batch).messages
            numbers = [received.event.frames for received in batch]
            small_ones = zip(numbers, copies, strict=True)
            return Outputs(
                [
                    replace(c, topic=small) if number == 2 else c
                    for number, c in small_ones
                ]
            )

    bus = bus_with(1, 2, 3)
    stop = Event()
    crashes = 0
    while 3 not in [c.frames for c in read(bus, COVERAGE_COPY)]:
        try:
            loop_on(bus, Swelling(stop, 1)).run(stop)
        except TooLarge as error:
            crashes += "a record for coverage-copy has 1" in str(error)
        stop.clear()
    assert crashes == 4
    assert sorted(c.frames for c in read(bus, COVERAGE_COPY)) == [1, 3]
    assert [(letter.offset, letter.kind) for letter in read(bus, DEAD_LETTERS)] == [
        (1, "poison")
    ]


@pytest.mark.parametrize(
    "error", [ConfigurationError("stands.yaml:3: …"), Unavailable("Redis is away")]
)
def test_no_record_is_blamed_for_what_stands_outside(error: Exception) -> None:
    bus = bus_with(1)
    stop = Event()

    def fail(_: Coverage) -> None:
        raise error

    for _ in range(5):
        with pytest.raises(type(error)):
            loop_on(bus, Copier(stop, 1, fail), startup_limit_s=0.01).run(stop)
    loop_on(bus, Copier(stop, 1)).run(stop)
    assert [c.frames for c in read(bus, COVERAGE_COPY)] == [1]
    assert read(bus, DEAD_LETTERS) == []


def test_a_handler_that_needs_older_records_gets_them_and_its_note_back() -> None:
    bus = bus_with(1, 2, 3)
    stop = Event()
    assigned: list[Mapping[TopicPartition, Commit | None]] = []

    class Holding(Copier):
        def assigned(
            self, commits: Mapping[TopicPartition, Commit | None]
        ) -> Mapping[TopicPartition, int]:
            assigned.append(commits)
            return {}

        def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
            outputs = super().handle(batch)
            outputs.resume = {
                received.source: Commit(1, "open since 1") for received in batch
            }
            return outputs

    loop_on(bus, Holding(stop, 3)).run(stop)
    stop.clear()
    again = Holding(stop, 2)
    loop_on(bus, again).run(stop)
    assert again.seen == [2, 3]
    assert Commit(1, "open since 1") in assigned[-1].values()


def test_a_handler_with_its_own_offsets_starts_there() -> None:
    bus = bus_with(1, 2, 3)
    stop = Event()

    class Own(Copier):
        def assigned(
            self, commits: Mapping[TopicPartition, Commit | None]
        ) -> Mapping[TopicPartition, int]:
            return dict.fromkeys(commits, 2)

    own = Own(stop, 1)
    loop_on(bus, own).run(stop)
    assert own.seen == [3]


def test_a_graceful_stop_publishes_the_last_outputs() -> None:
    bus = bus_with()
    stop = Event()

    class Closing(Handler):
        def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
            stop.set()
            return Outputs()

        def stopped(self) -> Outputs:
            return Outputs([Outgoing(COVERAGE_COPY, "s", coverage(9))])

    loop_on(bus, Closing()).run(stop)
    assert [c.frames for c in read(bus, COVERAGE_COPY)] == [9]


def test_a_store_that_never_answers_at_start_ends_the_process_after_the_limit() -> None:
    class Away(Handler):
        def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
            raise Unavailable(
                "Redis at localhost:6379 does not answer; start it or set VITRINE_REDIS_URL"
            )

    with pytest.raises(Unavailable, match="start it or set VITRINE_REDIS_URL"):
        loop_on(bus_with(1), Away(), startup_limit_s=0.2).run(Event())


def test_stop_ends_a_loop_that_waits_for_something_unavailable() -> None:
    stop = Event()
    waiting = Event()

    class Away(Handler):
        def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
            waiting.set()
            raise Unavailable("away")

    thread = Thread(target=loop_on(bus_with(1), Away()).run, args=(stop,))
    thread.start()
    assert waiting.wait(5)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_a_draining_stop_ends_after_everything_on_the_bus() -> None:
    stop = DrainingStop()
    stop.set()
    copier = Copier(Event(), 0)
    loop_on(bus_with(1, 2, 3, 4, 5), copier, max_records=2).run(stop)
    assert copier.seen == [1, 2, 3, 4, 5]


def test_a_draining_stop_waits_until_the_group_has_shared_out_the_partitions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bus = bus_with(1, 2)
    stop = DrainingStop()
    copier = Copier(Event(), 0)
    polls = count()
    poll = MemoryConsumer.poll
    monkeypatch.setattr(
        MemoryConsumer, "poll", lambda *args: poll(*args) if next(polls) > 3 else []
    )
    stop.set()
    loop_on(bus, copier).run(stop)
    assert copier.seen == [1, 2]


def test_a_draining_stop_ends_a_member_that_gets_no_partition() -> None:
    stop = DrainingStop()
    bus = bus_with()
    others = [bus.consumer("analytics", [COVERAGE]) for _ in range(COVERAGE.partitions)]
    for other in others:
        other.poll(0, 1)
    stop.set()
    loop_on(bus, Copier(Event(), 0), startup_limit_s=0.05).run(stop)


def test_a_plain_stop_leaves_the_rest_for_the_next_run() -> None:
    stop = Event()
    bus = bus_with(1, 2, 3, 4, 5)
    loop_on(bus, Copier(stop, 1), max_records=2).run(stop)
    again = Copier(stop, 1)
    stop.clear()
    loop_on(bus, again).run(stop)
    assert again.seen == [3, 4, 5]
