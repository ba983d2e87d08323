"""The console's loop: it reads the bus while somebody watches, and nothing otherwise."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from threading import Event
from typing import Any, Final

from vitrine.bus import Bus, Received, Record, Tail, decode
from vitrine.clock import SECOND_NS
from vitrine.errors import Invalid, Unavailable
from vitrine.runtime.backoff import Stopped, until_available
from vitrine.services.console.handler import NAME, ConsoleHandler
from vitrine.services.console.viewers import Viewers
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health
from vitrine.topics import (
    ENGAGEMENT,
    FACES,
    FRAMES,
    IDENTITIES,
    Topic,
)

logger = logging.getLogger(__name__)

# How often the loop looks whether somebody came, or it is to stop. Chosen, not measured.
LOOK_S: Final = 0.1
MAX_RECORDS: Final = 200
# A track is decided once, often long before somebody looks: so many of the last decisions of
# each partition are read first. Chosen: about an hour of a busy stand.
LAST_DECISIONS: Final = 500
# Pictures that are older when they are read are not worth the way. Chosen, not measured.
BEHIND_NS: Final = 2 * SECOND_NS


class WatchLoop:
    """Run the handler on the newest records, as a member of no group.

    Unlike `ServiceLoop` it commits nothing, and a record that does not decode is counted and
    left out: its dead letter is written by the service that works on it.
    """

    def __init__(
        self,
        bus: Bus,
        handler: ConsoleHandler,
        viewers: Viewers,
        health: Health,
        wall_ns: Callable[[], int],
        *,
        pictures: bool,
    ) -> None:
        """Read pictures only with `pictures`; tell the age of records by `wall_ns`."""
        self._bus = bus
        self._handler = handler
        self._viewers = viewers
        self._health = health
        self._wall_ns = wall_ns
        self._topics = _topics(pictures=pictures)
        for topic in self._topics:
            metrics.RECORDS_IN.labels(NAME, topic.name)
            metrics.RECORDS_INVALID.labels(NAME, topic.name)

    def run(self, stop: Event) -> None:
        """Work until `stop`. Raises what the handler raises."""
        self._health.ready(NAME)
        try:
            while not stop.is_set():
                if self._viewers.wait(LOOK_S):
                    self._watch(stop)
                else:
                    # Nothing is asked of the bus: it may be there or not.
                    self._health.ready(NAME)
        except Stopped as error:
            logger.warning("stopped while something was unavailable: %s", error)

    def _watch(self, stop: Event) -> None:
        """Read while somebody watches, or until the bus is away."""
        tail = until_available(
            lambda: self._bus.tail(self._topics),
            service=NAME,
            health=self._health,
            stop=stop,
        )
        with closing(tail):
            try:
                while self._viewers.present() and not stop.is_set():
                    self._turn(tail)
            except Unavailable as error:
                logger.warning("unavailable, trying again: %s", error)
                self._health.unready(NAME, str(error))
        self._handler.forget()

    def _turn(self, tail: Tail) -> None:
        records = tail.poll(LOOK_S, MAX_RECORDS)
        if self._is_behind(records):
            tail.skip()
            records = ()
        batch = _decoded(records)
        self._handler.handle(batch)

    def _is_behind(self, records: Sequence[Record]) -> bool:
        oldest_ns = self._wall_ns() - BEHIND_NS
        for record in records:
            if record.topic == FRAMES.name and record.appended_at_ns < oldest_ns:
                return True
        return False


def _topics(*, pictures: bool) -> Mapping[Topic, int]:
    """Return what is read, with how many of the last records of each partition."""
    topics = {
        FACES: 0,
        IDENTITIES: LAST_DECISIONS,
        ENGAGEMENT: 1,
    }
    if pictures:
        topics[FRAMES] = 0
    return topics


def _decoded(records: Sequence[Record]) -> list[Received[Any]]:
    batch: list[Received[Any]] = []
    for record in records:
        metrics.RECORDS_IN.labels(NAME, record.topic).inc()
        try:
            received = decode(record)
        except Invalid as error:
            metrics.RECORDS_INVALID.labels(NAME, record.topic).inc()
            logger.warning("record left out: %s: %s", record.topic, error)
        else:
            batch.append(received)
    return batch
