"""A tail reads what is new without being anybody: on the memory bus and on a real Kafka."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.contract.members import (
    POLL_S,
    make_group,
    make_topic,
    publish,
    read,
    until,
    values,
)
from vitrine.bus import Bus, Commit, Record, Tail, TopicMismatch, TopicPartition


def read_tail(tail: Tail, count: int) -> list[Record]:
    """Return the next records, at least `count`."""
    records: list[Record] = []
    until(lambda: len(records) >= count, lambda: records.extend(tail.poll(POLL_S, 500)))
    return records


def test_it_begins_with_what_comes_after_it(bus: Bus) -> None:
    topic = make_topic(bus)
    publish(bus, topic, "before")
    with closing(bus.tail({topic: 0})) as tail:
        publish(bus, topic, "a", "b")
        assert values(read_tail(tail, 2)) == ["a", "b"]


def test_it_may_begin_with_the_last_records_of_each_partition(bus: Bus) -> None:
    topic = make_topic(bus, partitions=2)
    publish(bus, topic, *"abc", partition=0)
    publish(bus, topic, "x", partition=1)
    with closing(bus.tail({topic: 2})) as tail:
        assert sorted(values(read_tail(tail, 3))) == ["b", "c", "x"]


def test_it_reads_all_partitions_of_all_topics(bus: Bus) -> None:
    left = make_topic(bus, partitions=2)
    right = make_topic(bus, partitions=1)
    with closing(bus.tail({left: 0, right: 0})) as tail:
        publish(bus, left, "a", partition=0)
        publish(bus, left, "b", partition=1)
        publish(bus, right, "c")
        assert sorted(values(read_tail(tail, 3))) == ["a", "b", "c"]


def test_two_tails_and_a_group_read_the_same_records(bus: Bus) -> None:
    topic = make_topic(bus)
    consumer = bus.consumer(make_group(), [topic])
    with closing(bus.tail({topic: 0})) as one, closing(bus.tail({topic: 0})) as two:
        publish(bus, topic, "a")
        assert values(read_tail(one, 1)) == ["a"]
        assert values(read_tail(two, 1)) == ["a"]
        assert values(read(consumer, 1)) == ["a"]


def test_it_skips_to_the_end(bus: Bus) -> None:
    topic = make_topic(bus)
    with closing(bus.tail({topic: 0})) as tail:
        publish(bus, topic, "old")
        tail.skip()
        publish(bus, topic, "new")
        assert values(read_tail(tail, 1)) == ["new"]


def test_it_tells_how_far_the_log_goes_on(bus: Bus) -> None:
    topic = make_topic(bus, partitions=2)
    publish(bus, topic, *"abc", partition=0)
    first, second = (TopicPartition(topic.name, number) for number in range(2))
    with closing(bus.tail({topic: 3})) as tail:
        assert tail.lag() == {first: 3, second: 0}
        read_tail(tail, 3)
        assert tail.lag() == {first: 0, second: 0}
        publish(bus, topic, "d", partition=1)
        assert tail.lag() == {first: 0, second: 1}


def test_it_leaves_no_trace_in_any_group(bus: Bus) -> None:
    topic = make_topic(bus)
    group = make_group()
    publish(bus, topic, *"ab")
    consumer = bus.consumer(group, [topic])
    read(consumer, 2)
    consumer.commit({TopicPartition(topic.name, 0): Commit(2)})
    with closing(bus.tail({topic: 2})) as tail:
        read_tail(tail, 2)
    assert dict(bus.backlog(group, topic)) == {0: 0}


def test_a_topic_that_is_not_there_is_refused(bus: Bus) -> None:
    with pytest.raises(TopicMismatch, match="does not exist"):
        bus.tail({make_topic(): 0})
