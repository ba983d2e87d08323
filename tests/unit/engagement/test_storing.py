"""When the state of a partition is stored, what is committed, and what a restart does."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

import pytest

from tests.builders import at, make_face, make_frame_faces, make_mall, received
from vitrine.bus import Commit, TopicPartition
from vitrine.clock import EventClock
from vitrine.errors import Unavailable
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Outputs
from vitrine.schemas import Exposure
from vitrine.services.engagement.handler import EngagementHandler
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.errors import Superseded
from vitrine.stores.presence import Checkpoint, PresenceStore, load
from vitrine.stores.redis import connect

SOURCE = TopicPartition("faces", 0)
OTHER = TopicPartition("faces", 1)
FPS = 5


class FlakyStore(PresenceStore):
    """A store that can be away; counts how often it was asked to save."""

    def __init__(self, url: str) -> None:
        super().__init__(lambda: connect(url))
        self.away = False
        self.attempts = 0

    def save(self, checkpoints: Mapping[int, Checkpoint]) -> None:
        self.attempts += 1
        if self.away:
            raise Unavailable("away")
        super().save(checkpoints)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with embedded_redis() as url:
        yield url


@pytest.fixture
def store(server: str) -> FlakyStore:
    with closing(connect(server)) as client:
        client.flushall()
    return FlakyStore(server)


def engagement(store: PresenceStore, *, finite: bool = False) -> EngagementHandler:
    return EngagementHandler(
        FixedMall(make_mall(Stand(id="north"))),
        EngagementSettings(),
        store,
        EventClock(),
        finite=finite,
    )


def work(
    handler: EngagementHandler,
    offsets: Sequence[int],
    source: TopicPartition = SOURCE,
) -> Outputs:
    """Hand over the frames at these offsets, five a second, and adopt the outputs."""
    batch = []
    for offset in offsets:
        frame = make_frame_faces(offset / FPS, [make_face("a")])
        batch.append(received(frame, offset=offset, partition=source.partition))
    outputs = handler.handle(batch)
    handler.published(outputs)
    return outputs


def committed(handler: EngagementHandler, source: TopicPartition = SOURCE) -> int:
    return handler.handle([]).resume[source].offset


def test_the_state_is_staged_when_a_second_of_the_log_has_passed(
    store: FlakyStore,
) -> None:
    handler = engagement(store)
    staged = [SOURCE in work(handler, [offset]).staged for offset in range(11)]
    assert staged == [False] * 5 + [True] + [False] * 4 + [True]


def test_the_commit_is_the_offset_of_the_stored_state(store: FlakyStore) -> None:
    handler = engagement(store)
    assert work(handler, range(100, 103)).resume == {SOURCE: Commit(100)}
    outputs = work(handler, range(103, 108))
    assert outputs.staged[SOURCE].offset == 108
    assert outputs.resume == {SOURCE: Commit(100)}
    assert committed(handler) == 108


def test_a_log_whose_clock_is_set_back_is_stored_all_the_same(
    store: FlakyStore,
) -> None:
    handler = engagement(store)
    frames = [make_frame_faces(second) for second in (50.0, 50.2, 50.4)]
    appended = [50.0, 50.2, 40.0]
    for offset, frame in enumerate(frames):
        record = received(
            frame,
            offset=offset,
            partition=0,
            appended_at_ns=at(appended[offset]),
        )
        outputs = handler.handle([record])
        handler.published(outputs)
    assert SOURCE in outputs.staged


def test_when_nothing_comes_for_a_second_the_rest_is_stored(store: FlakyStore) -> None:
    handler = engagement(store)
    work(handler, range(3))
    staged = [handler.handle([]).staged for _ in range(12)]
    assert [SOURCE in each for each in staged] == [False] * 9 + [True] + [False] * 2
    assert staged[9][SOURCE].offset == 3


def test_what_is_stored_already_is_not_stored_again(store: FlakyStore) -> None:
    handler = engagement(store)
    work(handler, range(6))
    assert [handler.handle([]).staged for _ in range(20)] == [{}] * 20


def test_a_restart_goes_on_behind_the_stored_state(store: FlakyStore) -> None:
    work(engagement(store), range(11))
    successor = engagement(store, finite=True)
    assert successor.assigned({SOURCE: None, OTHER: Commit(7)}) == {SOURCE: 11}
    messages = successor.stopped().messages
    (exposure,) = [m.event for m in messages if isinstance(m.event, Exposure)]
    assert (exposure.start_ns, exposure.end_ns) == (at(0.0), at(2.0))


@pytest.mark.parametrize("commit", [None, Commit(0), Commit(11), Commit(5000)])
def test_the_stored_offset_wins_wherever_the_commit_is(
    store: FlakyStore, commit: Commit | None
) -> None:
    work(engagement(store), range(11))
    successor = engagement(store)
    assert successor.assigned({SOURCE: commit}) == {SOURCE: 11}
    assert committed(successor) == 11


def test_without_stored_state_the_commit_is_where_nothing_is_open(
    store: FlakyStore,
) -> None:
    handler = engagement(store)
    assert handler.assigned({SOURCE: Commit(40, "2:a note of before")}) == {}
    outputs = work(handler, [40])
    assert outputs.resume == {SOURCE: Commit(40)}


def test_a_topic_that_was_made_anew_begins_with_nothing_open(
    store: FlakyStore, caplog: pytest.LogCaptureFixture
) -> None:
    work(engagement(store), range(5000, 5011))
    successor = engagement(store)
    assert successor.assigned({SOURCE: None}) == {SOURCE: 5011}
    outputs = work(successor, [0])
    assert outputs.resume == {SOURCE: Commit(0)}
    (camera,) = load(successor.stopped().staged[SOURCE].state)
    assert [presence.start_ns for presence in camera.presences] == [at(0.0)]
    assert [record.message for record in caplog.records] == [
        "faces[0] begins anew, and so does its state"
    ]


def test_a_graceful_stop_stores_what_is_open(store: FlakyStore) -> None:
    handler = engagement(store)
    work(handler, range(8))
    outputs = handler.stopped()
    assert outputs.messages == []
    handler.published(outputs)
    assert engagement(store).assigned({SOURCE: None}) == {SOURCE: 8}


def test_a_finite_stop_leaves_nothing_open(store: FlakyStore) -> None:
    handler = engagement(store, finite=True)
    work(handler, range(8))
    outputs = handler.stopped()
    handler.published(outputs)
    assert load(outputs.staged[SOURCE].state) == []
    successor = engagement(store, finite=True)
    successor.assigned({SOURCE: None})
    assert successor.stopped().messages == []


def test_work_goes_on_without_the_store_and_only_the_commit_stays_behind(
    store: FlakyStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    handler = engagement(store)
    work(handler, range(6))
    store.away = True
    for offset in range(6, 60):
        assert work(handler, [offset]).resume[SOURCE].offset == 6
    assert committed(handler) == 6
    store.away = False
    work(handler, range(60, 86))
    assert committed(handler) == 86
    assert [record.message for record in caplog.records] == [
        "engagement goes on without its store: away",
        "the states of the partitions are stored again",
    ]


def test_a_store_that_is_away_is_asked_every_five_seconds_of_the_log(
    store: FlakyStore,
) -> None:
    handler = engagement(store)
    work(handler, [0])
    work(handler, [0], OTHER)
    store.away = True
    for offset in range(1, 61):
        work(handler, [offset])
        work(handler, [offset], OTHER)
    # After 1, 6 and 11 s, for both partitions together or at most one after the other.
    assert 3 <= store.attempts <= 6


def test_beyond_a_bound_of_bytes_it_waits_for_the_store(
    store: FlakyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = received(make_frame_faces(1.0, [make_face("a")]), partition=0).record
    bound = 100 * len(record.value)
    monkeypatch.setattr("vitrine.services.engagement.partition.UNSTORED_BYTES", bound)
    handler = engagement(store)
    store.away = True
    work(handler, range(100))
    with pytest.raises(Unavailable, match="away"):
        work(handler, range(100, 120))
    store.away = False
    work(handler, [120])
    assert committed(handler) == 121


def test_a_worker_that_lost_its_partition_unawares_must_stop(
    store: FlakyStore, server: str
) -> None:
    handler = engagement(store)
    handler.assigned({SOURCE: None})
    work(handler, range(5))
    PresenceStore(lambda: connect(server)).load([0])
    with pytest.raises(Superseded):
        work(handler, range(5, 9))
