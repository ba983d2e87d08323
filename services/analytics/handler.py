"""Joins the events of each stand into campaign figures: computed aside, adopted once stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vitrine.bus import Commit, Outgoing, Received, TopicPartition
from vitrine.campaigns.stand_state import Change, StandState, advance
from vitrine.mall.folder import MallSource
from vitrine.runtime import Handler, Outputs
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.stores.campaigns import AnalyticsStore, Batch, batch_of
from vitrine.telemetry import metrics
from vitrine.topics import CAMPAIGN_WINDOWS

AHEAD_NS = 24 * 3600 * 1_000_000_000
"""One event dated further ahead would close windows that are still to come."""


class AnalyticsHandler(Handler):
    """The store is ahead of or equal to the group's commits: reading starts at the store's own offsets."""

    def __init__(
        self,
        mall: MallSource,
        store: AnalyticsStore,
        rules: AnalyticsSettings,
        *,
        finite: bool = False,
    ) -> None:
        self._mall = mall
        self._store = store
        self._rules = rules
        self._finite = finite
        self._stands: dict[int, dict[str, StandState]] = {}
        self._staged: Batch | None = None

    def owns(self, partition: int) -> bool:
        """Whether this worker has the partition now; other threads may ask."""
        return partition in self._stands

    def assigned(
        self, commits: Mapping[TopicPartition, Commit | None]
    ) -> Mapping[TopicPartition, int]:
        """Load the stands. A partition that the store has never seen, though the group has read it, is read
        again from the start: its figures were lost with the store."""
        states, offsets = self._store.load({source.partition for source in commits})
        for partition, stands in states.items():
            self._stands[partition] = {state.stand_id: state for state in stands}
        known = {source: offsets.get(source) for source in commits}
        return {
            source: offset or 0
            for source, offset in known.items()
            if offset is not None or commits[source] is not None
        }

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Another worker goes on from the store."""
        for source in partitions:
            self._stands.pop(source.partition, None)
        self._staged = None

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """New rows and revisions; what is too old or dated in the future is refused."""
        self._staged = None
        outputs = Outputs()
        arrivals: dict[tuple[int, str], list[Received[Any]]] = defaultdict(list)
        for received in batch:
            if self._is_ahead(received):
                outputs.rejected.append(
                    (received, "dated more than a day after it was appended")
                )
            else:
                arrivals[received.source.partition, received.event.stand_id].append(
                    received
                )
        changes: dict[int, list[Change]] = defaultdict(list)
        for (partition, stand_id), group in arrivals.items():
            change = self._advance(partition, stand_id, group)
            reason = f"older than the horizon of {self._rules.horizon_s} s"
            outputs.rejected += [(group[place], reason) for place in change.refused]
            changes[partition].append(change)
        if batch:
            offsets = {
                received.source: received.record.offset + 1 for received in batch
            }
            self._staged = batch_of(changes, offsets)
        outputs.messages = rows_of(changes)
        return outputs

    def published(self, outputs: Outputs) -> None:  # noqa: ARG002
        """Write the batch, with its offsets, in one step; only then does it become this worker's state."""
        if self._staged is None:
            return
        self._store.write(self._staged)
        for partition, changes in self._staged.changes.items():
            for change in changes:
                self._stands.setdefault(partition, {})[change.state.stand_id] = (
                    change.state
                )
                for topic in change.late:
                    metrics.LATE_EVENTS.labels(topic).inc()
        self._staged = None

    def stopped(self) -> Outputs:
        """After finite input nothing more can come: all windows close."""
        self._staged = None
        if not self._finite:
            return Outputs()
        changes = {
            partition: [
                self._advance(partition, stand_id, (), ended=True)
                for stand_id in stands
            ]
            for partition, stands in self._stands.items()
        }
        self._staged = batch_of(changes, {})
        return Outputs(rows_of(changes))

    def _is_ahead(self, received: Received[Any]) -> bool:
        """Whether a clock is wrong: ahead of the log's, though the stand's other events are not."""
        state = self._state(received.source.partition, received.event.stand_id)
        latest = max(received.record.appended_at_ns, state.watermark_ns) + AHEAD_NS
        return state.watermark_ns > 0 and received.event.occurred_at_ns > latest

    def _state(self, partition: int, stand_id: str) -> StandState:
        return self._stands.get(partition, {}).get(stand_id) or StandState(stand_id)

    def _advance(
        self,
        partition: int,
        stand_id: str,
        group: Sequence[Received[Any]],
        *,
        ended: bool = False,
    ) -> Change:
        stand = self._mall.current().stand(stand_id)
        arrivals = [(received.record.topic, received.event) for received in group]
        time_zone = stand.time_zone if stand else "UTC"
        return advance(
            self._state(partition, stand_id),
            arrivals,
            self._rules,
            time_zone,
            ended=ended,
        )


def rows_of(changes: Mapping[int, Iterable[Change]]) -> list[Outgoing]:
    """What goes to `campaign-windows`."""
    return [
        Outgoing(CAMPAIGN_WINDOWS, row.campaign_id, row)
        for group in changes.values()
        for change in group
        for row in change.published
    ]
