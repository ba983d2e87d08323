"""Turns the faces of stands, in order, into live engagement and finished exposures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from vitrine.bus import Commit, Outgoing, Received, TopicPartition
from vitrine.clock import Clock
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import MallSource
from vitrine.presence.people import Camera
from vitrine.presence.presence import Terms
from vitrine.presence.snapshot import is_due, measure, snapshot, unmeasure
from vitrine.runtime import Handler, Outputs
from vitrine.schemas import Exposure, FrameFaces
from vitrine.services.engagement.checkpoint import (
    NOTE_LIMIT,
    from_note,
    to_note,
    to_short_note,
)
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.telemetry import metrics
from vitrine.topics import ENGAGEMENT, EXPOSURES

GONE_NS: Final = 300_000_000_000
"""A camera is forgotten when the log of its partition went on for so long without a good frame of it."""
REPEATED_NS: Final = 10_000_000_000
"""A frame no further behind its camera's last one is a repetition, such as after a crash of `landmarks`."""
SET_BACK_NS: Final = 2_000_000_000
"""A camera whose frames all come from further behind begins anew after so long in the log."""
HELD_BYTES: Final = 16_000_000
"""At most so much is read again after a restart, where the state does not fit into a note."""
SILENT_NS: Final = 2_000_000_000
_LIVE_NS: Final = 60_000_000_000
"""Older frames come from files or replays; their age says nothing about us."""


@dataclass(slots=True)
class Partition:
    """What one partition's records led to."""

    commit: Commit
    """Where a restart begins, with the state as of there."""
    cameras: dict[tuple[str, str], Camera] = field(default_factory=dict)
    """By stand and camera."""
    shown_ns: dict[str, int] = field(default_factory=dict)
    """When the last snapshot of a stand was taken."""
    held_bytes: int = 0

    @classmethod
    def restored(cls, commit: Commit) -> Partition:
        """The state that a commit's note holds."""
        cameras = from_note(commit.note)
        return cls(
            commit, {(camera.stand_id, camera.camera_id): camera for camera in cameras}
        )

    def advance(self, batch: Sequence[Received[FrameFaces]]) -> None:
        """Move the commit behind a batch whose state is in `cameras`, if it fits into a note."""
        self.held_bytes += sum(len(received.record.value) for received in batch)
        note = to_note(self.cameras.values())
        if len(note) > NOTE_LIMIT:
            if self.held_bytes <= HELD_BYTES:
                return
            note = to_short_note(self.cameras.values())
        self.commit = Commit(batch[-1].record.offset + 1, note)
        self.held_bytes = 0


