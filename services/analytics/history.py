"""Read the past of stands back from the bus, once the store was lost."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import closing
from typing import Any, Final

from vitrine.bus import Bus, Record, decode
from vitrine.campaigns.rebuild import History, Past
from vitrine.errors import Invalid, Unavailable
from vitrine.topics import CAMPAIGN_RELEASES, WINDOW_SNAPSHOTS, Topic

ALL: Final = 2**53
"""More records than any partition has."""
# Chosen, not measured: far longer than a healthy bus takes for its next records.
SILENCE_S: Final = 30.0


def read_history(bus: Bus, partitions: Collection[int]) -> Past:
    """Return what the bus has of each partition by stand. Raises Unavailable."""
    found: dict[int, defaultdict[str, History]] = {}
    for partition in partitions:
        found[partition] = defaultdict(History)
    for record in records_of(bus, WINDOW_SNAPSHOTS):
        if record.partition in found:
            for snapshot in event_in(record):
                found[record.partition][snapshot.stand_id].snapshots.append(snapshot)
    releases = []
    for record in records_of(bus, CAMPAIGN_RELEASES):
        for release in event_in(record):
            releases.append(release)
            if record.partition in found:
                found[record.partition][release.stand_id].take(release)
    return Past(found, releases)


def event_in(record: Record) -> list[Any]:
    """Return the event of a record; none of a version that nobody reads any more."""
    try:
        return [decode(record).event]
    except Invalid:
        return []


def records_of(bus: Bus, topic: Topic) -> Iterator[Record]:
    """Yield all records of a topic, those of a partition oldest first. Raises Unavailable."""
    with closing(bus.tail({topic: ALL})) as tail:
        deadline_s = time.monotonic() + SILENCE_S
        while any(tail.lag().values()):
            records = tail.poll(1.0, 1_000)
            if records:
                deadline_s = time.monotonic() + SILENCE_S
            elif time.monotonic() > deadline_s:
                raise Unavailable(f"the bus does not hand over the topic {topic.name}")
            yield from records
