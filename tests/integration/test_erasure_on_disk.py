"""After an erasure, and after a consent has expired, no file tells of a customer.

All of it is on real servers: customers in a Redis with its append-only file, data keys in another
one, and a backup of the first that was made before. Beside them lie the recording of a visit, the
segments of what `identity` published, the logs, the audit log and the receipt. What is sealed on
the topic `faces` opens for ten minutes: how long it really lies on the disk is measured by
`test_record_lifetime`.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.brokers import LOGGED, SNAPSHOTS, KafkaBroker, RedisServer, kafka_libs
from tests.builders import make_mall, received
from tests.customer_builders import customer_store
from tests.traces import Trace, find_traces
from tests.unit.identity.toy_stand import (
    ENROLLED,
    MODEL,
    RULES,
    SEALER,
    frame_of,
    person,
)
from vitrine.bus import Message, Producer
from vitrine.bus.kafka import KafkaBus
from vitrine.clock import SECOND_NS
from vitrine.customers.consents import Consent, Purpose
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Vector
from vitrine.mall.folder import FixedMall
from vitrine.people.audit import AuditLog
from vitrine.runtime.publishing import encode_all, send_all
from vitrine.services.identity.gallery_feed import GalleryFeed
from vitrine.services.identity.handler import IdentityHandler
from vitrine.services.identity.visit_links import VisitLinks
from vitrine.site.recorder import Recorder
from vitrine.stores import data_keys
from vitrine.stores.consents import agrees_to_offers
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KeyStore
from vitrine.stores.hand_keys import Listener
from vitrine.stores.redis import connect
from vitrine.topics import IDENTITIES

# Of toy_stand.SEALER.
SITE_KEYS = {"k": bytes(range(32))}
NAME = "Ada Example"
ADA = person(1)
BOB = person(2)
DAY_S = 86_400.0
LIMIT_S = 20.0
# Of a head that sways, so many views prove that it lives.
VIEWS = 40
PURPOSES: tuple[Purpose, ...] = ("recognise", "profile", "offers")

logger = logging.getLogger("vitrine")


@dataclass(frozen=True, slots=True)
class Site:
    """Two servers, and a folder for everything that is written."""

    folder: Path
    redis: Redis
    key_redis: Redis
    store: CustomerStore
    producer: Producer | None = None
    """Takes what `identity` publishes, where there is a broker."""

    def enrol(self, name: str, vector: Vector, seconds: float = DAY_S) -> str:
        """Enrol somebody who agrees to everything for so long."""
        now_ns = time.time_ns()
        until_ns = now_ns + int(seconds * SECOND_NS)
        consents = [Consent(each, now_ns, until_ns, "1") for each in PURPOSES]
        return self.store.enrol(
            name, [vector], MODEL, consents, now_ns, tags=["runner"], level="gold"
        )

    def visited(self, vector: Vector) -> str:
        """Let somebody stand before the camera, recorded; return the visit."""

        def build(templates: Any) -> Gallery:
            return Gallery(templates, RULES)

        feed = GalleryFeed(
            self.store, Listener(self.redis, SEALER), build, time.time_ns
        )
        handler = IdentityHandler(
            FixedMall(make_mall(ENROLLED)), RULES, SEALER, feed, VisitLinks(self.store)
        )
        recorder = Recorder(self.folder / "recording")
        recorder.assigned({})
        visits = set()
        for number in range(VIEWS):
            frame = frame_of("track", number / 10, vector, turns=True)
            outputs = handler.handle([received(frame)])
            handler.published(outputs)
            visits.update(outputs.staged)
            if self.producer is not None:
                send_all(self.producer, encode_all(outputs.messages))
            events = [message.event for message in outputs.messages]
            recorded = [received(event) for event in (frame, *events)]
            recorder.published(recorder.handle(recorded))
        recorder.stopped()
        (visit_id,) = visits
        assert agrees_to_offers(self.redis, visit_id)
        return str(visit_id)

    def backed_up(self) -> None:
        """Copy the data of Redis, as a backup of them does."""
        shutil.copytree(self.folder / "data", self.folder / "backup")

    def erased(self, customer_id: str) -> None:
        """Erase somebody, with a receipt, and a line in the audit log."""
        receipt = self.store.erase(customer_id, time.time_ns())
        logs = self.folder / "logs"
        (logs / "receipt.json").write_text(json.dumps(receipt))
        AuditLog(logs / "audit.jsonl", "test").note(
            "erased a customer", None, place=customer_id
        )

    def swept(self) -> None:
        """Sweep, as is done every minute, and wait for the log that is written anew."""
        self.store.sweep(time.time_ns())

        def is_written() -> bool:
            state: Any = self.redis.info("persistence")
            return not (
                state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"]
            )

        until(is_written, "the log is written anew")

    def traces(self, trace: Trace) -> list[str]:
        """Return what all files tell of a customer."""
        folders = [path for path in sorted(self.folder.iterdir()) if path.is_dir()]
        workplace = self.folder.parent / f"workplace-{time.monotonic_ns()}"
        return find_traces(trace, folders, SITE_KEYS, workplace)


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def server(stack: ExitStack, folder: Path, options: tuple[str, ...]) -> Redis:
    """Start a Redis in a folder, and return a client."""
    folder.mkdir(parents=True)
    running = RedisServer(folder, options)
    running.start()
    stack.callback(running.stop)
    client: Redis = stack.enter_context(connect(running.url))
    return client


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    (folder / "logs").mkdir(parents=True)
    handler = logging.FileHandler(folder / "logs" / "vitrine.log")
    root = logging.getLogger()
    level = root.level
    with ExitStack() as stack:
        redis = server(stack, folder / "data", LOGGED)
        key_redis = server(stack, folder / "keys", SNAPSHOTS)
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            store = customer_store(redis, key_redis, SEALER)
            yield Site(folder, redis, key_redis, store)
        finally:
            root.setLevel(level)
            root.removeHandler(handler)
            handler.close()


def customer_of(site: Site, seconds: float = DAY_S) -> Trace:
    """A customer who came, beside another one who stays; and a backup of that time."""
    site.enrol("Bob Other", BOB)
    ada = site.enrol(NAME, ADA, seconds)
    trace = Trace(NAME, ADA, ada, site.visited(ADA))
    site.backed_up()
    return trace


class TestNothingIsLeft:
    """No file tells of a customer any more."""

    def test_after_an_erasure(self, site: Site) -> None:
        trace = customer_of(site)
        before = site.traces(trace)
        assert {"sealed name", "sealed template"} <= set(before)
        assert "the visit leads to the customer" in before
        site.erased(trace.customer_id)
        site.swept()
        assert site.traces(trace) == []

    def test_after_the_consent_has_expired(self, site: Site) -> None:
        trace = customer_of(site, seconds=2.0)
        key = f"customer:{trace.customer_id}"
        until(lambda: not site.redis.exists(key), "the record has expired")
        site.swept()
        assert site.traces(trace) == []

    def test_after_the_erasure_of_somebody_who_came_back_with_a_backup(
        self, site: Site, tmp_path: Path
    ) -> None:
        trace = customer_of(site)
        site.erased(trace.customer_id)
        with ExitStack() as stack:
            restored = tmp_path / "restored" / "data"
            shutil.copytree(site.folder / "backup", restored)
            running = RedisServer(restored)
            running.start()
            stack.callback(running.stop)
            redis = stack.enter_context(connect(running.url))
            store = customer_store(redis, site.key_redis, SEALER)
            assert trace.customer_id in store.ids()
            names = {each.customer_id for each in store.templates(time.time_ns())}
            assert trace.customer_id not in names
            assert len(names) == 1
            assert store.sweep(time.time_ns()).without_key == 1
            assert trace.customer_id not in store.ids()
            assert not redis.keys("visit:*") + redis.keys("known:*")


@pytest.mark.kafka
def test_no_segment_of_a_topic_tells_of_who_was_erased(
    site: Site, kafka_broker: KafkaBroker
) -> None:
    libs = kafka_libs()
    assert libs is not None, kafka_broker.servers
    folder = site.folder / "broker"
    folder.mkdir()
    broker = KafkaBroker(libs, folder)
    with running(broker) as bus:
        bus.apply_topics([IDENTITIES])
        with closing(bus.producer()) as producer:
            trace = customer_of(replace(site, producer=producer))
    site.erased(trace.customer_id)
    site.swept()
    segments = [path.read_bytes() for path in folder.rglob("*.log")]
    assert any(trace.visit_id.encode() in segment for segment in segments)
    assert site.traces(trace) == []
    with running(broker) as bus, closing(bus.producer()) as producer:
        producer.send(Message(IDENTITIES.name, "north", NAME.encode()))
        producer.flush()
    found = site.traces(trace)
    assert found
    assert all(each.startswith("name: ") for each in found)


@contextmanager
def running(broker: KafkaBroker) -> Iterator[KafkaBus]:
    """Start a broker for a block. Once stopped, it has made its files as small as they are."""
    broker.start()
    bus = KafkaBus(broker.servers)
    try:
        yield bus
    finally:
        bus.close()
        broker.stop()


class TestTheSearchFinds:
    """What is deliberately left is found, so that nothing found means nothing left."""

    def test_a_data_key_that_is_not_removed(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trace = customer_of(site)
        monkeypatch.setattr(KeyStore, "remove", lambda *_: None)
        site.erased(trace.customer_id)
        found = site.traces(trace)
        assert {"sealed name", "sealed template"} <= set(found)

    def test_a_key_store_that_keeps_a_log(self, site: Site) -> None:
        site.key_redis.config_set("appendonly", "yes")
        trace = Trace(NAME, ADA, "ada", "visit of nobody")
        key = data_keys.DataKey.new(SEALER, "ada", 5)
        KeyStore(site.key_redis).add("ada", key)
        sealed = key.opened(SEALER, "ada").encrypt(NAME.encode(), "anything")[1]
        (site.folder / "logs" / "sealed").write_text(sealed)
        KeyStore(site.key_redis).remove("ada")
        assert "sealed name" in site.traces(trace)

    def test_a_name_in_a_log(self, site: Site) -> None:
        trace = customer_of(site)
        site.erased(trace.customer_id)
        logger.warning("erased %s", NAME)
        site.swept()
        [found] = site.traces(trace)
        assert found.startswith("name: ")
        assert found.endswith("logs/vitrine.log")

    def test_a_template_in_clear(self, site: Site) -> None:
        trace = customer_of(site)
        site.redis.set("forgotten", ADA.tobytes())
        site.erased(trace.customer_id)
        site.swept()
        assert any(each.startswith("template: ") for each in site.traces(trace))

    def test_a_view_that_is_recorded(self, site: Site) -> None:
        trace = customer_of(site)
        site.erased(trace.customer_id)
        site.swept()
        view = frame_of("track", 0.0, ADA).model_dump_json()
        (site.folder / "recording" / "views.jsonl").write_text(view)
        assert site.traces(trace) == ["sealed template"]

    def test_a_link_by_the_id_of_the_customer(self, site: Site) -> None:
        trace = customer_of(site)
        site.redis.set(f"visit:{trace.visit_id}", trace.customer_id)
        site.erased(trace.customer_id)
        assert "the visit leads to the customer" in site.traces(trace)
