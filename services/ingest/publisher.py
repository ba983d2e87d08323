"""A thread's way to the bus."""

from __future__ import annotations

import logging
from threading import Event

from vitrine.bus import Bus, Message, Outgoing, Producer, encode
from vitrine.errors import Unavailable
from vitrine.runtime.backoff import until_available
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health

logger = logging.getLogger(__name__)

OFFER_LIMIT_S = 1.0
LAST_WORDS_LIMIT_S = 5.0


class Publisher:
    """Publishes durably, for one thread. Connects on first use."""

    def __init__(self, bus: Bus, health: Health, stop: Event) -> None:
        self._bus = bus
        self._health = health
        self._stop = stop
        self._producer: Producer | None = None

    def connect(self, limit_s: float) -> None:
        """Connect now. Raises Unavailable after `limit_s`, Stopped when asked to stop."""
        until_available(
            self._connected,
            service="ingest",
            health=self._health,
            stop=self._stop,
            limit_s=limit_s,
        )

    def send(self, outgoing: Outgoing) -> None:
        """Publish; waits as long as the bus is away. Raises Stopped."""
        message = encode(outgoing)
        until_available(
            lambda: self._publish(message),
            service="ingest",
            health=self._health,
            stop=self._stop,
        )

    def offer(self, outgoing: Outgoing) -> bool:
        """Publish if the bus is there; False if not."""
        try:
            self._publish(encode(outgoing), OFFER_LIMIT_S)
        except Unavailable as error:
            self._health.unready("ingest", str(error))
            return False
        self._health.ready("ingest")
        return True

    def send_last(self, outgoing: Outgoing) -> None:
        """Publish although asked to stop; not for long."""
        message = encode(outgoing)
        try:
            until_available(
                lambda: self._publish(message, LAST_WORDS_LIMIT_S),
                service="ingest",
                health=self._health,
                stop=Event(),
                limit_s=LAST_WORDS_LIMIT_S,
            )
        except Unavailable as error:
            logger.warning("a last record on %s is lost: %s", message.topic, error)

    def close(self) -> None:
        """Release the producer."""
        if self._producer is not None:
            self._producer.close()

    def _connected(self) -> Producer:
        if self._producer is None:
            self._producer = self._bus.producer()
        return self._producer

    def _publish(self, message: Message, limit_s: float = 30.0) -> None:
        producer = self._connected()
        producer.send(message)
        producer.flush(limit_s)
        metrics.RECORDS_OUT.labels("ingest", message.topic).inc()
