"""What every bus promises, on the memory bus and on a real Kafka: see `vitrine/bus/interface.py`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any
from uuid import uuid4

import pytest

from vitrine.bus import (
    Bus,
    Commit,
    Consumer,
    Message,
    PublishFailed,
    Record,
    TopicMismatch,
    TopicPartition,
    partition_for,
)
from vitrine.bus.memory import MemoryBus
from vitrine.schemas import Coverage
from vitrine.topics import Topic

LIMIT_S = 30.0


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def bus(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bus]:
    """A bus that closes its clients after the test."""
    made: Bus = MemoryBus()
    if request.param == "kafka":
        from vitrine.bus.kafka import KafkaBus

        made = KafkaBus(request.getfixturevalue("kafka_broker").servers)
    with ExitStack() as stack:
        stack.callback(made.close)
        for kind in ("producer", "consumer"):
            monkeypatch.setattr(made, kind, closing_after(stack, getattr(made, kind)))
        yield made


def closing_after(stack: ExitStack, make: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *arguments, **options: stack.enter_context(
        closing(make(*arguments, **options))
    )


def make_topic(
    bus: Bus | None = None, *, partitions: int = 1, max_message_bytes: int = 1_000_000
) -> Topic:
    """A topic of its own for each test; created on `bus`, if there is one."""
    topic = Topic(
        f"test-{uuid4().hex[:12]}", "stand", Coverage, "For a test.", (), (), partitions, 600_000,
        max_message_bytes=max_message_bytes,
    )  # fmt: skip
    if bus:
        bus.apply_topics([topic])
    return topic


def make_group() -> str:
    return f"group-{uuid4().hex[:12]}"


def publish(
    bus: Bus, topic: Topic, *values: str, key: str = "k", partition: int | None = None
) -> None:
    producer = bus.producer()
    for value in values:
        producer.send(Message(topic.name, key, value.encode(), partition=partition))
    producer.flush()
    producer.close()


def read(consumer: Consumer, count: int, max_records: int = 500) -> list[Record]:
    """The next `count` records; fails when they do not come."""
    records: list[Record] = []
    until(
        lambda: len(records) >= count,
        lambda: records.extend(consumer.poll(0.1, max_records)),
    )
    return records


def until(done: Callable[[], bool], step: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not done():
        assert time.monotonic() < deadline, "did not happen in time"
        step()


def values(records: Sequence[Record]) -> list[str]:
    return [record.value.decode() for record in records]


class Member:
    """A consumer that remembers what it owns."""

    def __init__(
        self, bus: Bus, group: str, *topics: Topic, from_end: bool = False
    ) -> None:
        self.owned: set[TopicPartition] = set()
        self.gained: list[TopicPartition] = []
        self.records: list[Record] = []
        self.consumer = bus.consumer(
            group,
            topics,
            on_assigned=self.assigned,
            on_revoked=self.revoked,
            from_end=from_end,
        )

    def assigned(self, sources: Sequence[TopicPartition]) -> None:
        assert not self.owned & set(sources)
        self.owned |= set(sources)
        self.gained += sources

    def revoked(self, sources: Sequence[TopicPartition]) -> None:
        assert self.owned >= set(sources)
        self.owned -= set(sources)

    def poll(self) -> None:
        records = self.consumer.poll(0.1, 500)
        assert {record.source for record in records} <= self.owned
        self.records += records


def settle(*members: Member, counts: Sequence[int]) -> None:
    """Each member polls in a thread of its own until they own so many partitions."""

    def settled() -> bool:
        return [len(member.owned) for member in members] == list(counts)

    with ThreadPoolExecutor(len(members)) as pool:
        for polling in [pool.submit(until, settled, member.poll) for member in members]:
            polling.result()


def all_joined(*members: Member) -> bool:
    return all(member.consumer.joined for member in members)


def test_a_partition_keeps_its_order_and_counts_offsets(bus: Bus) -> None:
    topic = make_topic(bus)
    publish(bus, topic, *(str(n) for n in range(1000)))
    records = read(bus.consumer(make_group(), [topic]), 1000)
    assert values(records) == [str(n) for n in range(1000)]
    assert [record.offset for record in records] == list(range(1000))


def test_a_key_chooses_its_partition_as_everywhere(bus: Bus) -> None:
    topic = make_topic(bus, partitions=5)
    keys = ["north", "south", "Süd", "east-1"]
    for key in keys:
        publish(bus, topic, "v", key=key)
    records = read(bus.consumer(make_group(), [topic]), len(keys))
    assert {record.key: record.partition for record in records} == {
        key: partition_for(key, 5) for key in keys
    }


def test_a_message_may_name_its_partition(bus: Bus) -> None:
    topic = make_topic(bus, partitions=4)
    publish(bus, topic, "v", partition=3)
    (record,) = read(bus.consumer(make_group(), [topic]), 1)
    assert record.source == TopicPartition(topic.name, 3)


def test_a_record_comes_back_as_it_was_sent(bus: Bus) -> None:
    topic = make_topic(bus)
    before = time.time_ns()
    producer = bus.producer()
    headers = {"schema": b"faces/1", "empty": b"", "meta": bytes(range(256))}
    producer.send(Message(topic.name, "Süd", b"\x00\xff", headers))
    producer.send(Message(topic.name, "k", b""))
    producer.flush()
    first, second = read(bus.consumer(make_group(), [topic]), 2)
    assert (first.topic, first.key, first.value, first.headers) == (
        topic.name,
        "Süd",
        b"\x00\xff",
        headers,
    )
    assert (second.key, second.value, second.headers) == ("k", b"", {})
    assert before - 1_000_000 <= first.appended_at_ns <= time.time_ns()


def test_nothing_is_lost_at_flush(bus: Bus) -> None:
    topic = make_topic(bus, partitions=3)
    sent = [str(n) for n in range(5000)]
    producer = bus.producer()
    for value in sent:
        producer.send(Message(topic.name, value, value.encode()))
    producer.flush()
    assert sorted(values(read(bus.consumer(make_group(), [topic]), 5000))) == sorted(
        sent
    )


def test_poll_returns_at_most_max_records_and_then_the_rest(bus: Bus) -> None:
    topic = make_topic(bus, partitions=2)
    publish(bus, topic, *"abc", partition=0)
    publish(bus, topic, *"def", partition=1)
    consumer = bus.consumer(make_group(), [topic])
    batches = list[list[str]]()
    until(
        lambda: sum(map(len, batches)) == 6,
        lambda: batches.append(values(consumer.poll(0.1, max_records=2))),
    )
    assert max(map(len, batches)) == 2
    assert sorted(chain(*batches)) == list("abcdef")


def test_poll_is_empty_after_its_timeout(bus: Bus) -> None:
    consumer = bus.consumer(make_group(), [make_topic(bus)])
    started = time.monotonic()
    assert list(consumer.poll(0.2, 10)) == []
    assert time.monotonic() - started >= 0.19


def test_a_group_goes_on_where_it_committed_and_finds_the_note(bus: Bus) -> None:
    topic = make_topic(bus)
    group = make_group()
    source = TopicPartition(topic.name, 0)
    publish(bus, topic, *"abcd")
    first = bus.consumer(group, [topic])
    read(first, 4)
    assert first.committed(source) is None
    first.commit({source: Commit(2, "open: b, ü")})
    first.close()
    second = bus.consumer(group, [topic])
    assert values(read(second, 2)) == ["c", "d"]
    assert second.committed(source) == Commit(2, "open: b, ü")


def test_a_commit_may_go_back(bus: Bus) -> None:
    topic = make_topic(bus)
    group = make_group()
    source = TopicPartition(topic.name, 0)
    publish(bus, topic, *"abcd")
    first = bus.consumer(group, [topic])
    read(first, 4)
    first.commit({source: Commit(4)})
    first.commit({source: Commit(1)})
    first.close()
    assert values(read(bus.consumer(group, [topic]), 3)) == ["b", "c", "d"]


def test_a_note_of_4096_characters_is_kept(bus: Bus) -> None:
    topic = make_topic(bus)
    group = make_group()
    source = TopicPartition(topic.name, 0)
    publish(bus, topic, "a")
    consumer = bus.consumer(group, [topic])
    read(consumer, 1)
    consumer.commit({source: Commit(1, "x" * 4096)})
    assert consumer.committed(source) == Commit(1, "x" * 4096)


def test_what_was_not_committed_is_read_again(bus: Bus) -> None:
    topic = make_topic(bus)
    group = make_group()
    publish(bus, topic, *"abc")
    first = bus.consumer(group, [topic])
    assert values(read(first, 3)) == ["a", "b", "c"]
    first.close()
    assert values(read(bus.consumer(group, [topic]), 3)) == ["a", "b", "c"]


def test_groups_do_not_disturb_each_other(bus: Bus) -> None:
    topic = make_topic(bus)
    source = TopicPartition(topic.name, 0)
    publish(bus, topic, *"abc")
    one = bus.consumer(make_group(), [topic])
    two = bus.consumer(make_group(), [topic])
    assert values(read(one, 3)) == ["a", "b", "c"]
    one.commit({source: Commit(3)})
    assert values(read(two, 3)) == ["a", "b", "c"]
    assert two.committed(source) is None


def test_members_share_partitions_and_own_the_same_numbers_of_each_topic(
    bus: Bus,
) -> None:
    left = make_topic(bus, partitions=4)
    right = make_topic(bus, partitions=4)
    group = make_group()
    one = Member(bus, group, left, right)
    settle(one, counts=[8])
    two = Member(bus, group, left, right)
    settle(one, two, counts=[4, 4])
    for member in (one, two):
        numbers = {
            topic: {s.partition for s in member.owned if s.topic == topic.name}
            for topic in (left, right)
        }
        assert numbers[left] == numbers[right]
    assert not one.owned & two.owned
    one.consumer.close()
    assert one.owned == set()
    settle(two, counts=[8])
    two.consumer.close()


def test_neighbouring_partitions_of_one_topic_go_to_different_members(bus: Bus) -> None:
    topic = make_topic(bus, partitions=4)
    group = make_group()
    one = Member(bus, group, topic)
    two = Member(bus, group, topic)
    settle(one, two, counts=[2, 2])
    numbers = [
        sorted(source.partition for source in member.owned) for member in (one, two)
    ]
    assert sorted(numbers) == [[0, 2], [1, 3]]


def test_a_member_has_joined_when_it_has_its_share_also_if_that_is_none(
    bus: Bus,
) -> None:
    topic = make_topic(bus, partitions=1)
    group = make_group()
    one = Member(bus, group, topic)
    two = Member(bus, group, topic)
    assert not one.consumer.joined
    with ThreadPoolExecutor(2) as pool:
        both = partial(all_joined, one, two)
        for polling in [pool.submit(until, both, member.poll) for member in (one, two)]:
            polling.result()
    assert sorted(len(member.owned) for member in (one, two)) == [0, 1]


def test_a_partition_that_moves_goes_on_at_the_commit_of_its_last_owner(
    bus: Bus,
) -> None:
    topic = make_topic(bus, partitions=2)
    group = make_group()
    for partition in range(2):
        publish(bus, topic, *"abc", partition=partition)
    one = Member(bus, group, topic)
    until(lambda: len(one.records) == 6, one.poll)
    one.consumer.commit({source: Commit(2) for source in one.owned})
    two = Member(bus, group, topic)
    settle(one, two, counts=[1, 1])
    until(lambda: values(two.records) == ["c"], two.poll)
    assert {record.source for record in two.records} == two.owned


def test_a_commit_for_a_partition_that_moved_away_is_ignored(bus: Bus) -> None:
    topic = make_topic(bus, partitions=2)
    group = make_group()
    one = Member(bus, group, topic)
    settle(one, counts=[2])
    two = Member(bus, group, topic)
    settle(one, two, counts=[1, 1])
    (kept,), (moved,) = one.owned, two.owned
    one.consumer.commit({kept: Commit(5), moved: Commit(7)})
    assert one.consumer.committed(kept) == Commit(5)
    assert one.consumer.committed(moved) is None


def test_close_gives_up_what_was_owned_and_may_be_called_twice(bus: Bus) -> None:
    member = Member(bus, make_group(), make_topic(bus, partitions=3))
    settle(member, counts=[3])
    member.consumer.close()
    member.consumer.close()
    assert member.owned == set()


def test_seek_reads_again_or_skips(bus: Bus) -> None:
    topic = make_topic(bus)
    source = TopicPartition(topic.name, 0)
    publish(bus, topic, *"abcd")
    consumer = bus.consumer(make_group(), [topic])
    read(consumer, 4)
    consumer.seek(source, 1)
    assert values(read(consumer, 3)) == ["b", "c", "d"]
    consumer.seek(source, 3)
    assert values(read(consumer, 1)) == ["d"]
    consumer.seek(source, 9)
    assert values(read(consumer, 4)) == ["a", "b", "c", "d"]
    with pytest.raises(KeyError):
        consumer.seek(TopicPartition(topic.name, 1), 0)


def test_lag_counts_what_is_still_to_read(bus: Bus) -> None:
    topic = make_topic(bus)
    source = TopicPartition(topic.name, 0)
    publish(bus, topic, *"abcdef")
    consumer = bus.consumer(make_group(), [topic])
    assert consumer.lag() == {}
    read(consumer, 2, max_records=2)
    assert consumer.lag() == {source: 4}
    publish(bus, topic, "g")
    assert consumer.lag() == {source: 5}
    read(consumer, 5)
    assert consumer.lag() == {source: 0}


def test_backlog_counts_what_a_group_has_not_committed(bus: Bus) -> None:
    topic = make_topic(bus, partitions=2)
    group = make_group()
    publish(bus, topic, *"abc", partition=0)
    publish(bus, topic, *"de", partition=1)
    consumer = bus.consumer(group, [topic])
    read(consumer, 5)
    assert bus.backlog(group, topic) == {0: 3, 1: 2}
    consumer.commit({TopicPartition(topic.name, 0): Commit(2)})
    assert bus.backlog(group, topic) == {0: 1, 1: 2}
    assert bus.backlog(make_group(), topic) == {0: 3, 1: 2}


def test_threads_may_ask_one_bus_at_once(bus: Bus) -> None:
    topic = make_topic(bus)
    group = make_group()
    publish(bus, topic, *"abc")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: bus.backlog(group, topic), range(40)))
    assert answers == [{0: 3}] * 40


def test_a_new_group_may_start_at_the_end(bus: Bus) -> None:
    topic = make_topic(bus)
    group = make_group()
    publish(bus, topic, *"abc")
    member = Member(bus, group, topic, from_end=True)
    settle(member, counts=[1])
    until(
        lambda: member.consumer.lag() == {TopicPartition(topic.name, 0): 0}, member.poll
    )
    publish(bus, topic, "d")
    until(lambda: bool(member.records), member.poll)
    assert values(member.records) == ["d"]


def test_a_group_with_a_commit_does_not_skip_to_the_end(bus: Bus) -> None:
    topic = make_topic(bus)
    group = make_group()
    publish(bus, topic, *"abc")
    first = bus.consumer(group, [topic])
    read(first, 3)
    first.commit({TopicPartition(topic.name, 0): Commit(1)})
    first.close()
    assert values(read(bus.consumer(group, [topic], from_end=True), 2)) == ["b", "c"]


def test_pictures_of_several_megabytes_pass(bus: Bus) -> None:
    topic = make_topic(bus, max_message_bytes=4_000_000)
    pictures = [bytes([n]) * 3_900_000 for n in range(3)]
    producer = bus.producer()
    for picture in pictures:
        producer.send(Message(topic.name, "k", picture))
        producer.flush()
    records = read(bus.consumer(make_group(), [topic]), 3)
    assert [
        record.value == picture
        for record, picture in zip(records, pictures, strict=True)
    ] == [True] * 3


@pytest.mark.parametrize("size", [200_000, 30_000_000])
def test_a_message_above_the_limit_is_refused_and_the_next_ones_pass(
    bus: Bus, size: int
) -> None:
    topic = make_topic(bus, max_message_bytes=100_000)
    producer = bus.producer()
    producer.send(Message(topic.name, "k", bytes(size)))
    with pytest.raises(PublishFailed, match=topic.name):
        producer.flush()
    producer.send(Message(topic.name, "k", b"small"))
    producer.flush()
    assert values(read(bus.consumer(make_group(), [topic]), 1)) == ["small"]


def test_a_partition_that_does_not_exist_is_refused(bus: Bus) -> None:
    topic = make_topic(bus, partitions=2)
    producer = bus.producer()
    producer.send(Message(topic.name, "k", b"v", partition=2))
    with pytest.raises(PublishFailed, match="no partition 2"):
        producer.flush()


def test_a_topic_that_does_not_exist_is_an_error_that_says_what_to_do(bus: Bus) -> None:
    topic = make_topic()
    for use in (
        lambda: bus.consumer(make_group(), [topic]),
        lambda: bus.producer().send(Message(topic.name, "k", b"v")),
        lambda: bus.backlog(make_group(), topic),
    ):
        with pytest.raises(TopicMismatch, match=f"{topic.name}.*vitrine topics apply"):
            use()


def test_topics_are_created_once_and_then_agree(bus: Bus) -> None:
    topics = [make_topic(partitions=2), make_topic(partitions=3)]
    assert [line.split(":")[0] for line in bus.check_topics(topics)] == [
        topic.name for topic in topics
    ]
    assert [line.split(":")[0] for line in bus.apply_topics(topics)] == [
        topic.name for topic in topics
    ]
    assert bus.check_topics(topics) == []
    assert bus.apply_topics(topics) == []


@pytest.mark.parametrize(
    "change",
    [
        {"retention_ms": 60_000},
        {"segment_ms": 20_000},
        {"max_message_bytes": 2_000_000},
        {"partitions": 4},
    ],
)
def test_a_topic_that_differs_is_reported_and_brought_in_line(
    bus: Bus, change: dict[str, int]
) -> None:
    topic = make_topic(bus, partitions=2)
    publish(bus, topic, "kept")
    changed = replace(topic, **change)  # type: ignore[arg-type]
    (drift,) = bus.check_topics([changed])
    assert drift.startswith(f"{topic.name}: ")
    assert len(bus.apply_topics([changed])) == 1
    assert bus.check_topics([changed]) == []
    assert values(read(bus.consumer(make_group(), [changed]), 1)) == ["kept"]
