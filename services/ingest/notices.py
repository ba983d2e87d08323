"""Know at which stands people are told of the cameras now."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from threading import Event, Lock
from typing import Final

from vitrine.beside import beside
from vitrine.bus import Bus, Record, decode
from vitrine.clock import SECOND_NS
from vitrine.errors import Invalid, Unavailable
from vitrine.runtime.backoff import Backoff
from vitrine.schemas import Notice, Reactions, Recognition
from vitrine.telemetry import metrics
from vitrine.topics import NOTICES

logger = logging.getLogger(__name__)

# Chosen, not measured: a page tells every ten seconds, so two of its reports may be lost.
PROOF_LASTS_S: Final = 30.0
"""Time for which a proof holds."""
# At a start, of each partition: far more than it has stands, of which each writes every 10 s.
LAST_RECORDS: Final = 100
MAX_RECORDS: Final = 200
# A stop is noticed within this time. Chosen, not measured.
POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Proof:
    """Hold until when a proof holds, by the monotonic clock, and what its words say."""

    until_s: float
    recognition: Recognition
    reactions: Reactions


class ShownNotices:
    """Keep the newest proof of each stand. Thread-safe."""

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall_ns = wall_ns
        self._steady_s = steady_s
        self._proofs: dict[str, Proof] = {}
        self._lock = Lock()

    def hear(self, notice: Notice) -> None:
        """Take a proof; it holds for 30 s from when it was given, and from now at most.

        One of a clock that is ahead by more counts for nothing: at a start it may be any old one.
        """
        age_s = (self._wall_ns() - notice.shown_at_ns) / SECOND_NS
        if age_s < -PROOF_LASTS_S:
            return
        until_s = self._steady_s() + PROOF_LASTS_S - max(0.0, age_s)
        proof = Proof(until_s, notice.recognition, notice.reactions)
        with self._lock:
            self._proofs[notice.stand_id] = proof

    def shown(
        self,
        stand_id: str,
        recognition: Recognition,
        reactions: Reactions = "off",
    ) -> bool:
        """Return True while people of a stand are told this of recognition and reactions."""
        with self._lock:
            proof = self._proofs.get(stand_id)
        if proof is None:
            return False
        if (proof.recognition, proof.reactions) != (recognition, reactions):
            return False
        return self._steady_s() < proof.until_s


class NoticeWatch:
    """Follow the topic of proofs; while the bus is away, proofs get old."""

    def __init__(self, bus: Bus, notices: ShownNotices) -> None:
        self._bus = bus
        self._notices = notices

    def running(self, stop: Event) -> AbstractContextManager[None]:
        """Follow in a thread during a block; an error of it sets `stop`."""
        return beside(self._follow, "ingest-notices", stop)

    def _follow(self, ended: Event) -> None:
        """Read until `ended`, again and again where the bus goes away."""
        backoff = Backoff()
        while not ended.is_set():
            try:
                self._read(ended, backoff)
            except Unavailable as error:
                logger.warning("notices cannot be read, trying again: %s", error)
                backoff.wait(ended)

    def _read(self, ended: Event, backoff: Backoff) -> None:
        with closing(self._bus.tail({NOTICES: LAST_RECORDS})) as tail:
            backoff.reset()
            while not ended.is_set():
                for record in tail.poll(POLL_S, MAX_RECORDS):
                    self._take(record)

    def _take(self, record: Record) -> None:
        metrics.RECORDS_IN.labels("ingest", record.topic).inc()
        try:
            event = decode(record).event
        except Invalid as error:
            # It proves nothing, and the next one comes within seconds.
            metrics.RECORDS_INVALID.labels("ingest", record.topic).inc()
            logger.warning("a notice does not count: %s", error)
            return
        assert isinstance(event, Notice)  # noqa: S101 - the schema of the topic
        self._notices.hear(event)
