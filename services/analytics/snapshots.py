"""Read the snapshots of windows back from the bus, once the store was lost."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import closing
from typing import Final

from vitrine.bus import Bus, decode
from vitrine.errors import Invalid, Unavailable
from vitrine.schemas import WindowSnapshot
from vitrine.topics import WINDOW_SNAPSHOTS

HISTORY: Final = "analytics-history"
"""A group that never commits: all records are before it."""
ALL: Final = 2**53
"""More records than any partition has."""
# Chosen, not measured: far longer than a healthy bus takes for its next records.
SILENCE_S: Final = 30.0

Stands = Mapping[str, list[WindowSnapshot]]


def read_snapshots(bus: Bus, partitions: Collection[int]) -> Mapping[int, Stands]:
    """Return the snapshots of each partition by stand, oldest first. Raises Unavailable."""
    found: dict[int, defaultdict[str, list[WindowSnapshot]]] = {}
    for partition in partitions:
        found[partition] = defaultdict(list)
    lengths = bus.backlog(HISTORY, WINDOW_SNAPSHOTS)
    left = sum(lengths.values())
    with closing(bus.tail({WINDOW_SNAPSHOTS: ALL})) as tail:
        deadline_s = time.monotonic() + SILENCE_S
        while left > 0:
            records = tail.poll(1.0, 1_000)
            left -= len(records)
            if records:
                deadline_s = time.monotonic() + SILENCE_S
            elif time.monotonic() > deadline_s:
                raise Unavailable("the bus does not hand over the snapshots of windows")
            for record in records:
                stands = found.get(record.partition)
                if stands is None:
                    continue
                try:
                    event = decode(record).event
                except Invalid:
                    # Of a version that nobody reads any more: its window is not rebuilt.
                    continue
                if isinstance(event, WindowSnapshot):
                    stands[event.stand_id].append(event)
    return found
