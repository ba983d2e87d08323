"""Publish from one thread."""

from __future__ import annotations

import logging
from threading import Event

from vitrine.bus import Bus, Message, Outgoing, Producer, encode
from vitrine.errors import Unavailable
from vitrine.runtime.backoff import until_available
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health

logger = logging.getLogger(__name__)

# After this the bus counts as away, and the attempt is repeated: what producers wait by default.
SEND_LIMIT_S = 30.0

# A camera that may drop waits no longer than a frame or a few take. Chosen, not measured.
OFFER_LIMIT_S = 1.0

# Last records are worth some seconds of a stop: without them, the end of the run is missing
# in the figures. Chosen, not measured.
LAST_RECORDS_LIMIT_S = 5.0


class Publisher:
    """Publish durably, for one thread. Connects on first use."""

    def __init__(
        self,
        bus: Bus,
        health: Health,
        stop: Event,
    ) -> None:
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
        """Publish, and wait as long as the bus is away. Raises Stopped."""
        message = encode(outgoing)
        until_available(
            lambda: self._publish(message, SEND_LIMIT_S),
            service="ingest",
            health=self._health,
            stop=self._stop,
        )

    def offer(self, outgoing: Outgoing) -> bool:
        """Publish if the bus is there; return False if not."""
        message = encode(outgoing)
        try:
            self._publish(message, OFFER_LIMIT_S)
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
                lambda: self._publish(message, LAST_RECORDS_LIMIT_S),
                service="ingest",
                health=self._health,
                stop=Event(),
                limit_s=LAST_RECORDS_LIMIT_S,
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

    def _publish(self, message: Message, limit_s: float) -> None:
        producer = self._connected()
        producer.send(message)
        producer.flush(limit_s)
        counter = metrics.RECORDS_OUT.labels("ingest", message.topic)
        counter.inc()
