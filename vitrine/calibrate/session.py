"""Keep what is known while somebody sets a camera up: in memory, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from vitrine.calibrate.judging import Judgement
from vitrine.calibrate.looks import Looks, numbers_of
from vitrine.clock import SECOND_NS
from vitrine.faces.describing import DescribedFace
from vitrine.mall import Camera, Stand
from vitrine.presence.attention import Attention, Cone, cone_of
from vitrine.presence.cone_fit import Point

# Attention of faces that are gone for longer is forgotten: longer than a glance outlasts.
GONE_NS: Final = 2 * SECOND_NS
MILLISECOND_NS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Sight:
    """Hold one analysed picture."""

    at_ns: int
    width: int
    height: int
    jpeg: bytes
    faces: Sequence[DescribedFace]
    judgements: Sequence[Judgement]

    def share(self, face: DescribedFace) -> float:
        """Return the height of a face as a share of the picture's."""
        return float(face.box[3]) / self.height


class Session:
    """Keep the looks at the screen's points, and the attention of who is there. Thread-safe."""

    def __init__(self, camera: Camera, stand: Stand) -> None:
        self._lock = Lock()
        self._camera = camera
        self._stand = stand
        self._looks = Looks()
        self._attention: dict[str, Attention] = {}
        """By track."""

    @property
    def camera(self) -> Camera:
        """Return the camera as it is configured now."""
        with self._lock:
            return self._camera

    def configure(self, camera: Camera, stand: Stand) -> None:
        """Take what was written. The looks were measured, and stay."""
        with self._lock:
            self._camera = camera
            self._stand = stand

    def look_at(self, point: Point) -> None:
        """Begin to take the poses of somebody who looks at a point, anew."""
        with self._lock:
            self._looks.begin(point)

    def forget_looks(self) -> None:
        """Begin anew with all points."""
        with self._lock:
            self._looks.forget()

    def see(self, sight: Sight) -> dict[str, Any]:
        """Take the next picture in order of time; return what the page shows of it."""
        with self._lock:
            near = [face for face in sight.faces if self._counts(sight.share(face))]
            poses = [(face.pose.yaw, face.pose.pitch) for face in near]
            self._looks.take(sight.at_ns, poses)
            faces = [self._face(face, sight) for face in sight.faces]
            self._forget_gone(sight.at_ns)
            return {
                "id": self._camera.id,
                "at_ms": sight.at_ns / MILLISECOND_NS,
                "width": sight.width,
                "height": sight.height,
                "jpeg_bytes": len(sight.jpeg),
                "faces": faces,
                "judgements": [each.to_dict() for each in sight.judgements],
                "looks": self._looks.shown(self._cone_in_force()),
            }

    def in_force(self) -> dict[str, Any]:
        """Return what is configured, but the camera's address."""
        with self._lock:
            return {
                "id": self._camera.id,
                "stand": self._stand.name or self._stand.id,
                "mask": self._camera.mask,
                "mount": self._camera.mount,
                "min_face": self._stand.zone.min_face,
                "max_face": self._stand.zone.max_face,
                "cone": numbers_of(self._cone_in_force()),
            }

    def _counts(self, share: float) -> bool:
        """Return true for a face of a size within the zone."""
        zone = self._stand.zone
        return zone.min_face <= share <= zone.max_face

    def _cone_in_force(self) -> Cone:
        return cone_of(self._stand.screen, self._camera)

    def _face(self, face: DescribedFace, sight: Sight) -> dict[str, Any]:
        """Return a face as the drawing takes it, rounded for a screen."""
        share = sight.share(face)
        described: dict[str, Any] = {
            "track": face.track_id,
            "box": face.box.astype(float).round(1).tolist(),
            "points": face.points.round(1).ravel().tolist(),
            "yaw": round(face.pose.yaw, 1),
            "pitch": round(face.pose.pitch, 1),
            "share": round(share, 3),
        }
        if self._counts(share):
            # The drawing takes a face with a score for one that counts.
            described["score"] = 0
            described["attending"] = self._attends(face, sight.at_ns)
        return described

    def _attends(self, face: DescribedFace, at_ns: int) -> bool:
        """Return true for who looks at the screen, by the fitted cone once there is one."""
        cone = self._cone_in_force()
        if self._looks.fitted is not None:
            cone = self._looks.fitted.cone
        attention = self._attention.setdefault(face.track_id, Attention())
        attention.observe(at_ns, face.pose.yaw, face.pose.pitch, cone)
        return attention.settled

    def _forget_gone(self, at_ns: int) -> None:
        for track_id, attention in list(self._attention.items()):
            if at_ns - attention.seen_ns > GONE_NS:
                del self._attention[track_id]
