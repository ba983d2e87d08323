"""The stored state of a partition: its time, the commit beside it, and restarts."""

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
from vitrine.presence.presence import Presence
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
    face = make_face("a")
    for offset in offsets:
        frame = make_frame_faces(offset / FPS, [face])
        record = received(
            frame,
            offset=offset,
            partition=source.partition,
        )
        batch.append(record)
    outputs = handler.handle(batch)
    handler.published(outputs)
    return outputs


def stored_presences(outputs: Outputs) -> list[Presence]:
    """The presences in the staged state of SOURCE."""
    presences = []
    checkpoint = outputs.staged[SOURCE]
    for camera in load(checkpoint.state):
        presences += camera.presences
    return presences


def committed(handler: EngagementHandler, source: TopicPartition = SOURCE) -> int:
    outputs = handler.handle([])
    return outputs.resume[source].offset


def test_the_state_is_staged_when_a_second_of_the_log_has_passed(
    store: FlakyStore,
) -> None:
    handler = engagement(store)
    staged = []
    for offset in range(11):
        outputs = work(handler, [offset])
        if SOURCE in outputs.staged:
            staged.append(offset)
    assert staged == [5, 10]


def test_the_commit_is_the_offset_of_the_stored_state(store: FlakyStore) -> None:
    handler = engagement(store)
    first = work(handler, range(100, 103))
    second = work(handler, range(103, 108))
    assert first.resume == {SOURCE: Commit(100)}
    assert second.staged[SOURCE].offset == 108
    assert second.resume == {SOURCE: Commit(100)}
    assert committed(handler) == 108


def test_a_log_whose_clock_is_set_back_is_stored_all_the_same(
    store: FlakyStore,
) -> None:
    handler = engagement(store)
    for offset, logged in enumerate([50.0, 50.2, 40.0]):
        frame = make_frame_faces(50 + offset / FPS)
        record = received(
            frame,
            offset=offset,
            partition=0,
            appended_at_ns=at(logged),
        )
        outputs = handler.handle([record])
        handler.published(outputs)
    assert SOURCE in outputs.staged


def test_when_nothing_comes_for_a_second_the_rest_is_stored(store: FlakyStore) -> None:
    handler = engagement(store)
    work(handler, range(3))
    staged = []
    for call in range(1, 13):
        outputs = handler.handle([])
        if outputs.staged:
            offset = outputs.staged[SOURCE].offset
            staged.append((call, offset))
    assert staged == [(10, 3)]


def test_what_is_stored_already_is_not_stored_again(store: FlakyStore) -> None:
    handler = engagement(store)
    work(handler, range(6))
    for _ in range(20):
        outputs = handler.handle([])
        assert outputs.staged == {}


def test_a_restart_goes_on_behind_the_stored_state(store: FlakyStore) -> None:
    work(engagement(store), range(11))
    successor = engagement(store, finite=True)
    starts = successor.assigned({SOURCE: None, OTHER: Commit(7)})
    assert starts == {SOURCE: 11}
    (message,) = successor.stopped().messages
    exposure = message.event
    assert isinstance(exposure, Exposure)
    assert exposure.start_ns == at(0.0)
    assert exposure.end_ns == at(2.0)


@pytest.mark.parametrize("commit", [None, Commit(0), Commit(11), Commit(5000)])
def test_the_stored_offset_wins_wherever_the_commit_is(
    store: FlakyStore, commit: Commit | None
) -> None:
    work(engagement(store), range(11))
    successor = engagement(store)
    starts = successor.assigned({SOURCE: commit})
    assert starts == {SOURCE: 11}
    assert committed(successor) == 11


def test_without_stored_state_the_commit_is_where_nothing_is_open(
    store: FlakyStore,
) -> None:
    handler = engagement(store)
    commit = Commit(40, "2:a note of before")
    starts = handler.assigned({SOURCE: commit})
    assert starts == {}
    outputs = work(handler, [40])
    assert outputs.resume == {SOURCE: Commit(40)}


def test_a_topic_that_was_made_anew_begins_with_nothing_open(
    store: FlakyStore, caplog: pytest.LogCaptureFixture
) -> None:
    work(engagement(store), range(5000, 5011))
    successor = engagement(store)
    starts = successor.assigned({SOURCE: None})
    assert starts == {SOURCE: 5011}
    outputs = work(successor, [0])
    assert outputs.resume == {SOURCE: Commit(0)}
    (presence,) = stored_presences(successor.stopped())
    assert presence.start_ns == at(0.0)
    (record,) = caplog.records
    assert record.message == "faces[0] begins anew, and so does its state"


def test_a_graceful_stop_stores_what_is_open(store: FlakyStore) -> None:
    handler = engagement(store)
    work(handler, range(8))
    outputs = handler.stopped()
    assert outputs.messages == []
    handler.published(outputs)
    successor = engagement(store)
    starts = successor.assigned({SOURCE: None})
    assert starts == {SOURCE: 8}


def test_a_finite_stop_leaves_nothing_open(store: FlakyStore) -> None:
    handler = engagement(store, finite=True)
    work(handler, range(8))
    outputs = handler.stopped()
    handler.published(outputs)
    assert stored_presences(outputs) == []
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
        outputs = work(handler, [offset])
        assert outputs.resume == {SOURCE: Commit(6)}
    assert committed(handler) == 6
    store.away = False
    work(handler, range(60, 86))
    assert committed(handler) == 86
    # Threads of tests before may log too.
    own = "vitrine.services.engagement"
    messages = [one.message for one in caplog.records if one.name.startswith(own)]
    assert messages == [
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
    face = make_face("a")
    frame = make_frame_faces(1.0, [face])
    record = received(frame).record
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
