"""What a run left on the topics and in Redis."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from redis import Redis

from tests.recordings import Totals, reported_totals
from vitrine.bus import Bus, Received, decode
from vitrine.mall.folder import MallSource
from vitrine.services.analytics.report import to_json
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.campaign_state import plain_hash
from vitrine.topics import FRAMES, TOPICS


@dataclass(frozen=True, slots=True)
class Evidence:
    """A run that is over."""

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
        """As other programs read them."""
        return [json.loads(received.record.value) for received in self.records[topic]]


def gather(bus: Bus, redis: Redis, journal: Path, mall: MallSource) -> Evidence:
    """Everything, after the services have ended."""
    return Evidence(
        records=read_topics(bus),
        totals=reported_totals(to_json(load_figures(redis, "exact"))),
        granted=read_grants(redis),
        pending=sorted(plain_hash(redis, "stand:pending")),
        journal=journal.read_text().splitlines() if journal.exists() else [],
        mall=mall,
    )


def read_topics(bus: Bus) -> dict[str, list[Received[Any]]]:
    """All records of all topics but `frames`. Raises Invalid for one that does not decode."""
    topics = [topic for topic in TOPICS if topic is not FRAMES]
    found: dict[str, list[Received[Any]]] = {topic.name: [] for topic in topics}
    consumer = bus.consumer("evidence", topics)
    try:
        records = consumer.poll(1, 5_000)
        while records or not (lag := consumer.lag()) or any(lag.values()):
            for record in records:
                found[record.topic].append(decode(record))
            records = consumer.poll(1, 5_000)
    finally:
        consumer.close()
    return found


def read_grants(redis: Redis) -> dict[str, dict[str, str]]:
    """Campaign and offer → grant → code."""
    prefix = "stand:grants:"
    keys = [key.decode() for key in cast("list[bytes]", redis.keys(f"{prefix}*"))]
    return {key.removeprefix(prefix): plain_hash(redis, key) for key in keys}
