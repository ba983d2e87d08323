"""The people at the stands of one partition, and where its stored state stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from vitrine.bus import Received
from vitrine.clock import SECOND_NS
from vitrine.presence.people import NOTHING_JUDGED, CameraPeople, Finished
from vitrine.presence.shown_groups import Groups
from vitrine.schemas import FrameFaces
from vitrine.services.engagement.rules import RulesTable

# Chosen, not measured: longer than a camera needs to connect again.
GONE_NS: Final = 300 * SECOND_NS
"""A camera is forgotten when the log went on for so long without a frame of it."""

# `landmarks` repeats up to this after a crash (docs/operations.md).
REPEATED_NS: Final = 10 * SECOND_NS
"""A frame no further behind its camera's last one is a repetition."""

# Chosen, not measured: frames of before an outage come again in less.
SET_BACK_NS: Final = 2 * SECOND_NS
"""A camera whose frames all come from further behind begins anew after so long in the
log."""

# Chosen, not measured: the slowest cameras send a frame a second.
SILENT_NS: Final = 2 * SECOND_NS
"""People before a camera that is silent for so long are not shown."""

# A store costs one write of some kilobytes and a millisecond; a restart reads the
# records since the last one again, at most those of a second beside a batch.
STORE_EVERY_NS: Final = SECOND_NS
"""The state is stored when so much of the log has passed since."""

# A store that hangs takes its time-out of 2 s at each attempt; the loop's back-off
# ends at 5 s too.
STORE_AGAIN_NS: Final = 5 * SECOND_NS
"""After a failure, so much of the log passes before the next attempt."""

# 40 s of 60 people at 5 frames a second; a worker reads that again within seconds.
UNSTORED_BYTES: Final = 16_000_000
"""At most so much is read again after a restart; then the store has to answer."""

CameraKey = tuple[str, str]
"""Stand and camera."""


