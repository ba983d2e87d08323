"""Read the past of stands back from the bus, once the store was lost."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from typing import Final

from vitrine.bus import Bus, Record, decode
from vitrine.campaigns.rebuild import History
from vitrine.errors import Invalid, Unavailable
from vitrine.schemas import CampaignRelease, WindowSnapshot
from vitrine.topics import CAMPAIGN_RELEASES, WINDOW_SNAPSHOTS, Topic

ALL: Final = 2**53
"""More records than any partition has."""
# Chosen, not measured: far longer than a healthy bus takes for its next records.
SILENCE_S: Final = 30.0

Stands = Mapping[str, History]


def read_history(bus: Bus, partitions: Collection[int]) -> Mapping[int, Stands]:
    """Return what the bus has of each partition by stand. Raises Unavailable."""
    found: dict[int, defaultdict[str, History]] = {}
    for partition in partitions:
        found[partition] = defaultdict(History)
    for topic in (WINDOW_SNAPSHOTS, CAMPAIGN_RELEASES):
        for record in records_of(bus, topic):
            stands = found.get(record.partition)
            if stands is None:
                continue
            try:
                event = decode(record).event
            except Invalid:
                # Of a version that nobody reads any more: its window is not rebuilt.
                continue
            if isinstance(event, WindowSnapshot):
                stands[event.stand_id].snapshots.append(event)
            elif isinstance(event, CampaignRelease):
                stands[event.stand_id].take(event)
    return found


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
