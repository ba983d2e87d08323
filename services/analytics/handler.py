"""Campaign figures from the events of each stand: computed aside, adopted once stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vitrine.bus import Commit, Outgoing, Received, TopicPartition
from vitrine.campaigns.advance import advance
from vitrine.campaigns.plausible import Plausible
from vitrine.campaigns.stand import Change, Rules, Stand
from vitrine.clock import SECOND_NS
from vitrine.mall import Mall
from vitrine.mall.folder import MallSource
from vitrine.mall.names import names_of
from vitrine.runtime import Handler, Outputs
from vitrine.schemas import Event, Play
from vitrine.stores.campaigns import AnalyticsStore, Batch, batch_of
from vitrine.telemetry import metrics
from vitrine.topics import CAMPAIGN_WINDOWS

# One event dated further ahead would close windows that are still to come. A day forgives every
# wrong time zone; chosen, not measured.
AHEAD_NS = 24 * 3600 * SECOND_NS
AHEAD = "dated more than a day after it was appended"


class AnalyticsHandler(Handler):
    """Bring the stands of the assigned partitions up to date with each batch.

    The store is ahead of or equal to the group's commits: reading starts at the store's own
    offsets. What a batch changes is staged in its outputs; the stands change only in
    `published`.
    """

    def __init__(
        self,
        mall: MallSource,
        store: AnalyticsStore,
        rules: Rules,
        *,
        finite: bool = False,
    ) -> None:
        self._mall = mall
        self._store = store
        self._rules = rules
        self._finite = finite
        self._named: Mall | None = None
        self._stands: dict[int, dict[str, Stand]] = {}
        self._plausible = Plausible()

    def owns(self, partition: int) -> bool:
        """Tell whether this worker has the partition now; other threads may ask."""
        return partition in self._stands

    def assigned(
        self, commits: Mapping[TopicPartition, Commit | None]
    ) -> Mapping[TopicPartition, int]:
        """Load the stands; return the store's offsets.

        A partition that the store has never seen, though the group has read it, is read again
        from the start: its figures were lost with the store.
        """
        partitions = {source.partition for source in commits}
        stored = self._store.load(partitions, self._rules)
        for partition, stands in stored.stands.items():
            self._stands[partition] = {stand.stand_id: stand for stand in stands}
        starts = {}
        for source, commit in commits.items():
            if source in stored.offsets:
                starts[source] = stored.offsets[source]
            elif commit is not None:
                starts[source] = 0
        return starts

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Drop the stands: another worker goes on from the store."""
        for source in partitions:
            self._stands.pop(source.partition, None)

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """Return new rows and revisions; refuse what is too old, in the future, or impossible."""
        outputs = Outputs()
        if not batch:
            return outputs
        arrivals: defaultdict[tuple[int, str], list[Received[Any]]] = defaultdict(list)
        self._plausible.follow(self._mall.current())
        for received in batch:
            fault = self._fault(received)
            if fault is not None:
                outputs.rejected.append((received, fault))
            else:
                place = (received.source.partition, received.event.stand_id)
                arrivals[place].append(received)
        changes: defaultdict[int, list[Change]] = defaultdict(list)
        for (partition, stand_id), group in arrivals.items():
            stand = self._stand(partition, stand_id)
            change = self._advance(stand, [received.event for received in group])
            changes[partition].append(change)
            outputs.rejected += self._too_old(group, change)
        ends = {received.source: received.record.offset + 1 for received in batch}
        outputs.messages = outgoing_rows(changes)
        outputs.staged = batch_of(changes, ends)
        return outputs

    def published(self, outputs: Outputs) -> None:
        """Write the batch, with its offsets, in one step; only then do the stands change."""
        batch: Batch | None = outputs.staged
        if batch is None:
            return
        self._keep_names()
        self._store.write(batch)
        for partition, changes in batch.changes.items():
            stands = self._stands.setdefault(partition, {})
            for change in changes:
                change.adopt()
                stands[change.stand.stand_id] = change.stand
                for topic in change.late:
                    metrics.LATE_EVENTS.labels(topic).inc()

    def _keep_names(self) -> None:
        """Write the names of a configuration once: a report has no configuration."""
        mall = self._mall.current()
        if mall is not self._named:
            self._store.keep_names(names_of(mall))
            self._named = mall

    def stopped(self) -> Outputs:
        """Close all windows after finite input: nothing more can come."""
        if not self._finite:
            return Outputs()
        changes: dict[int, list[Change]] = {}
        for partition, stands in self._stands.items():
            changes[partition] = [
                self._advance(
                    stand,
                    (),
                    ended=True,
                )
                for stand in stands.values()
            ]
        return Outputs(outgoing_rows(changes), staged=batch_of(changes, {}))

    def _fault(self, received: Received[Any]) -> str | None:
        """Return why an event counts for nothing, whatever else comes."""
        if self._is_ahead(received):
            return AHEAD
        if isinstance(received.event, Play):
            return self._plausible.fault(received.event)
        return None

    def _is_ahead(self, received: Received[Any]) -> bool:
        """Tell whether a clock is wrong: ahead of the log's though other events are not."""
        watermark_ns = self._stand(
            received.source.partition, received.event.stand_id
        ).watermark_ns
        if watermark_ns == 0:
            return False
        latest_ns = max(received.record.appended_at_ns, watermark_ns) + AHEAD_NS
        occurred_at_ns: int = received.event.occurred_at_ns
        return occurred_at_ns > latest_ns

    def _stand(self, partition: int, stand_id: str) -> Stand:
        known = self._stands.get(partition, {}).get(stand_id)
        return known or Stand(stand_id, self._rules)

    def _advance(
        self,
        stand: Stand,
        events: Sequence[Event],
        *,
        ended: bool = False,
    ) -> Change:
        place = self._mall.current().stand(stand.stand_id)
        time_zone = place.time_zone if place is not None else "UTC"
        return advance(stand, events, time_zone, ended=ended)

    def _too_old(
        self, group: Sequence[Received[Any]], change: Change
    ) -> list[tuple[Received[Any], str]]:
        horizon_s = self._rules.horizon_ns // SECOND_NS
        reason = f"older than the horizon of {horizon_s} s"
        return [(group[place], reason) for place in change.refused]


def outgoing_rows(changes: Mapping[int, Iterable[Change]]) -> list[Outgoing]:
    """Return what goes to `campaign-windows`."""
    rows = []
    for group in changes.values():
        for change in group:
            rows += change.published
    return [
        Outgoing(
            CAMPAIGN_WINDOWS,
            row.campaign_id,
            row,
        )
        for row in rows
    ]
