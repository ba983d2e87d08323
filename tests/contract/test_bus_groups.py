"""Groups share partitions and go on where they committed: on the memory bus and on a real Kafka."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.members import (
    Member,
    make_group,
    make_topic,
    poll_together,
    publish,
    read,
    settle,
    until,
    values,
)
from vitrine.bus import Bus, Commit, TopicPartition


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
    second = bus.consumer(group, [topic])
    assert values(read(second, 3)) == ["b", "c", "d"]


def test_a_note_of_4096_characters_is_kept(bus: Bus) -> None:
    topic = make_topic(bus)
    source = TopicPartition(topic.name, 0)
    publish(bus, topic, "a")
    consumer = bus.consumer(make_group(), [topic])
    read(consumer, 1)
    consumer.commit({source: Commit(1, "x" * 4096)})
    assert consumer.committed(source) == Commit(1, "x" * 4096)


def test_records_without_a_commit_are_read_again(bus: Bus) -> None:
    topic = make_topic(bus)
    group = make_group()
    publish(bus, topic, *"abc")
    first = bus.consumer(group, [topic])
    assert values(read(first, 3)) == ["a", "b", "c"]
    first.close()
    second = bus.consumer(group, [topic])
    assert values(read(second, 3)) == ["a", "b", "c"]


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
    assert one.numbers(left) == one.numbers(right)
    assert two.numbers(left) == two.numbers(right)
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
    numbers = [one.numbers(topic), two.numbers(topic)]
    assert sorted(numbers, key=min) == [{0, 2}, {1, 3}]


def test_a_member_has_joined_when_it_has_its_share_also_if_that_is_none(
    bus: Bus,
) -> None:
    topic = make_topic(bus, partitions=1)
    group = make_group()
    one = Member(bus, group, topic)
    two = Member(bus, group, topic)
    assert not one.consumer.joined
    poll_together(lambda: one.consumer.joined and two.consumer.joined, one, two)
    assert sorted([len(one.owned), len(two.owned)]) == [0, 1]


def test_a_partition_that_moves_goes_on_at_the_commit_of_its_last_owner(
    bus: Bus,
) -> None:
    topic = make_topic(bus, partitions=2)
    group = make_group()
    publish(bus, topic, *"abc", partition=0)
    publish(bus, topic, *"abc", partition=1)
    one = Member(bus, group, topic)
    until(lambda: len(one.records) == 6, one.poll)
    one.consumer.commit(dict.fromkeys(one.owned, Commit(2)))
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
    (kept,) = one.owned
    (moved,) = two.owned
    one.consumer.commit({kept: Commit(5), moved: Commit(7)})
    assert one.consumer.committed(kept) == Commit(5)
    assert one.consumer.committed(moved) is None


def test_close_gives_up_what_was_owned_and_may_be_called_twice(bus: Bus) -> None:
    member = Member(bus, make_group(), make_topic(bus, partitions=3))
    settle(member, counts=[3])
    member.consumer.close()
    member.consumer.close()
    assert member.owned == set()


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (1, ["b", "c", "d"]),
        (3, ["d"]),
        (9, ["a", "b", "c", "d"]),
    ],
)
def test_seek_reads_again_or_skips_and_starts_over_behind_the_end(
    bus: Bus,
    offset: int,
    expected: list[str],
) -> None:
    topic = make_topic(bus)
    publish(bus, topic, *"abcd")
    consumer = bus.consumer(make_group(), [topic])
    read(consumer, 4)
    consumer.seek(TopicPartition(topic.name, 0), offset)
    assert values(read(consumer, len(expected))) == expected


def test_seek_in_a_partition_of_somebody_else_is_an_error(bus: Bus) -> None:
    topic = make_topic(bus)
    consumer = bus.consumer(make_group(), [topic])
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
        asked = [pool.submit(bus.backlog, group, topic) for _ in range(40)]
        answers = [each.result() for each in asked]
    assert answers == [{0: 3}] * 40


def test_a_new_group_may_start_at_the_end(bus: Bus) -> None:
    topic = make_topic(bus)
    at_the_end = {TopicPartition(topic.name, 0): 0}
    publish(bus, topic, *"abc")
    member = Member(bus, make_group(), topic, from_end=True)
    settle(member, counts=[1])
    until(lambda: member.consumer.lag() == at_the_end, member.poll)
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
    second = bus.consumer(group, [topic], from_end=True)
    assert values(read(second, 2)) == ["b", "c"]
