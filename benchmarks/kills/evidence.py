"""Read what a run left on the topics and in Redis."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from redis import Redis

from tests.recordings import Totals, reported_totals
from vitrine.bus import Bus, Consumer, Received, decode
from vitrine.mall.folder import MallSource
from vitrine.services.analytics.report import to_json
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import plain_hash
from vitrine.topics import FRAMES, TOPICS

# A second is enough for a broker on this machine to answer.
POLL_S = 1
POLL_RECORDS = 5_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """Hold what a run left that is over."""

    records: Mapping[str, Sequence[Received[Any]]]
    """By topic, in order within each partition; all topics but `frames`."""
    totals: Totals
    """The exact totals that analytics reports."""
    granted: Mapping[str, Mapping[str, str]]
    """Campaign and offer → grant → code, as Redis has them."""
    pending: Sequence[str]
    """Interactions that Redis still holds for the bus."""
    journal: Sequence[str]
    """Plays that the player finished."""
    mall: MallSource

    def events(self, topic: str) -> list[dict[str, Any]]:
        """Return the events of a topic as other programs read them."""
        values = [received.record.value for received in self.records[topic]]
        return [json.loads(value) for value in values]


def gather(
    bus: Bus,
    redis: Redis,
    journal: Path,
    mall: MallSource,
) -> Evidence:
    """Return everything that is there after the services have ended."""
    report = to_json(load_figures(redis, "exact"))
    pending = plain_hash(redis, "stand:pending")
    finished: list[str] = []
    if journal.exists():
        finished = journal.read_text().splitlines()
    return Evidence(
        records=read_topics(bus),
        totals=reported_totals(report),
        granted=read_grants(redis),
        pending=sorted(pending),
        journal=finished,
        mall=mall,
    )


def read_topics(bus: Bus) -> dict[str, list[Received[Any]]]:
    """Return all records of all topics but `frames`.

    Raises Invalid for a record that does not decode.
    """
    topics = [topic for topic in TOPICS if topic is not FRAMES]
    found: dict[str, list[Received[Any]]] = {topic.name: [] for topic in topics}
    consumer = bus.consumer("evidence", topics)
    try:
        while True:
            records = consumer.poll(POLL_S, POLL_RECORDS)
            for record in records:
                received = decode(record)
                found[record.topic].append(received)
            # An empty poll alone may be a slow one.
            if not records and has_read_all(consumer):
                return found
    finally:
        consumer.close()


def has_read_all(consumer: Consumer) -> bool:
    """Return whether a consumer has its partitions, and nothing is left to read."""
    lag = consumer.lag()
    # No partition, no lag: it has not been given any yet.
    return bool(lag) and not any(lag.values())


def read_grants(redis: Redis) -> dict[str, dict[str, str]]:
    """Return, by campaign and offer, the code of each grant."""
    prefix = "stand:grants:"
    # The client's types leave open whether it waits for answers; this one does.
    keys = cast("list[bytes]", redis.keys(f"{prefix}*"))
    found = {}
    for encoded in keys:
        key = encoded.decode()
        offer = key.removeprefix(prefix)
        found[offer] = plain_hash(redis, key)
    return found
