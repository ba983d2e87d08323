"""Services of a lasting site: one that falls costs itself only, and starts again."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event
from typing import Final, TypeAlias

from vitrine.runtime.backoff import Backoff
from vitrine.site.worker import Worker
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health

logger = logging.getLogger(__name__)

Run: TypeAlias = Callable[[Event], None]
"""Works until the event is set."""

# Chosen, not measured: a passing fault costs a second, and one that stays a line a minute.
FIRST_DELAY_S: Final = 1.0
LONGEST_DELAY_S: Final = 60.0
# One that ran for so long has recovered: the next fall waits the first delay again.
STEADY_S: Final = 60.0


class Part:
    """Run a service in a thread, and make it anew when it ends by itself."""

    def __init__(
        self,
        name: str,
        make: Callable[[], Run],
        health: Health,
        changed: Event,
    ) -> None:
        """Set `changed` whenever the service ends."""
        self.name = name
        self._make = make
        self._health = health
        self._changed = changed
        self._backoff = Backoff(FIRST_DELAY_S, LONGEST_DELAY_S)
        self._worker: Worker | None = None
        self._started_at = 0.0
        self._due_at = 0.0
        # A label counts from zero on: Prometheus then sees the first fall as a rise.
        metrics.SERVICE_RESTARTS.labels(name)

    def start(self) -> None:
        """Make the service and start it. Raises what stops it from being made."""
        run = self._make()
        self._worker = Worker(self.name, run, self._changed)
        self._started_at = time.monotonic()
        self._worker.start()

    def look(self) -> None:
        """Note when the service has ended, and start it again when that is due."""
        if self._worker is not None:
            if self._worker.running:
                return
            self._fell(self._worker.error)
        if time.monotonic() >= self._due_at:
            self._start_again()

    def finish(self, limit_s: float) -> None:
        """End in order; at once after the limit."""
        if self._worker is None:
            return
        self._worker.finish(limit_s)
        if self._worker.error is not None:
            logger.error("%s did not end well: %s", self.name, self._worker.error)

    def abandon(self) -> None:
        """End at once."""
        if self._worker is not None:
            self._worker.abandon()

    def _fell(self, error: BaseException | None) -> None:
        self._worker = None
        now = time.monotonic()
        if now - self._started_at >= STEADY_S:
            self._backoff.reset()
        delay_s = self._backoff.next_s()
        self._due_at = now + delay_s
        reason = f"fell: {error}" if error is not None else "ended by itself"
        self._health.unready(self.name, reason)
        logger.error(
            "%s %s; it starts again in %.1f s",
            self.name,
            reason,
            delay_s,
            exc_info=error,
        )

    def _start_again(self) -> None:
        metrics.SERVICE_RESTARTS.labels(self.name).inc()
        try:
            self.start()
        except Exception as error:  # noqa: BLE001 - told, and tried again later
            self._fell(error)
