"""Retry what is unavailable, at growing intervals."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from threading import Event
from typing import TypeVar

from vitrine.errors import Unavailable
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health

logger = logging.getLogger(__name__)
T = TypeVar("T")

# Chosen, not measured: a broker that restarts is found again within seconds, and
# a hundred processes that wait for it ask it at most twenty to forty times a second.
FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0

# Processes that lost the same server at the same time must not come back together.
SMALLEST_SHARE = 0.5


class Backoff:
    """Keep the delay between attempts: doubled by each wait, from `first_s` to `longest_s`.

    Each wait takes a random share of the delay, from a half to all of it.
    """

    def __init__(
        self, first_s: float = FIRST_DELAY_S, longest_s: float = LONGEST_DELAY_S
    ) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._delay_s = first_s

    def next_s(self) -> float:
        """Return how many seconds to wait before the next attempt."""
        share = random.uniform(SMALLEST_SHARE, 1.0)
        delay_s = self._delay_s * share
        self._delay_s = min(2 * self._delay_s, self._longest_s)
        return delay_s

    def wait(self, stop: Event) -> bool:
        """Wait before the next attempt; return True when `stop` was set meanwhile."""
        return stop.wait(self.next_s())

    def reset(self) -> None:
        """Begin with the first delay again, after an attempt that succeeded."""
        self._delay_s = self._first_s


def _patience(error: Unavailable, waited_s: float, limit_s: float | None) -> str:
    """Say what is waited for, and how long it still may take or has taken."""
    if limit_s is None:
        return f"trying again, for {waited_s:.0f} s now: {error}"
    left_s = limit_s - waited_s
    return f"trying again, {left_s:.0f} s left: {error}"


class Stopped(Exception):
    """The process was asked to stop while something was unavailable."""


def until_available(
    action: Callable[[], T],
    *,
    service: str,
    health: Health,
    stop: Event,
    limit_s: float | None = None,
) -> T:
    """Call `action` until it does not raise Unavailable, and return its result.

    Raises Stopped when `stop` is set meanwhile, and the last Unavailable when `limit_s`
    has passed.
    """
    started = time.monotonic()
    backoff = Backoff()
    while True:
        try:
            result = action()
        except Unavailable as error:
            waited_s = time.monotonic() - started
            if limit_s is not None and waited_s >= limit_s:
                raise
            logger.warning("%s", _patience(error, waited_s, limit_s))
            metrics.RETRIES.labels(service).inc()
            health.unready(service, str(error))
            if backoff.wait(stop):
                raise Stopped(str(error)) from error
        else:
            health.ready(service)
            return result
