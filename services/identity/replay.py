"""Replay: a restart reads again from where the oldest open track began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vitrine import ids
from vitrine.bus import Commit, Received, TopicPartition
from vitrine.clock import SECOND_NS
from vitrine.customers.tracks import Track
from vitrine.customers.visitors import StandDay
from vitrine.schemas import FrameFaces
from vitrine.topics import FACES

# Twice as long as `vitrine.faces` waits for a face before it ends the track.
TRACK_ENDS_AFTER_NS: Final = 2 * SECOND_NS

# Somebody who stays would hold back the offset without end. Half of the ten minutes
# that topic `faces` keeps its records, so that they are there when a restart reads them.
LONGEST_REPLAY_NS: Final = 300 * SECOND_NS

CameraKey = tuple[TopicPartition, str]
"""A partition of `faces`, and the id of a camera in it."""
StandKey = tuple[TopicPartition, str]
"""A partition of `faces`, and the id of a stand in it."""


class FirstFrames:
    """Keep the capture time of the first frame that was read of each camera.

    It tells tracks that a replay shows only the end of from those that it repeats.
    """

    def __init__(self) -> None:
        self._first_ns: dict[CameraKey, int] = {}

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Forget the cameras of partitions that moved elsewhere."""
        for camera in list(self._first_ns):
            source, _ = camera
            if source in partitions:
                del self._first_ns[camera]

    def see(self, received: Received[FrameFaces]) -> None:
        """Take note of a frame of a camera, if it is the first."""
        event = received.event
        camera = (received.source, event.camera_id)
        self._first_ns.setdefault(camera, event.captured_at_ns)

    def was_over(self, received: Received[FrameFaces], track_id: str) -> bool:
        """Return True for a track that was over when its offset was committed.

        Its decisions stand: without its beginning they cannot be repeated.
        """
        began_ns = ids.track_began_ns(track_id)
        if began_ns is None:
            return False
        camera = (received.source, received.event.camera_id)
        first_ns = self._first_ns[camera]
        # Older tracks held the offset no longer when they were committed, and go on;
        # those that begin with the first frame or later are replayed as a whole.
        oldest_ns = first_ns - LONGEST_REPLAY_NS
        return oldest_ns < began_ns < first_ns


def first_needed(
    days: Mapping[StandKey, StandDay], batch: Sequence[Received[Any]]
) -> dict[TopicPartition, Commit]:
    """Return where to start again, for the batch's partitions that have open tracks.

    Open tracks are needed from their beginning, up to LONGEST_REPLAY_NS back.
    """
    frames = latest_frames(batch)
    needed: dict[TopicPartition, Commit] = {}
    for stand, day in days.items():
        source, _ = stand
        frame = frames.get(source)
        if frame is None or frame.ended:
            continue
        now_ns = frame.captured_at_ns
        tracks = [track for track in day.tracks.values() if is_open(track, now_ns)]
        offsets = [track.first_offset for track in tracks]
        if source in needed:
            offsets.append(needed[source].offset)
        if offsets:
            needed[source] = Commit(min(offsets))
    return needed


def latest_frames(batch: Sequence[Received[Any]]) -> dict[TopicPartition, FrameFaces]:
    """Return the last faces of each partition of topic `faces` in a batch."""
    latest: dict[TopicPartition, FrameFaces] = {}
    for received in batch:
        if received.source.topic == FACES.name:
            latest[received.source] = received.event
    return latest


def is_open(track: Track, now_ns: int) -> bool:
    """Return True for a track that goes on and is not older than a replay may be."""
    unseen_ns = now_ns - track.last_ns
    age_ns = now_ns - track.first_ns
    return unseen_ns < TRACK_ENDS_AFTER_NS and age_ns < LONGEST_REPLAY_NS