@dataclass(slots=True)
class Partition:
    """Keep what the records of one partition led to."""

    next_offset: int
    """The record after those that `cameras` rests on."""
    stored_offset: int
    """The same of the state that is stored: where a restart begins."""
    cameras: dict[CameraKey, CameraPeople] = field(default_factory=dict)
    shown_ns: dict[str, int] = field(default_factory=dict)
    """Time of the last snapshot, by stand."""
    unstored_bytes: int = 0
    """Of the records since the stored state."""
    log_ns: int = 0
    """Time at which the log took the last record."""
    attempted_ns: int = 0
    """`log_ns` as the state was last handed to the store."""
    failed: bool = False
    """The store did not answer then."""

    @classmethod
    def restored(cls, offset: int, cameras: Sequence[CameraPeople]) -> Partition:
        """Return a partition as it was stored."""
        partition = cls(next_offset=offset, stored_offset=offset)
        for camera in cameras:
            key = (camera.stand_id, camera.camera_id)
            partition.cameras[key] = camera
        return partition

    def advance(self, received: Received[FrameFaces]) -> None:
        """Go on behind a record that was handled."""
        record = received.record
        if self.attempted_ns == 0:
            self.attempted_ns = record.appended_at_ns
        self.next_offset = record.offset + 1
        self.unstored_bytes += len(record.value)
        self.log_ns = record.appended_at_ns

    def is_due(self, *, idle: bool) -> bool:
        """Return true where the state should be stored now.

        `idle`: no record came for a while.
        """
        if self.next_offset == self.stored_offset:
            return False
        if idle or self.is_full():
            return True
        wait_ns = STORE_EVERY_NS
        if self.failed:
            wait_ns = STORE_AGAIN_NS
        # The broker's clock may be set back.
        passed_ns = abs(self.log_ns - self.attempted_ns)
        return passed_ns >= wait_ns

    def is_full(self) -> bool:
        """Return true where a restart would have too much to read again."""
        return self.unstored_bytes > UNSTORED_BYTES

    def stored(self, offset: int) -> None:
        """Take note that the state is stored, as of an offset."""
        self.stored_offset = offset
        self.unstored_bytes = 0
        self.attempted_ns = self.log_ns
        self.failed = False

    def missed(self) -> None:
        """Take note that the store does not answer."""
        self.attempted_ns = self.log_ns
        self.failed = True

    def behind_ns(self, frame: FrameFaces) -> int:
        """Return by how much a frame comes before the last one of its camera.

        Below 0 for a frame that goes on.
        """
        key = _key_of(frame)
        camera = self.cameras.get(key)
        if camera is None or frame.ended:
            return -1
        return camera.seen_ns - frame.captured_at_ns

    def forget_gone(
        self, now: Received[FrameFaces], rules: RulesTable
    ) -> dict[CameraKey, Finished]:
        """Forget the cameras that the log went on without; return what ends with each.

        A camera that goes on after an outage is not forgotten.
        """
        ended = {}
        for key, camera in list(self.cameras.items()):
            if self._is_gone(key, camera, now):
                del self.cameras[key]
                of_camera = rules.of(*key)
                ended[key] = camera.end(of_camera)
        return ended

    def _is_gone(
        self,
        key: CameraKey,
        camera: CameraPeople,
        now: Received[FrameFaces],
    ) -> bool:
        at_ns = now.record.appended_at_ns
        if key != _key_of(now.event):
            absent_ns = at_ns - camera.appended_at_ns
            return absent_ns > GONE_NS
        behind_ns = self.behind_ns(now.event)
        if behind_ns <= REPEATED_NS:
            return False
        # Repeated frames are over sooner: these come from a clock that was set back.
        if not camera.behind_since_ns:
            camera.behind_since_ns = at_ns
        behind_for_ns = at_ns - camera.behind_since_ns
        return behind_for_ns > SET_BACK_NS

    def observe(
        self,
        received: Received[FrameFaces],
        rules: RulesTable,
        groups: Mapping[str, Groups] = NOTHING_JUDGED,
    ) -> Finished:
        """Take a frame that goes on; return what is finished by it.

        `groups` are those of expressions, by track.
        """
        frame = received.event
        key = _key_of(frame)
        of_camera = rules.of(*key)
        appended_at_ns = received.record.appended_at_ns
        camera = self.cameras.get(key)
        if camera is None:
            camera = CameraPeople(
                stand_id=frame.stand_id,
                camera_id=frame.camera_id,
                seen_ns=frame.captured_at_ns,
                appended_at_ns=appended_at_ns,
            )
            self.cameras[key] = camera
        camera.appended_at_ns = appended_at_ns
        camera.behind_since_ns = 0
        if frame.ended:
            del self.cameras[key]
            return camera.end(of_camera)
        return camera.observe(frame, of_camera, groups)

    def end_all(self, rules: RulesTable) -> dict[CameraKey, Finished]:
        """Forget all cameras, as nothing more comes; return what ends with each."""
        ended = {}
        for key, camera in self.cameras.items():
            of_camera = rules.of(*key)
            ended[key] = camera.end(of_camera)
        self.cameras.clear()
        return ended

    def cameras_that_go_on(self, now: Received[FrameFaces]) -> list[CameraPeople]:
        """Return the cameras of a frame's stand that still tell who is there."""
        logged_ns = now.record.appended_at_ns
        captured_ns = now.event.captured_at_ns
        found = []
        for camera in self.cameras.values():
            if camera.stand_id != now.event.stand_id:
                continue
            silent_ns = logged_ns - camera.appended_at_ns
            apart_ns = abs(captured_ns - camera.seen_ns)
            absent_ns = min(silent_ns, apart_ns)
            if absent_ns < SILENT_NS:
                found.append(camera)
        return found


def _key_of(frame: FrameFaces) -> CameraKey:
    return frame.stand_id, frame.camera_id
