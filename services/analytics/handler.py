"""Campaign figures from the events of each stand: computed aside, adopted once stored."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from vitrine.bus import Commit, Outgoing, Received, TopicPartition
from vitrine.campaigns.advance import advance
from vitrine.campaigns.place import ANYWHERE, Place, places_of
from vitrine.campaigns.plausible import (
    AHEAD_NS,
    REFUSED_PROOFS,
    Plausible,
    misdated,
)
from vitrine.campaigns.progress import Progress
from vitrine.campaigns.rebuild import Past, line_told, restore
from vitrine.campaigns.stand import NO_FLOOR, Change, Floor, Rules, Stand
from vitrine.campaigns.told import Told, told_by
from vitrine.campaigns.untold import untold
from vitrine.clock import MILLISECOND_NS, SECOND_NS, Clock, SystemClock
from vitrine.mall import Mall
from vitrine.mall.folder import MallSource
from vitrine.mall.names import names_of
from vitrine.runtime import Handler, Outputs
from vitrine.schemas import LONGEST_NS, Coverage, Event
from vitrine.services.analytics.experiments import ConfiguredExperiments, plans_of
from vitrine.services.analytics.gaps import Gaps
from vitrine.services.analytics.signals import Signals
from vitrine.stores.campaigns import AnalyticsStore, Batch, batch_of
from vitrine.telemetry import metrics
from vitrine.topics import (
    CAMPAIGN_RELEASES,
    CAMPAIGN_WINDOWS,
    IDENTITIES,
    PLAYS,
    WINDOW_SNAPSHOTS,
)

logger = logging.getLogger(__name__)

# What was appended within the retention of the topic that is deleted first is there. An hour
# less: it goes on being deleted while it is read.
REREAD_NS = IDENTITIES.retention_ms * MILLISECOND_NS - 3600 * SECOND_NS

ReadPast: TypeAlias = Callable[[Collection[int]], Past]
"""Return what the bus has of the stands of partitions. Raises Unavailable."""
Arrivals: TypeAlias = defaultdict[tuple[int, str], list[Received[Any]]]
"""Events by partition and stand."""


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
        clock: Clock | None = None,
        history: ReadPast | None = None,
    ) -> None:
        self._mall = mall
        self._clock = clock or SystemClock()
        self._history = history
        self._floors: dict[int, Floor] = {}
        self._store = store
        self._rules = rules
        self._finite = finite
        self._named: Mall | None = None
        self._placed: Mall | None = None
        self._places: Mapping[str, Place] = {}
        self._stands: dict[int, dict[str, Stand]] = {}
        self._progress: dict[int, Progress] = {}
        self._gaps = Gaps()
        for reason in REFUSED_PROOFS:
            # From zero on, so that the first refusal is a rise.
            metrics.REFUSED_EVENTS.labels(PLAYS.name, reason)
        self._appended_ns = 0
        """The latest time of the log that was seen."""
        self._plausible = Plausible()
        self._signals = Signals()
        self._experiments = ConfiguredExperiments()

    def owns(self, partition: int) -> bool:
        """Tell whether this worker has the partition now; other threads may ask."""
        return partition in self._stands

    def assigned(
        self, commits: Mapping[TopicPartition, Commit | None]
    ) -> Mapping[TopicPartition, int]:
        """Load the stands; return the store's offsets.

        A partition that the store has never seen, though the group has read it, was lost with the
        store: it is read again from the start, and what no event tells any more is restored from
        snapshots.
        """
        partitions = {source.partition for source in commits}
        stored = self._store.load(partitions, self._rules)
        self._floors.update(stored.floors)
        for partition, stands in stored.stands.items():
            self._stands[partition] = {stand.stand_id: stand for stand in stands}
            for stand in stands:
                self._signals.show(stand)
        starts = {}
        lost = set()
        for source, commit in commits.items():
            progress = self._progress.setdefault(source.partition, Progress())
            # Until the log says that nothing waits.
            progress.waits(source.topic, 1)
            if source in stored.offsets:
                starts[source] = stored.offsets[source]
                read_ns = read_until(stored.stands.get(source.partition, ()))
                self._gaps.expects(source, starts[source], read_ns)
            elif commit is not None:
                starts[source] = 0
                if source.partition not in stored.floors:
                    lost.add(source.partition)
        if lost:
            self._restore(lost)
        return starts

    def _restore(self, partitions: Collection[int]) -> None:
        """Write what snapshots tell of partitions, up to where events that name people are left.

        A recording has times of its own: all of it is read again.
        """
        if self._history is None or self._finite:
            return
        now_ns = self._clock.now_ns()
        start_ns = self._rules.grid.floor(now_ns - REREAD_NS)
        floor = Floor(start_ns, rebuilt_ns=now_ns)
        changes: dict[int, list[Change]] = {}
        past = self._history(partitions)
        self._store.restore_told(told_by(past.releases))
        for partition, stands in past.stands.items():
            changes[partition] = []
            for stand_id, history in stands.items():
                stand = Stand(stand_id, self._rules, floor)
                change = restore(stand, history, self._time_zone(stand_id))
                changes[partition].append(change)
        floors = dict.fromkeys(partitions, floor)
        self._store.write(batch_of(changes, {}, floors))
        self._floors.update(floors)
        for partition, restored in changes.items():
            for change in restored:
                self._adopt(partition, change)
        metrics.FIGURES_REBUILT.inc(len(partitions))
        logger.warning(
            "the store was lost: figures before %s are those of snapshots, "
            "reach and effects begin there",
            datetime.fromtimestamp(start_ns / SECOND_NS, UTC).isoformat(),
        )

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Drop the stands: another worker goes on from the store."""
        self._gaps.forget(partitions)
        for source in partitions:
            dropped = self._stands.pop(source.partition, {})
            self._signals.forget(dropped)
            self._progress.pop(source.partition, None)

    def waiting(self, lag: Mapping[TopicPartition, int]) -> None:
        """Note what was not read yet: only such topics hold windows open."""
        for source, records in lag.items():
            progress = self._progress.get(source.partition)
            if progress is not None:
                progress.waits(source.topic, records)

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """Return new rows and revisions; refuse what is misdated, contradicted, or impossible."""
        outputs = Outputs()
        arrivals = self._arrivals(batch, outputs)
        if not batch:
            self._pass_time()
        changes: defaultdict[int, list[Change]] = defaultdict(list)
        lacking = self._lacking(batch, outputs)
        for partition, stand_id in {**arrivals, **lacking}:
            group = arrivals.get((partition, stand_id), [])
            stand = self._stand(partition, stand_id)
            events: list[Event] = [received.event for received in group]
            events += lacking.get((partition, stand_id), ())
            change = self._advance(partition, stand, events)
            changes[partition].append(change)
            for place, reason in change.refused:
                # Of what is lacking nobody is told.
                if place < len(group):
                    outputs.rejected.append((group[place], reason))
        for partition, stand in self._due({*arrivals, *lacking}):
            change = self._advance(partition, stand, ())
            changes[partition].append(change)
        if not batch and not changes:
            return outputs
        ends = {received.source: received.record.offset + 1 for received in batch}
        outputs.messages = outgoing_rows(changes, self._told(changes))
        outputs.staged = batch_of(changes, ends)
        return outputs

    def _arrivals(self, batch: Sequence[Received[Any]], outputs: Outputs) -> Arrivals:
        """Return the events of each stand that may count; the others are rejected."""
        arrivals: Arrivals = defaultdict(list)
        self._plausible.follow(self._mall.current())
        for received in batch:
            fault = self._fault(received)
            if fault is not None:
                outputs.rejected.append((received, fault))
                continue
            partition = received.record.partition
            floor = self._floors.get(partition, NO_FLOOR)
            if floor.counts(received.event, received.record.appended_at_ns):
                self._follow(received)
                continue
            arrivals[partition, received.event.stand_id].append(received)
            self._follow(received)
        return arrivals

    def _lacking(
        self,
        batch: Sequence[Received[Any]],
        outputs: Outputs,
    ) -> dict[tuple[int, str], list[Coverage]]:
        """Return by stand what its figures lack: refused proofs, and records deleted unread."""
        found: defaultdict[tuple[int, str], list[Coverage]] = defaultdict(list)
        for received, reason in outputs.rejected:
            play = received.event
            if reason in REFUSED_PROOFS:
                end_ns = min(play.end_ns, play.start_ns + LONGEST_NS)
                lack = untold(play.stand_id, "proofs", play.start_ns, end_ns)
                found[received.record.partition, play.stand_id].append(lack)
        for received in batch:
            record = received.record
            at_ns = min(received.event.occurred_at_ns, record.appended_at_ns)
            gap = self._gaps.read(record, at_ns)
            if gap is None:
                continue
            stands = {received.event.stand_id, *self._stands.get(record.partition, {})}
            for stand_id in sorted(stands):
                lack = untold(stand_id, record.topic, *gap)
                found[record.partition, stand_id].append(lack)
        return found

    def _follow(self, received: Received[Any]) -> None:
        """Let time go on to an event, but not further than the log's own."""
        record = received.record
        at_ns: int = received.event.occurred_at_ns
        if not self._finite:
            at_ns = min(at_ns, record.appended_at_ns)
        self._appended_ns = max(self._appended_ns, record.appended_at_ns)
        progress = self._progress.setdefault(record.partition, Progress())
        progress.read(record.topic, at_ns)

    def _pass_time(self) -> None:
        """Let time go on where the log has nothing more: silent stands close their windows.

        No further than an hour from what the log said last: this machine's clock may be wrong.
        """
        if self._finite:
            return
        limit_ns = self._appended_ns + AHEAD_NS
        now_ns = min(self._clock.now_ns(), limit_ns)
        for progress in self._progress.values():
            progress.passed(now_ns)

    def _due(self, taken: Collection[tuple[int, str]]) -> list[tuple[int, Stand]]:
        """Return the stands without events in a batch that have a window to close."""
        found = []
        for partition, stands in self._stands.items():
            watermark_ns = self._watermark_ns(partition)
            for stand in stands.values():
                if (partition, stand.stand_id) in taken:
                    continue
                if stand.is_due(watermark_ns):
                    found.append((partition, stand))
        return found

    def _watermark_ns(self, partition: int) -> int:
        progress = self._progress.get(partition)
        return 0 if progress is None else progress.watermark_ns

    def published(self, outputs: Outputs) -> None:
        """Write the batch, with its offsets, in one step; only then do the stands change."""
        for received, reason in outputs.rejected:
            metrics.REFUSED_EVENTS.labels(received.record.topic, reason).inc()
        batch: Batch | None = outputs.staged
        if batch is None:
            return
        self._keep_names()
        self._store.write(batch)
        for partition, changes in batch.changes.items():
            for change in changes:
                self._adopt(partition, change)
                self._signals.show(change.stand)
                metrics.FIGURES_FORGOTTEN.inc(change.forgotten)
                for topic in change.late:
                    metrics.LATE_EVENTS.labels(topic).inc()

    def _adopt(self, partition: int, change: Change) -> None:
        stands = self._stands.setdefault(partition, {})
        change.adopt()
        stands[change.stand.stand_id] = change.stand

    def _keep_names(self) -> None:
        """Write names and plans of a configuration once: a report has no configuration."""
        mall = self._mall.current()
        if mall is not self._named:
            self._store.keep_names(names_of(mall))
            self._store.freeze_plans(plans_of(mall, self._clock.now_ns()))
            self._named = mall

    def stopped(self) -> Outputs:
        """Close all windows after finite input: nothing more can come."""
        if not self._finite:
            return Outputs()
        changes: dict[int, list[Change]] = {}
        for partition, stands in self._stands.items():
            changes[partition] = [
                self._advance(
                    partition,
                    stand,
                    (),
                    ended=True,
                )
                for stand in stands.values()
            ]
        messages = outgoing_rows(changes, self._told(changes))
        return Outputs(messages, staged=batch_of(changes, {}))

    def _told(self, changes: Mapping[int, Iterable[Change]]) -> Told:
        """Return what records of the release tell beside figures; nothing where there is none."""
        if not any(change.records for group in changes.values() for change in group):
            return Told()
        return Told(names_of(self._mall.current()), self._store.planned())

    def _fault(self, received: Received[Any]) -> str | None:
        """Return why an event counts for nothing, whatever else comes."""
        fault = self._plausible.fault(received.event)
        # A recording has times of its own, which those of the log say nothing about.
        if fault is not None or self._finite:
            return fault
        return misdated(
            received.event,
            received.record.appended_at_ns,
            self._rules.horizon_ns,
        )

    def _stand(self, partition: int, stand_id: str) -> Stand:
        known = self._stands.get(partition, {}).get(stand_id)
        floor = self._floors.get(partition, NO_FLOOR)
        return known or Stand(stand_id, self._rules, floor)

    def _advance(
        self,
        partition: int,
        stand: Stand,
        events: Sequence[Event],
        *,
        ended: bool = False,
    ) -> Change:
        self._experiments.follow(self._mall.current())
        return advance(
            stand,
            events,
            self._time_zone(stand.stand_id),
            place=self._place(stand.stand_id),
            watermark_ns=self._watermark_ns(partition),
            experiments=self._experiments,
            ended=ended,
        )

    def _time_zone(self, stand_id: str) -> str:
        return self._place(stand_id).time_zone

    def _place(self, stand_id: str) -> Place:
        mall = self._mall.current()
        if mall is not self._placed:
            self._places = places_of(mall)
            self._placed = mall
        return self._places.get(stand_id, ANYWHERE)


def read_until(stands: Iterable[Stand]) -> int:
    """Return the event time up to which the partition of stands was read; 0 without any."""
    return max((stand.watermark_ns for stand in stands), default=0)


def outgoing_rows(
    changes: Mapping[int, Iterable[Change]],
    told: Told,
) -> list[Outgoing]:
    """Return what goes to `campaign-windows`, `window-snapshots` and `campaign-releases`."""
    found = []
    for partition, group in changes.items():
        for change in group:
            found += [
                Outgoing(CAMPAIGN_WINDOWS, row.campaign_id, row)
                for row in change.published
            ]
            found += [
                Outgoing(WINDOW_SNAPSHOTS, one.stand_id, one)
                for one in change.snapshots
            ]
            found += [
                Outgoing(
                    CAMPAIGN_RELEASES,
                    f"{one.stand_id}/{line_told(one)}",
                    told.complete(one),
                    # Where the events of the stand are: who has those has to find it.
                    partition=partition,
                )
                for one in change.records
            ]
    return found
