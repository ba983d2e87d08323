"""What caps have counted, kept over restarts of the stand; from the loop's thread."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Final

from redis import Redis

from vitrine.clock import Moment
from vitrine.errors import Unavailable
from vitrine.programme.frequency import Frequency
from vitrine.services.stand.stages import Stages
from vitrine.stores import caps

logger = logging.getLogger(__name__)

# Chosen, not measured: a call to a store that is away takes up to two seconds, in which no command
# goes out.
RETRY_S: Final = 30.0
"""Time for which a store that failed is not asked again."""


class KeptCaps:
    """Read what was counted before a stand decides, and store each change.

    While Redis is away the stand counts on in memory.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._retry_at_s = 0.0
        """Of the monotonic clock."""
        self._away = ""

    @property
    def problems(self) -> Sequence[str]:
        """Sentences for the operator."""
        return [self._away] if self._away else []

    def read(self, stand_id: str, frequency: Frequency, now: Moment) -> None:
        """Tell a stand what was counted before; until then campaigns with caps wait."""
        if frequency.known or time.monotonic() < self._retry_at_s:
            return
        try:
            counts = caps.load(self._redis, stand_id)
        except Unavailable as error:
            self._lost(error)
            return
        frequency.resume(counts, now)
        self._found()

    def keep(self, stages: Stages, now: Moment) -> None:
        """Store what stands have counted since."""
        if time.monotonic() < self._retry_at_s:
            return
        changed = {}
        for stand, stage in stages.served():
            frequency = stage.director.frequency
            # What was not read must not be replaced.
            if frequency.known and frequency.changed:
                changed[stand.id] = frequency
        if not changed:
            return
        counts = {name: frequency.counts(now) for name, frequency in changed.items()}
        try:
            caps.save(self._redis, counts)
        except Unavailable as error:
            self._lost(error)
            return
        for frequency in changed.values():
            frequency.changed = False
        self._found()

    def _lost(self, error: Unavailable) -> None:
        self._retry_at_s = time.monotonic() + RETRY_S
        if not self._away:
            logger.warning("what caps count is not stored for now: %s", error)
        self._away = f"What caps count is not stored for now: {error}"

    def _found(self) -> None:
        if self._away:
            self._away = ""
            logger.info("what caps count is stored again")
