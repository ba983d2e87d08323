"""Replay: a restart reads again from where the oldest open track began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vitrine import ids
from vitrine.bus import Commit, Received, TopicPartition
from vitrine.clock import SECOND_NS
from vitrine.customers.visitors import StandDay, Track
from vitrine.schemas import FrameFaces
from vitrine.topics import FACES

# Twice as long as `vitrine.faces` waits for a face before it ends the track.
TRACK_ENDS_AFTER_NS: Final = 2 * SECOND_NS

# Somebody who stays would hold back the offset without end. Half of the ten minutes
# that topic `faces` keeps its records, so that they are there when a restart reads them.
LONGEST_REPLAY_NS: Final = 300 * SECOND_NS

StandDays = Mapping[tuple[TopicPartition, str], StandDay]


class FirstFrames:
    """Keep the capture time of the first frame that was read of each camera.

    It tells tracks that a replay shows only the end of from those that it repeats.
    """

    def __init__(self) -> None:
        self._first_ns: dict[tuple[TopicPartition, str], int] = {}

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Forget the cameras of partitions that moved elsewhere."""
        for key in list(self._first_ns):
            if key[0] in partitions:
                del self._first_ns[key]

    def see(self, received: Received[FrameFaces]) -> None:
        """Take note of a frame of a camera, if it is the first."""
        event = received.event
        key = (received.source, event.camera_id)
        self._first_ns.setdefault(key, event.captured_at_ns)

    def was_over(self, received: Received[FrameFaces], track_id: str) -> bool:
        """Return True for a track that was over when its offset was committed.

        Its decisions stand: without its beginning they cannot be repeated. A track that
        held the offset is replayed as a whole; one that began more than
        LONGEST_REPLAY_NS before held it no longer, and goes on.
        """
        began_ns = ids.track_began_ns(track_id)
        if began_ns is None:
            return False
        first_ns = self._first_ns[received.source, received.event.camera_id]
        return first_ns - LONGEST_REPLAY_NS < began_ns < first_ns


def first_needed(
    days: StandDays,
    batch: Sequence[Received[Any]],
) -> dict[TopicPartition, Commit]:
    """Return where to start again, for the batch's partitions that have open tracks.

    Open tracks are needed from their beginning, up to LONGEST_REPLAY_NS back.
    """
    latest: dict[TopicPartition, FrameFaces] = {}
    for received in batch:
        if received.source.topic == FACES.name:
            latest[received.source] = received.event
    needed: dict[TopicPartition, Commit] = {}
    for (source, _), day in days.items():
        frame = latest.get(source)
        if frame is None or frame.ended:
            continue
        offsets = _open_offsets(day, frame.captured_at_ns)
        if source in needed:
            offsets.append(needed[source].offset)
        if offsets:
            needed[source] = Commit(min(offsets))
    return needed


def _open_offsets(day: StandDay, now_ns: int) -> list[int]:
    open_tracks = [track for track in day.tracks.values() if _is_open(track, now_ns)]
    return [track.first_offset for track in open_tracks]


def _is_open(track: Track, now_ns: int) -> bool:
    is_seen = now_ns - track.last_ns < TRACK_ENDS_AFTER_NS
    is_recent = now_ns - track.first_ns < LONGEST_REPLAY_NS
    return is_seen and is_recent
