"""The cameras whose frames this process reads, and their tracks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from vitrine.bus import Received, TopicPartition
from vitrine.errors import Invalid
from vitrine.faces.tracks import CameraTracks
from vitrine.schemas import FrameMeta
from vitrine.vision.detectors import Trust

# A camera whose clock was set back begins anew when the log went on for so long without a good
# frame.
GONE_NS: Final = 300_000_000_000
# Beyond that, the camera that was silent for longest is forgotten: names are not trusted to be
# few.
MOST_CAMERAS: Final = 256


@dataclass(slots=True)
class _Camera:
    tracks: CameraTracks
    source: TopicPartition
    captured_ns: int
    """Of its newest frame."""
    appended_ns: int
    """Time at which the log took that frame."""


class Cameras:
    """Keep the tracks of each camera and the time of its newest frame."""

    def __init__(
        self,
        detect_every: int,
        trust: Trust,
        most: int = MOST_CAMERAS,
    ) -> None:
        self._detect_every = detect_every
        self._trust = trust
        self._most = most
        self._cameras: dict[str, _Camera] = {}

    def forget(self, camera_id: str) -> None:
        """Drop a camera, if it is known: its next frame begins new tracks."""
        self._cameras.pop(camera_id, None)

    def forget_partitions(self, partitions: Collection[TopicPartition]) -> None:
        """Drop the cameras of partitions that moved elsewhere."""
        for camera_id, camera in list(self._cameras.items()):
            if camera.source in partitions:
                self.forget(camera_id)

    def repeated(self, meta: FrameMeta) -> bool:
        """Return whether this is the camera's newest frame once more.

        Ingest sends it again when the bus died before it could confirm the frame.
        """
        camera = self._cameras.get(meta.camera_id)
        return camera is not None and meta.captured_at_ns == camera.captured_ns

    def check_order(self, record: Received[FrameMeta]) -> None:
        """Raise Invalid for a frame that was captured before the camera's newest.

        A camera whose clock was set back for good is forgotten instead, see GONE_NS.
        """
        meta = record.event
        camera = self._cameras.get(meta.camera_id)
        if camera is None or meta.captured_at_ns > camera.captured_ns:
            return
        silent_ns = record.record.appended_at_ns - camera.appended_ns
        if silent_ns <= GONE_NS:
            raise Invalid("not captured after the camera's frame before")
        self.forget(meta.camera_id)

    def advance(self, record: Received[FrameMeta]) -> CameraTracks:
        """Take the frame as the camera's newest, and return the camera's tracks."""
        meta = record.event
        appended_ns = record.record.appended_at_ns
        # Taken out and put back: the dictionary is in the order of the newest frames.
        camera = self._cameras.pop(meta.camera_id, None)
        if camera is None:
            tracks = CameraTracks(
                meta.camera_id,
                self._detect_every,
                self._trust,
            )
            camera = _Camera(
                tracks,
                record.source,
                meta.captured_at_ns,
                appended_ns,
            )
        camera.captured_ns = meta.captured_at_ns
        camera.appended_ns = appended_ns
        self._cameras[meta.camera_id] = camera
        if len(self._cameras) > self._most:
            silent_longest = next(iter(self._cameras))
            self.forget(silent_longest)
        return camera.tracks
