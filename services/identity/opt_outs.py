"""Who opted out, or denied to be a customer, for as long as a restart has to know it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vitrine.bus import Commit, Received, TopicPartition
from vitrine.clock import SECOND_NS
from vitrine.customers.visitors import StandDay
from vitrine.schemas import Interaction
from vitrine.services.identity.replay import LONGEST_REPLAY_NS, StandKey

# A visit of which nothing is known may be one that a restart has not read again yet: for as long
# as tracks are read again, and a minute for the topics to be apart. Chosen, not measured.
UNKNOWN_NS: Final = LONGEST_REPLAY_NS + 60 * SECOND_NS
# Of a stand. More would be a script; chosen, not measured.
MOST_OPT_OUTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class _OptOut:
    """Hold where an opt-out is on the bus, and its time."""

    source: TopicPartition
    offset: int
    at_ns: int


class OptOuts:
    """Keep the opt-outs of visits that go on, or that are not known yet."""

    def __init__(self) -> None:
        self._by_stand: dict[str, dict[str, _OptOut]] = {}

    def add(self, received: Received[Interaction], visit_id: str) -> None:
        """Keep the opt-out of a visit; of too many at a stand, the first are forgotten."""
        event = received.event
        opt_out = _OptOut(
            source=received.source,
            offset=received.record.offset,
            at_ns=event.at_ns,
        )
        visits = self._by_stand.setdefault(event.stand_id, {})
        visits.setdefault(visit_id, opt_out)
        if len(visits) > MOST_OPT_OUTS:
            first = next(iter(visits))
            del visits[first]

    def has(self, stand_id: str, visit_id: str) -> bool:
        """Return True for a visit that opted out."""
        visits = self._by_stand.get(stand_id, {})
        return visit_id in visits

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Forget the opt-outs of partitions that moved elsewhere."""
        for visits in self._by_stand.values():
            for visit_id, opt_out in list(visits.items()):
                if opt_out.source in partitions:
                    del visits[visit_id]

    def needed(self, days: Mapping[StandKey, StandDay]) -> dict[TopicPartition, Commit]:
        """Return where to start again, so that who opted out stays so; forget what is over."""
        self._forget_ended(days)
        oldest: dict[TopicPartition, int] = {}
        for visits in self._by_stand.values():
            for opt_out in visits.values():
                source = opt_out.source
                before = oldest.get(source, opt_out.offset)
                oldest[source] = min(before, opt_out.offset)
        return {source: Commit(offset) for source, offset in oldest.items()}

    def _forget_ended(self, days: Mapping[StandKey, StandDay]) -> None:
        for day in days.values():
            visits = self._by_stand.get(day.stand_id, {})
            for visit_id, opt_out in list(visits.items()):
                age_ns = day.latest_ns - opt_out.at_ns
                is_old = age_ns > UNKNOWN_NS
                if is_old and not day.goes_on(visit_id):
                    del visits[visit_id]


def first_of(
    one: Mapping[TopicPartition, Commit],
    other: Mapping[TopicPartition, Commit],
) -> dict[TopicPartition, Commit]:
    """Return where to start again for both, by partition."""
    first = dict(one)
    for source, commit in other.items():
        before = first.get(source, commit)
        first[source] = min(before, commit, key=lambda each: each.offset)
    return first
