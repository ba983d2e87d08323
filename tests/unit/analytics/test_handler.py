"""The handler of analytics: events of a batch → rows, refusals, what is staged for the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from prometheus_client import REGISTRY

from tests.builders import at, make_mall, received
from tests.campaign_scenario import make_coverage, make_exposure, make_play
from vitrine.bus import Commit, Received, TopicPartition
from vitrine.campaigns.stand import Rules
from vitrine.clock import SECOND_NS, Clock, SystemClock
from vitrine.effects.plan import FrozenPlan, Planned
from vitrine.errors import Unavailable
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.mall.names import Names
from vitrine.runtime import Outputs
from vitrine.schemas import CampaignWindow, Event
from vitrine.services.analytics.gaps import Gaps
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
        self.plans: list[Mapping[str, FrozenPlan]] = []
        self.away = False

    def load(self, partitions: Collection[int], rules: Rules) -> Stored:
        return Stored(dict.fromkeys(partitions, ()), self.offsets)

    def keep_names(self, names: Names) -> None:
        self.names.append(names.given)

    def freeze_plans(self, plans: Mapping[str, FrozenPlan]) -> None:
        self.plans.append(plans)

    def planned(self) -> Mapping[str, Planned]:
        return {}

    def write(self, batch: Batch) -> None:
        if self.away:
            raise Unavailable("scripted")
        self.written.append(batch)


def make_handler(
    memory: MemoryStore | None = None,
    *,
    finite: bool = False,
    clock: Clock | None = None,
) -> AnalyticsHandler:
    mall = FixedMall(make_mall(Stand(id="north", name="Nordtor")))
    store: Any = memory or MemoryStore()
    return AnalyticsHandler(mall, store, RULES, finite=finite, clock=clock)


def batch_of_events(*events: Event) -> list[Received[Any]]:
    """Return the events as read from partition 0 of their topics, appended as they occurred."""
    batch = []
    offsets: Counter[type[Event]] = Counter()
    for event in events:
        read = received(
            event,
            offset=offsets[type(event)],
            partition=0,
            appended_at_ns=event.occurred_at_ns,
        )
        batch.append(read)
        offsets[type(event)] += 1
    return batch


def take(handler: AnalyticsHandler, *events: Event) -> Outputs:
    """Handle and adopt a batch."""
    outputs = handler.handle(batch_of_events(*events))
    handler.published(outputs)
    return outputs


def rows(outputs: Outputs) -> list[tuple[int, int]]:
    """Return opportunities to see and revision of each row."""
    found = [message.event for message in outputs.messages]
    rows_only = [row for row in found if isinstance(row, CampaignWindow)]
    return [(row.ots, row.revision) for row in rows_only]


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
        TopicPartition("exposures", 0): 1,
        TopicPartition("coverage", 0): 1,
    }


def test_the_names_of_a_configuration_are_kept_once() -> None:
    store = MemoryStore()
    handler = make_handler(store)
    take(handler, make_play(0, 8))
    take(handler, make_play(8, 16))
    assert store.names == [
        {"stand:north": "Nordtor", "notice:north": "screen", "zone:north": "UTC"}
    ]


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


def appended(seconds: float, *events: Event, offset: int = 0) -> list[Received[Any]]:
    """Return the events as the log took them at one moment, seconds after T0."""
    return [
        received(
            event,
            offset=offset + number,
            partition=0,
            appended_at_ns=at(seconds),
        )
        for number, event in enumerate(events)
    ]


def take_batch(handler: AnalyticsHandler, batch: list[Received[Any]]) -> Outputs:
    """Handle and adopt records."""
    outputs = handler.handle(batch)
    handler.published(outputs)
    return outputs


def test_what_is_older_than_the_horizon_is_refused() -> None:
    late_play = make_play(0, 8)
    in_time = make_play(3600, 3608)
    outputs = take_batch(make_handler(), appended(3601, late_play, in_time))
    ((refused, reason),) = outputs.rejected
    assert refused.event == late_play
    assert reason == "older than the horizon of 3600 s"


@pytest.mark.parametrize("ahead_s", [3601, 9 * 365 * 86_400, 235 * 365 * 86_400])
def test_the_first_event_of_a_wrong_clock_refuses_none_after_it(ahead_s: int) -> None:
    handler = make_handler()
    wrong = make_coverage(ahead_s - 10, ahead_s)
    outputs = take_batch(handler, appended(0, wrong))
    assert [reason for _, reason in outputs.rejected] == [
        "dated more than an hour after it was appended"
    ]
    right = [*PERSON, CLOSING]
    outputs = take_batch(handler, appended(400, *right, offset=1))
    assert outputs.rejected == []
    assert rows(outputs) == [(1, 0)]


def test_a_clock_that_is_ahead_within_bounds_closes_no_window_early() -> None:
    handler = make_handler()
    ahead = make_coverage(2990, 3000)
    assert rows(take_batch(handler, appended(8, *PERSON, ahead))) == []
    outputs = take_batch(handler, appended(400, LATE_PERSON, CLOSING, offset=3))
    assert rows(outputs) == [(2, 0)]


def test_a_recording_has_times_of_its_own() -> None:
    handler = make_handler(finite=True)
    years = 5 * 365 * 86_400
    outputs = take_batch(handler, appended(years, *PERSON, CLOSING))
    assert (outputs.rejected, rows(outputs)) == ([], [(1, 0)])


def test_a_topic_that_is_behind_holds_the_windows_of_all() -> None:
    handler = make_handler()
    sources = {topic: TopicPartition(topic, 0) for topic in ("exposures", "coverage")}
    handler.assigned({FIRST: None, **dict.fromkeys(sources.values())})
    days = [make_coverage(86_400 * day, 86_400 * day + 10) for day in range(3)]
    for report in days:
        # All of one topic is read first, as a rebuild may.
        outputs = take(handler, report)
        assert (outputs.rejected, rows(outputs)) == ([], [])
    handler.waiting({sources["exposures"]: 1, sources["coverage"]: 0, FIRST: 1})
    take(handler, make_play(0, 8))
    outputs = take(handler, make_exposure(0, 8))
    assert rows(outputs) == []
    handler.waiting({sources["exposures"]: 0, FIRST: 0})
    assert rows(take_batch(handler, [])) == [(1, 0)]


class SetClock(SystemClock):
    """Tell the time that a test sets."""

    def __init__(self, seconds: float) -> None:
        self.at_ns = at(seconds)

    def now_ns(self) -> int:
        return self.at_ns


def test_a_silent_stand_closes_its_last_window_once_the_log_has_nothing_more() -> None:
    clock = SetClock(389)
    handler = make_handler(clock=clock)
    handler.assigned({FIRST: None})
    take(handler, *PERSON)
    clock.at_ns = at(390)
    assert rows(take_batch(handler, [])) == []
    handler.waiting({FIRST: 0})
    assert rows(take_batch(handler, [])) == [(1, 0)]


def test_another_stand_of_the_partition_closes_the_window_of_a_silent_one() -> None:
    handler = make_handler()
    take(handler, *PERSON)
    outputs = take(handler, make_coverage(390, 400, stand_id="south"))
    assert rows(outputs) == [(1, 0)]


def test_the_clock_of_this_machine_is_not_believed_for_long() -> None:
    handler = make_handler(clock=SetClock(10 * 365 * 86_400))
    handler.assigned({FIRST: None})
    take(handler, *PERSON)
    handler.waiting({FIRST: 0})
    take_batch(handler, [])
    hour_later = make_play(3600, 3608)
    assert take(handler, hour_later).rejected == []


def test_what_is_refused_is_counted_with_its_reason() -> None:
    labels = {"topic": "plays", "reason": "longer than its creative"}
    name = "vitrine_refused_events_total"
    before = REGISTRY.get_sample_value(name, labels) or 0
    take(make_handler(), make_play(10, 3600, play_id="endless"))
    assert REGISTRY.get_sample_value(name, labels) == before + 1


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


def gauge(name: str) -> float | None:
    """Return a gauge of the stand `north`."""
    return REGISTRY.get_sample_value(f"vitrine_figures_{name}", {"stand": "north"})


def test_operators_see_how_far_a_stand_is_and_who_waits_for_release() -> None:
    handler = make_handler()
    take(handler, *PERSON, CLOSING)

    assert gauge("watermark_seconds") == at(400) / SECOND_NS
    # One of the three people of a step.
    assert gauge("waiting_people") == 1
    assert (
        REGISTRY.get_sample_value("vitrine_figures_step_people", {"stand": "north"})
        == 3
    )

    handler.revoked([FIRST])
    assert gauge("watermark_seconds") is None


def test_who_waited_in_vain_is_counted() -> None:
    handler = make_handler()
    take(handler, *PERSON, CLOSING)
    name = "vitrine_figures_forgotten_people_total"
    before = REGISTRY.get_sample_value(name) or 0.0
    later_s = 8 * 86_400
    take(handler, make_coverage(later_s, later_s + 10))
    assert REGISTRY.get_sample_value(name) == before + 1


def coverage(outputs: Outputs) -> list[float]:
    """Return the coverage of each row."""
    found = [message.event for message in outputs.messages]
    return [row.coverage for row in found if isinstance(row, CampaignWindow)]


def watched(until: int) -> list[Event]:
    """A camera that saw everything from the first second on."""
    return [make_coverage(start, start + 10) for start in range(0, until, 10)]


def test_a_refused_proof_lowers_the_coverage_of_its_window() -> None:
    long = make_play(30, 90, config_version="other", creative_id="boot")
    endless = make_play(30, 2000, config_version="other", play_id="endless")
    whole = take(make_handler(), *PERSON, *watched(400))
    counted = take(make_handler(), *PERSON, long, *watched(400))
    refused = take(make_handler(), *PERSON, *watched(400), endless)
    assert coverage(whole) == [1.0]
    assert coverage(counted) == [1.0, 1.0]
    assert [reason for _, reason in refused.rejected] == ["longer than its creative"]
    # From its start to the end of the window.
    assert coverage(refused) == [0.1]


def test_records_that_were_deleted_unread_lower_the_coverage() -> None:
    handler = make_handler()
    events = [make_play(0, 8), make_exposure(0, 8), *watched(400)]
    batch = batch_of_events(*events)
    gone = [one for one in batch if one.record.topic != "exposures"]
    late = make_exposure(100, 130, tracks=("b",))
    after = received(late, offset=9, partition=0, appended_at_ns=late.end_ns)
    outputs = handler.handle([*batch[:2], after, *gone[1:]])
    # From the end of the first part of a presence, 8 s, to that of the next one, 130 s.
    assert coverage(outputs) == [pytest.approx(1 - 122 / 300)]


def test_what_is_read_first_after_a_start_may_follow_a_gap() -> None:
    source = TopicPartition("exposures", 0)
    gaps = Gaps()
    part = make_exposure(0, 8)
    gaps.expects(source, 3, at(-60))
    record = received(part, offset=5, partition=0).record
    assert gaps.read(record, part.end_ns) == (at(-60), at(8))
    assert gaps.read(received(part, offset=6, partition=0).record, at(9)) is None
    gaps.forget([source])
    assert gaps.read(received(part, offset=20, partition=0).record, at(10)) is None
