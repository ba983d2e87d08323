"""Retrying what is unavailable."""

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

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0


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
    """Call `action` until it does not raise Unavailable; exponential back-off with jitter up to 5 s.

    Raises Stopped when `stop` is set meanwhile, and the last Unavailable when `limit_s` has passed.
    """
    started = time.monotonic()
    delay = FIRST_DELAY_S
    while True:
        try:
            result = action()
        except Unavailable as error:
            waited = time.monotonic() - started
            if limit_s is not None and waited >= limit_s:
                raise
            logger.warning("unavailable, trying again: %s", error)
            metrics.RETRIES.labels(service).inc()
            health.unready(service, str(error))
            if stop.wait(delay * random.uniform(0.5, 1.0)):
                raise Stopped(str(error)) from error
            delay = min(delay * 2, LONGEST_DELAY_S)
        else:
            health.ready(service)
            return result
