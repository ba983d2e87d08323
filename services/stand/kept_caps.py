"""What caps have counted, kept over restarts of the stand; from the loop's thread."""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis

from vitrine.clock import Moment
from vitrine.errors import Unavailable
from vitrine.programme.frequency import Frequency
from vitrine.services.stand.stages import Stages
from vitrine.services.stand.store_absence import StoreAbsence
from vitrine.stores import caps


class KeptCaps:
    """Read what was counted before a stand decides, and store each change.

    While Redis is away the stand counts on in memory.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._absence = StoreAbsence("What caps count")

    @property
    def problems(self) -> Sequence[str]:
        """Sentences for the operator."""
        return self._absence.problems

    def read(self, stand_id: str, frequency: Frequency, now: Moment) -> None:
        """Tell a stand what was counted before; until then campaigns with caps wait."""
        if frequency.known or self._absence.lasts:
            return
        try:
            counts = caps.load(self._redis, stand_id)
        except Unavailable as error:
            self._absence.begins(error)
            return
        frequency.resume(counts, now)
        self._absence.ends()

    def keep(self, stages: Stages, now: Moment) -> None:
        """Store what stands have counted since."""
        if self._absence.lasts:
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
            self._absence.begins(error)
            return
        for frequency in changed.values():
            frequency.changed = False
        self._absence.ends()
