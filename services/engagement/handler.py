"""Turns the faces of stands, in order, into live engagement and finished exposures."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from vitrine.bus import Commit, Outgoing, Received, TopicPartition
from vitrine.clock import SECOND_NS, Clock
from vitrine.errors import Unavailable
from vitrine.mall.folder import MallSource
from vitrine.presence.people import Finished
from vitrine.presence.snapshot import is_due, snapshot
from vitrine.runtime import Handler, Outputs
from vitrine.schemas import FrameFaces
from vitrine.services.engagement import figures
from vitrine.services.engagement.opening import GroupsOpener
from vitrine.services.engagement.partition import (
    REPEATED_NS,
    CameraKey,
    Partition,
)
from vitrine.services.engagement.rules import RulesTable
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.stores.presence import Checkpoint, PresenceStore, dump
from vitrine.topics import ENGAGEMENT, EXPOSURES

logger = logging.getLogger(__name__)

# The loop calls ten times a second while nothing comes (`idle_s`).
IDLE_CALLS: Final = 10
"""After so many calls without a record, what is not stored yet is stored."""


class EngagementHandler(Handler):
    """Keep the people of each partition, and store them together with an offset.

    The group's commit follows the stored state, so that the topic keeps what a restart
    has to read; the stored offset is where it begins. The state between two stores is
    this process's alone: it is made again from the records since.
    """

    def __init__(
        self,
        mall: MallSource,
        settings: EngagementSettings,
        store: PresenceStore,
        clock: Clock,
        *,
        opener: GroupsOpener | None = None,
        finite: bool = False,
    ) -> None:
        """Without `opener`, groups of expressions stay sealed."""
        self._mall = mall
        self._store = store
        self._clock = clock
        self._opener = opener or GroupsOpener(None)
        self._finite = finite
        self._rules = RulesTable(settings)
        self._partitions: dict[TopicPartition, Partition] = {}
        self._idle_calls = 0
        self._store_is_away = False

    def assigned(
        self, commits: Mapping[TopicPartition, Commit | None]
    ) -> Mapping[TopicPartition, int]:
        """Restore the stored partitions; return their offsets, wherever the commit is.

        A partition without stored state begins at its commit with nothing open.
        Raises Unavailable.
        """
        numbers = [source.partition for source in commits]
        stored = self._store.load(numbers)
        starts = {}
        for source in commits:
            state = stored.get(source.partition)
            if state is None:
                continue
            partition = Partition.restored(offset=state.offset, cameras=state.cameras)
            self._partitions[source] = partition
            starts[source] = state.offset
        return starts

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Forget partitions that moved elsewhere."""
        for source in partitions:
            partition = self._partitions.pop(source, None)
            if partition is None:
                continue
            stands = partition.shown_ns
            for stand_id in stands:
                figures.remove_stand(stand_id)

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """Work on the faces of a batch; stage the states that should be stored."""
        mall = self._mall.current()
        self._rules.update(mall)
        outputs = Outputs()
        for received in batch:
            partition = self._partition_of(received)
            self._take(partition, received, outputs)
            partition.advance(received)
        if batch:
            self._idle_calls = 0
        else:
            self._idle_calls += 1
        outputs.staged = self._due()
        outputs.resume = self._commits()
        return outputs

    def published(self, outputs: Outputs) -> None:
        """Store the staged states, as what they led to is durable now.

        While the store does not answer work goes on and the commit stays behind, up to
        a bound; beyond it this raises Unavailable. Raises Superseded where another
        worker has taken a partition over.
        """
        staged: Mapping[TopicPartition, Checkpoint] = outputs.staged
        if not staged:
            return
        checkpoints = {}
        for source, checkpoint in staged.items():
            checkpoints[source.partition] = checkpoint
        try:
            self._store.save(checkpoints)
        except Unavailable as error:
            self._missed(error)
            return
        for source, checkpoint in staged.items():
            partition = self._partitions[source]
            partition.stored(checkpoint.offset)
        if self._store_is_away:
            self._store_is_away = False
            logger.info("the states of the partitions are stored again")

    def stopped(self) -> Outputs:
        """Stage all states; where the input is finite, what is open ends before that."""
        mall = self._mall.current()
        self._rules.update(mall)
        outputs = Outputs()
        checkpoints = {}
        for source, partition in self._partitions.items():
            if self._finite:
                ended = partition.end_all(self._rules)
                exposures = _all_finished(ended)
                outputs.messages += exposures
            checkpoints[source] = _checkpoint(partition)
        outputs.staged = checkpoints
        return outputs

    def _partition_of(self, received: Received[FrameFaces]) -> Partition:
        source = received.source
        offset = received.record.offset
        partition = self._partitions.get(source)
        if partition is not None and offset < partition.next_offset:
            # Somebody made the topic anew: what is open belongs to a log that is gone.
            logger.warning(
                "%s[%d] begins anew, and so does its state",
                source.topic,
                source.partition,
            )
            partition = None
        if partition is None:
            partition = Partition(next_offset=offset, stored_offset=offset)
            self._partitions[source] = partition
        return partition

    def _take(
        self,
        partition: Partition,
        received: Received[FrameFaces],
        outputs: Outputs,
    ) -> None:
        """Add what a record leads to."""
        frame = received.event
        gone = partition.forget_gone(received, self._rules)
        exposures = _all_finished(gone)
        outputs.messages += exposures
        behind_ns = partition.behind_ns(frame)
        if frame.stand_id not in self._rules:
            reason = "the configuration knows no such stand"
            outputs.rejected.append((received, reason))
        elif behind_ns > REPEATED_NS:
            behind_s = behind_ns / SECOND_NS
            reason = (
                f"captured {behind_s:.3f} s before the last frame of the same camera"
            )
            outputs.rejected.append((received, reason))
        elif behind_ns >= 0:
            figures.count_repeated(frame.camera_id)
        else:
            stand = self._rules.of(frame.stand_id, frame.camera_id).stand
            groups = self._opener.groups_of(frame, stand)
            finished = partition.observe(received, self._rules, groups)
            exposures = _finished(frame.camera_id, finished)
            snapshots = self._snapshots(partition, received)
            outputs.messages += exposures
            outputs.messages += snapshots

    def _snapshots(
        self, partition: Partition, now: Received[FrameFaces]
    ) -> list[Outgoing]:
        """Return the snapshot of a frame's stand, if it is due."""
        frame = now.event
        at_ns = frame.captured_at_ns
        shown_ns = partition.shown_ns.get(frame.stand_id)
        due = frame.ended or is_due(at_ns, shown_ns)
        if not due:
            return []
        partition.shown_ns[frame.stand_id] = at_ns
        rules = self._rules.of(frame.stand_id, frame.camera_id)
        cameras = partition.cameras_that_go_on(now)
        state = snapshot(
            cameras=cameras,
            at_ns=at_ns,
            rules=rules,
        )
        figures.show_stand(state)
        figures.show_age(frame, self._clock)
        message = Outgoing(ENGAGEMENT, frame.stand_id, state)
        return [message]

    def _due(self) -> dict[TopicPartition, Checkpoint]:
        """Return the states that should be stored after this batch."""
        idle = self._idle_calls == IDLE_CALLS
        checkpoints = {}
        for source, partition in self._partitions.items():
            if partition.is_due(idle=idle):
                checkpoints[source] = _checkpoint(partition)
        return checkpoints

    def _commits(self) -> dict[TopicPartition, Commit]:
        # Never beyond the stored state: what came since has to be read again.
        commits = {}
        for source, partition in self._partitions.items():
            commit = Commit(partition.stored_offset)
            commits[source] = commit
        return commits

    def _missed(self, error: Unavailable) -> None:
        """Go on without the store, or raise the error where too much depends on it."""
        if not self._store_is_away:
            self._store_is_away = True
            logger.warning("engagement goes on without its store: %s", error)
        full = False
        for partition in self._partitions.values():
            partition.missed()
            full = full or partition.is_full()
        if full:
            raise error


def _checkpoint(partition: Partition) -> Checkpoint:
    cameras = list(partition.cameras.values())
    return Checkpoint(
        offset=partition.next_offset,
        state=dump(cameras),
    )


def _all_finished(ended: Mapping[CameraKey, Finished]) -> list[Outgoing]:
    messages = []
    for (_, camera_id), finished in ended.items():
        messages += _finished(camera_id, finished)
    return messages


def _finished(camera_id: str, finished: Finished) -> list[Outgoing]:
    """Return the exposures to publish, and count the static faces."""
    figures.count_static_faces(camera_id, finished.static_faces)
    messages = []
    for exposure in finished.exposures:
        message = Outgoing(EXPOSURES, exposure.stand_id, exposure)
        messages.append(message)
    return messages
