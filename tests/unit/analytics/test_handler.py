"""The handler of analytics: events of a batch → rows, refusals, what is staged for the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import pytest
from prometheus_client import REGISTRY

from tests.builders import at, make_mall, received
from tests.campaign_scenario import make_coverage, make_exposure, make_play
from vitrine.bus import Commit, Received, TopicPartition
from vitrine.campaigns.stand import Rules
from vitrine.clock import SECOND_NS
from vitrine.errors import Unavailable
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.mall.names import Names
from vitrine.runtime import Outputs
from vitrine.schemas import Event
from vitrine.services.analytics.handler import AnalyticsHandler
from vitrine.stores.campaigns import Batch, Stored

RULES = Rules(
    window_ns=300 * SECOND_NS,
    grace_ns=90 * SECOND_NS,
    horizon_ns=3600 * SECOND_NS,
    k_anonymity=3,
)
FIRST = TopicPartition("plays", 0)
SECOND = TopicPartition("plays", 1)


class MemoryStore:
    """Keep the names of written batches; fail while `away`."""

    def __init__(self, offsets: dict[TopicPartition, int] | None = None) -> None:
        self.offsets = offsets or {}
        self.written: list[Batch] = []
        self.names: list[Mapping[str, str]] = []
        self.away = False

    def load(self, partitions: Collection[int], rules: Rules) -> Stored:
        return Stored(dict.fromkeys(partitions, ()), self.offsets)

    def keep_names(self, names: Names) -> None:
        self.names.append(names.given)

    def write(self, batch: Batch) -> None:
        if self.away:
            raise Unavailable("scripted")
        self.written.append(batch)


def make_handler(
    memory: MemoryStore | None = None, *, finite: bool = False
) -> AnalyticsHandler:
    mall = FixedMall(make_mall(Stand(id="north", name="Nordtor")))
    store: Any = memory or MemoryStore()
    return AnalyticsHandler(mall, store, RULES, finite=finite)


def batch_of_events(*events: Event) -> list[Received[Any]]:
    """Return the events as read from partition 0, offset by offset, appended at T0."""
    batch = []
    for offset, event in enumerate(events):
        read = received(
            event,
            offset=offset,
            partition=0,
            appended_at_ns=at(0),
        )
        batch.append(read)
    return batch


def take(handler: AnalyticsHandler, *events: Event) -> Outputs:
    """Handle and adopt a batch."""
    outputs = handler.handle(batch_of_events(*events))
    handler.published(outputs)
    return outputs


def rows(outputs: Outputs) -> list[tuple[int, int]]:
    """Return opportunities to see and revision of each row."""
    found: list[Any] = [message.event for message in outputs.messages]
    return [(row.ots, row.revision) for row in found]


def late(topic: str) -> float:
    return REGISTRY.get_sample_value("vitrine_late_events_total", {"topic": topic}) or 0


PERSON = (make_play(0, 8), make_exposure(0, 8))
CLOSING = make_coverage(390, 400)
LATE_PERSON = make_exposure(
    2,
    6,
    tracks=("b",),
)


def test_a_batch_leads_to_rows_and_to_a_staged_write_with_offsets() -> None:
    store = MemoryStore()
    handler = make_handler(store)
    outputs = handler.handle(batch_of_events(*PERSON, CLOSING))
    assert rows(outputs) == [(1, 0)]
    assert store.written == []
    handler.published(outputs)
    (batch,) = store.written
    assert batch.offsets == {
        TopicPartition("plays", 0): 1,
        TopicPartition("exposures", 0): 2,
        TopicPartition("coverage", 0): 3,
    }


def test_the_names_of_a_configuration_are_kept_once() -> None:
    store = MemoryStore()
    handler = make_handler(store)
    take(handler, make_play(0, 8))
    take(handler, make_play(8, 16))
    assert store.names == [{"stand:north": "Nordtor", "notice:north": "screen"}]


def test_nothing_leads_to_nothing() -> None:
    store = MemoryStore()
    handler = make_handler(store)
    outputs = handler.handle([])
    handler.published(outputs)
    assert (outputs.messages, outputs.staged, store.written) == ([], None, [])


def test_a_batch_that_was_not_stored_leads_to_the_same_rows_again() -> None:
    store = MemoryStore()
    handler = make_handler(store)
    take(handler, *PERSON, CLOSING)
    store.away = True
    batch = batch_of_events(LATE_PERSON)
    outputs = handler.handle(batch)
    with pytest.raises(Unavailable):
        handler.published(outputs)
    assert rows(handler.handle(batch)) == rows(outputs) == [(2, 1)]


def test_a_write_that_failed_can_be_repeated() -> None:
    store = MemoryStore()
    handler = make_handler(store)
    outputs = handler.handle(batch_of_events(*PERSON, CLOSING))
    store.away = True
    with pytest.raises(Unavailable):
        handler.published(outputs)
    store.away = False
    handler.published(outputs)
    assert rows(take(handler, LATE_PERSON)) == [(2, 1)]


def test_late_events_are_counted_once_they_are_stored() -> None:
    handler = make_handler()
    take(handler, *PERSON, CLOSING)
    before = late("exposures")
    outputs = handler.handle(batch_of_events(LATE_PERSON))
    assert late("exposures") == before
    handler.published(outputs)
    assert late("exposures") == before + 1


def test_what_is_older_than_the_horizon_is_refused() -> None:
    handler = make_handler()
    take(handler, make_coverage(7190, 7200))
    outputs = take(
        handler,
        make_play(0, 8),
        make_play(7200, 7208),
    )
    ((refused, reason),) = outputs.rejected
    assert refused.event == make_play(0, 8)
    assert reason == "older than the horizon of 3600 s"


def test_what_is_dated_more_than_a_day_ahead_of_the_log_is_refused() -> None:
    handler = make_handler()
    take(handler, CLOSING)
    day = 24 * 3600
    outputs = take(
        handler,
        make_play(day, day + 400),
        make_play(day, day + 401),
    )
    ((refused, reason),) = outputs.rejected
    assert refused.event.end_ns == at(day + 401)
    assert reason == "dated more than a day after it was appended"


def test_a_play_that_cannot_have_been_is_refused_and_counts_for_nothing() -> None:
    handler = make_handler()
    endless = make_play(10, 3600, play_id="endless")
    outputs = take(handler, *PERSON, endless, CLOSING)
    [(refused, reason)] = outputs.rejected
    assert refused.event == endless
    assert reason == "longer than its creative"
    assert rows(outputs) == [(1, 0)]


def test_all_windows_close_at_the_end_of_finite_input_only() -> None:
    endless = make_handler()
    take(endless, *PERSON)
    assert rows(endless.stopped()) == []
    finite = make_handler(finite=True)
    take(finite, *PERSON)
    assert rows(finite.stopped()) == [(1, 0)]


def test_reading_starts_at_the_offsets_of_the_store() -> None:
    handler = make_handler(MemoryStore({FIRST: 70}))
    assert handler.assigned({FIRST: Commit(50)}) == {FIRST: 70}


def test_a_partition_that_the_store_has_lost_is_read_from_the_start() -> None:
    commits = {FIRST: Commit(50), SECOND: None}
    assert make_handler().assigned(commits) == {FIRST: 0}


def test_a_worker_owns_the_partitions_between_assignment_and_revocation() -> None:
    handler = make_handler()
    assert not handler.owns(0)
    handler.assigned({FIRST: None})
    assert handler.owns(0)
    assert not handler.owns(1)
    handler.revoked([FIRST])
    assert not handler.owns(0)