class EngagementHandler(Handler):
    """Presences belong to partitions; a restart restores them from the note of the last commit."""

    def __init__(
        self,
        mall: MallSource,
        settings: EngagementSettings,
        clock: Clock,
        *,
        finite: bool = False,
    ) -> None:
        self._mall = mall
        self._clock = clock
        self._finite = finite
        self._terms = TermsTable(settings)
        self._partitions: dict[TopicPartition, Partition] = {}

    def assigned(
        self, commits: Mapping[TopicPartition, Commit | None]
    ) -> Mapping[TopicPartition, int]:
        """Restore what the notes hold."""
        for source, commit in commits.items():
            if commit is not None:
                self._partitions[source] = Partition.restored(commit)
        return {}

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Forget partitions that moved elsewhere."""
        for source in partitions:
            partition = self._partitions.pop(source, None)
            for stand_id in partition.shown_ns if partition else ():
                unmeasure(stand_id)

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """Work on the faces of a batch."""
        self._terms.update(self._mall.current())
        outputs = Outputs()
        parts: dict[TopicPartition, list[Received[FrameFaces]]] = {}
        for received in batch:
            parts.setdefault(received.source, []).append(received)
        for source, part in parts.items():
            partition = self._partitions.setdefault(
                source, Partition(Commit(part[0].record.offset))
            )
            for received in part:
                outputs.messages += self._forget_gone(partition, received)
                behind_ns = self._behind_ns(partition, received.event)
                if received.event.stand_id not in self._terms:
                    outputs.rejected.append(
                        (received, "the configuration knows no such stand")
                    )
                elif behind_ns > REPEATED_NS:
                    reason = f"captured {behind_ns / 1e9:.3f} s before the last frame of the same camera"
                    outputs.rejected.append((received, reason))
                elif behind_ns >= 0:
                    metrics.FACES_REPEATED.labels(received.event.camera_id).inc()
                else:
                    outputs.messages += self._observe(partition, received)
            partition.advance(part)
        outputs.resume = {
            source: partition.commit for source, partition in self._partitions.items()
        }
        return outputs

    def stopped(self) -> Outputs:
        """Where the input is finite, what is open ends with it."""
        outputs = Outputs()
        if self._finite:
            self._terms.update(self._mall.current())
            for partition in self._partitions.values():
                for camera in partition.cameras.values():
                    outputs.messages += self._ended(camera)
        return outputs

    def _behind_ns(self, partition: Partition, frame: FrameFaces) -> int:
        """By how much a frame comes before the last one of its camera; below 0 for one that goes on."""
        camera = partition.cameras.get((frame.stand_id, frame.camera_id))
        return (
            -1
            if camera is None or frame.ended
            else camera.seen_ns - frame.captured_at_ns
        )

    def _forget_gone(
        self, partition: Partition, now: Received[FrameFaces]
    ) -> Iterator[Outgoing]:
        """Forget cameras that the log went on without, but not one that goes on after an outage."""
        for key, camera in list(partition.cameras.items()):
            returns = key == (now.event.stand_id, now.event.camera_id)
            at_ns = now.record.appended_at_ns
            if not returns:
                gone = at_ns - camera.appended_at_ns > GONE_NS
            elif self._behind_ns(partition, now.event) > REPEATED_NS:
                camera.behind_since_ns = camera.behind_since_ns or at_ns
                gone = at_ns - camera.behind_since_ns > SET_BACK_NS
            else:
                gone = False
            if gone:
                yield from self._ended(partition.cameras.pop(key))

    def _observe(
        self, partition: Partition, received: Received[FrameFaces]
    ) -> Iterator[Outgoing]:
        frame = received.event
        appended_at_ns = received.record.appended_at_ns
        key = frame.stand_id, frame.camera_id
        camera = partition.cameras.setdefault(
            key, Camera(*key, frame.captured_at_ns, appended_at_ns)
        )
        camera.appended_at_ns = appended_at_ns
        camera.behind_since_ns = 0
        terms = self._terms.of(frame.stand_id, frame.camera_id)
        if frame.ended:
            yield from self._ended(partition.cameras.pop(key))
        else:
            yield from _outgoing(camera.observe(frame, terms))
        if frame.ended or is_due(
            frame.captured_at_ns, partition.shown_ns.get(frame.stand_id)
        ):
            yield self._snapshot(partition, received, terms)

    def _ended(self, camera: Camera) -> Iterator[Outgoing]:
        return _outgoing(camera.end(self._terms.of(camera.stand_id, camera.camera_id)))

    def _snapshot(
        self, partition: Partition, now: Received[FrameFaces], terms: Terms
    ) -> Outgoing:
        frame = now.event
        partition.shown_ns[frame.stand_id] = frame.captured_at_ns
        cameras = (
            c
            for c in partition.cameras.values()
            if c.stand_id == frame.stand_id and _goes_on(c, now)
        )
        state = snapshot(cameras, frame.captured_at_ns, terms)
        measure(state)
        age_ns = self._clock.age_ns(frame.captured_at_ns)
        if age_ns is not None and 0 <= age_ns < _LIVE_NS:
            metrics.STAGE_LATENCY.labels("engagement").observe(age_ns / 1e9)
        return Outgoing(ENGAGEMENT, frame.stand_id, state)


class TermsTable:
    """The terms of each camera in the configuration as of the last `update`."""

    def __init__(self, settings: EngagementSettings) -> None:
        self._settings = settings
        self._mall: Mall | None = None
        self._version = ""
        self._stands: dict[str, Terms] = {}
        self._cameras: dict[tuple[str, str], Terms] = {}

    def update(self, mall: Mall) -> None:
        """Follow the configuration."""
        if mall is self._mall:
            return
        self._mall = mall
        self._version = mall.version
        stands = {stand.id: stand for stand in mall.stands}
        self._stands = {
            name: Terms.of(stand, mall.version, self._settings)
            for name, stand in stands.items()
        }
        self._cameras = {
            (camera.stand, camera.id): Terms.of(
                stands[camera.stand], mall.version, self._settings, camera
            )
            for camera in mall.cameras
        }

    def __contains__(self, stand_id: str) -> bool:
        return stand_id in self._stands

    def of(self, stand_id: str, camera_id: str) -> Terms:
        """Of a camera at a stand; the defaults for what was taken from the configuration meanwhile."""
        terms = self._cameras.get((stand_id, camera_id)) or self._stands.get(stand_id)
        return terms or Terms.of(Stand(id=stand_id), self._version, self._settings)


def _goes_on(camera: Camera, now: Received[FrameFaces]) -> bool:
    """Whether a camera of the stand still tells who is there."""
    silent_ns = now.record.appended_at_ns - camera.appended_at_ns
    return min(silent_ns, abs(now.event.captured_at_ns - camera.seen_ns)) < SILENT_NS


def _outgoing(exposures: Iterable[Exposure]) -> Iterator[Outgoing]:
    return (Outgoing(EXPOSURES, exposure.stand_id, exposure) for exposure in exposures)
