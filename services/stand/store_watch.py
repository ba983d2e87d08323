"""Notice a store of offers that was emptied or set back, so that nothing is granted twice."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from redis import Redis

from vitrine.bus import Bus
from vitrine.errors import Unavailable
from vitrine.stores import offers
from vitrine.stores.offers import Emptied, Mark
from vitrine.topics import INTERACTIONS

logger = logging.getLogger(__name__)

# Chosen, not measured: some hundred MB pass by once, where a store is empty; of a stand with more
# touches than that since its last offer, the offers are some days old.
LAST_RECORDS: Final = 20_000
"""Records of each partition in which offers of before are looked for."""
READ_LIMIT_S: Final = 30.0
MARK_OF_OFFERS: Final = b'"offer-shown"'
EMPTIED: Final = (
    "The store has lost what it granted: no offers until you say how to go on. "
    "Take granted codes out of the files in codes/, then call `vitrine offers begin`."
)


class StoreWatch:
    """Keep the mark of the store, and stop at one that is not the store of before.

    An empty store is a new one when the bus has no offer that was shown, where they stay for 30
    days, and when `file` is not there, which is written beside the store with the first grant.
    """

    def __init__(self, bus: Bus, file: Path | None = None) -> None:
        self._bus = bus
        self._file = file
        self._noted = ""
        """Epoch that the file has."""
        self._granted_before = False
        """The bus, which takes a while to read, has an offer."""
        self._mark: Mark | None = None
        self._stopped = False

    def mark(self, redis: Redis) -> Mark:
        """Return the mark to grant with. Raises Emptied and Unavailable."""
        if self._mark is None or self._stopped:
            return self.look(redis)
        return self._mark

    def look(self, redis: Redis) -> Mark:
        """Compare the store with what was known of it. Raises Emptied and Unavailable."""
        known = self._mark
        found = offers.mark_of(redis)
        if found is None:
            self._stopped = True
            if self._has_granted():
                raise Emptied
            found = offers.begin_first(redis)
        elif _set_back(found, known):
            self._stopped = True
            raise Emptied
        self._mark = found
        self._stopped = False
        self._note()
        return found

    def _has_granted(self) -> bool:
        """Tell whether offers were ever granted. Raises Unavailable."""
        if self._mark is not None and self._mark.granted > 0:
            return True
        if self._file is not None and self._file.exists():
            return True
        if not self._granted_before:
            self._granted_before = granted_before(self._bus)
        return self._granted_before

    def granted(self, number: int) -> None:
        """Take note of the number of a grant."""
        if self._mark is not None and number > self._mark.granted:
            self._mark = replace(self._mark, granted=number)
            self._note()

    def _note(self) -> None:
        """Write the epoch of a store that has granted into the file, once."""
        mark = self._mark
        if self._file is None or mark is None or mark.granted == 0:
            return
        if self._noted == mark.epoch:
            return
        self._noted = mark.epoch
        try:
            self._file.write_text(f"{mark.epoch}\n")
        except OSError as error:
            # The bus still tells.
            logger.warning(
                "the mark of the offers is not kept beside the store: %s", error
            )

    def stop(self) -> None:
        """Look at the store again before the next grant: it answered that it was emptied."""
        self._stopped = True


def _set_back(found: Mark, known: Mark | None) -> bool:
    if known is None or found.epoch != known.epoch:
        # The operator has begun a new epoch.
        return False
    return found.granted < known.granted


def granted_before(bus: Bus) -> bool:
    """Tell whether the bus has an offer that was shown. Raises Unavailable."""
    # A group that never commits has all records before it.
    lengths = bus.backlog("stand-offers", INTERACTIONS)
    left = sum(min(length, LAST_RECORDS) for length in lengths.values())
    tail = bus.tail({INTERACTIONS: LAST_RECORDS})
    deadline_s = time.monotonic() + READ_LIMIT_S
    try:
        while left > 0:
            records = tail.poll(1.0, 1_000)
            for record in records:
                if MARK_OF_OFFERS in record.value:
                    return True
            left -= len(records)
            if not records and time.monotonic() > deadline_s:
                raise Unavailable("the bus does not say whether offers were shown")
    finally:
        tail.close()
    return False
