"""The tracks of one camera: which face of this frame is which of the frames before."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vitrine.faces.places import FARTHEST, Place, match
from vitrine.faces.smoothing import OneEuro
from vitrine.ids import track_id
from vitrine.vision.crop import Crop, crop_of_box
from vitrine.vision.detectors import Detections, Trust

LOST_AFTER_NS: Final = 1_000_000_000
"""A track that was not seen for so long has ended."""
UNDETECTED_AFTER_NS: Final = 3_000_000_000
"""So has one that was seen, but no longer found by the detector."""
CLOSE = 0.15
CLOSE_GROWTH = 1.25
"""A detection this close to the prediction leaves the track's own crop alone, which is the steadier one."""
STILL_THERE = 0.2
STILL_THERE_SHARE = 0.5
"""Face score that a followed face needs, or this share of its score when it was last detected."""
THERE_UNDETECTED: Final = 0.5
"""Face score of a followed face that the detector has just overlooked."""
SAME_FACE: Final = 0.35
"""Two tracks whose boxes are nearer than this, in sides, follow one face."""
WALK: Final = 9.0
"""Sides that a face moves in a second when somebody walks past at 1.5 m/s: it is some 0.14 by 0.19 m."""
UNSURE: Final = 0.25
"""Sides by which a detector's boxes of one face differ."""
FARTHEST_NEW: Final = 1.5
LONGEST_STEP_S = 0.3
LONGEST_HIDDEN_S = 1.0
"""Motion is not extrapolated further; of a face that is covered, further than of one that is seen."""
STEADY = 0.3
SUDDEN = 2.0
"""Sides, and sides a second, that a followed face may lie off its expected place and size."""
ESTABLISHED: Final = 3
"""Detections that make a track somebody."""
MOST_FACES: Final = 100


class Seen(NamedTuple):
    """What a view of a face leaves behind; the fields are those of `Track`."""

    points: NDArray[np.float32]
    measured: Crop
    box: NDArray[np.float32]
    velocity: NDArray[np.float32]
    at_ns: int


@dataclass(slots=True)
class Track:
    """One face over time. A new one has been detected, but its landmarks are not known yet."""

    id: str
    box: NDArray[np.float32]
    """x, y, width, height in pixels: the detector's, carried along with the landmarks."""
    crop: Crop
    """What the landmark network sees next."""
    score: float
    """Of the last detection."""
    detected_ns: int
    detections: int = 1
    believed: bool = False
    visible: bool = True
    """The face was there in the last frame."""
    overlooked: bool = False
    """The detector saw this frame and did not find the face."""
    points: NDArray[np.float32] = field(
        default_factory=lambda: np.zeros((68, 2), np.float32)
    )
    """As measured at `at_ns`; `smooth` gives what is published."""
    measured: Crop = field(default_factory=lambda: np.zeros((2, 3)))
    """The crop around `points`."""
    at_ns: int = 0
    velocity: NDArray[np.float32] = field(
        default_factory=lambda: np.zeros(2, np.float32)
    )
    """Pixels a second."""
    followed: bool = False
    """It was seen in two frames, so that its velocity is known."""
    face_score: float = 0.0
    """When it was last detected."""
    offset: NDArray[np.float32] = field(default_factory=lambda: np.zeros(4, np.float32))
    """The box relative to the landmarks' crop: corner from the centre, and sides, in crop sides."""
    smoother: OneEuro = field(default_factory=OneEuro)
    expected: Place | None = None
    """Where the face would be in this frame by its motion so far."""
    before: Seen | None = None
    """What this frame's view has replaced."""
    embedded_ns: int = 0
    """When the latest embedding was made."""
    embeddings: int = 0
    shown: float | None = None
    """How likely the latest judged view shows an expression."""
    judged_ns: int = 0
    """When that was."""

    def ended(self, at_ns: int) -> bool:
        """Whether too much time has passed."""
        return (
            at_ns - self.at_ns >= LOST_AFTER_NS
            or at_ns - self.detected_ns >= UNDETECTED_AFTER_NS
        )

    def predict(self, at_ns: int) -> None:
        """Move crop and box to a later time, by constant velocity."""
        longest_s = LONGEST_STEP_S if self.visible else LONGEST_HIDDEN_S
        step = self.velocity * min((at_ns - self.at_ns) / 1e9, longest_s)
        self.crop = self.measured.copy()
        self.crop[:, 2] -= self.measured[:, :2] @ step
        self.expected = Place.of_crop(self.crop)
        self.before = None
        self.box = self._carried(self.expected)
        self.overlooked = False

    def confirm(
        self, box: NDArray[np.float32], crop: Crop, score: float, at_ns: int
    ) -> None:
        """A detection is this face."""
        here = Place.of_box(box)
        there = Place.of_box(self.box)
        close = here.distance(there) < CLOSE and here.growth(there) < CLOSE_GROWTH
        if not (close and self.visible):
            self.crop = crop
        self.box = box
        self.score = score
        self.detected_ns = at_ns
        self.detections += 1

    def reach(self, at_ns: int) -> float:
        """How far off the prediction its face may be found, in sides: a new face may be walking any way."""
        if self.followed:
            return FARTHEST
        return min(
            max(FARTHEST, UNSURE + WALK * (at_ns - self.detected_ns) / 1e9),
            FARTHEST_NEW,
        )

    def box_at(self, place: Place, at_ns: int) -> NDArray[np.float32]:
        """The box in pixels of landmarks that lie there: the detector's own if it has just found the face."""
        return self.box if self.detected_ns == at_ns else self._carried(place)

    def observe(
        self, points: NDArray[np.float32], crop: Crop, face_score: float, at_ns: int
    ) -> None:
        """Landmarks (68, 2) in pixels, the crop around them, and how much of a face is there."""
        if face_score < self._needed(at_ns):
            self.visible = False
            return
        self.before = Seen(
            self.points, self.measured, self.box, self.velocity, self.at_ns
        )
        place = Place.of_crop(crop)
        self.box = self.box_at(place, at_ns)
        if self.detected_ns == at_ns:
            self.face_score = face_score
            offset = np.hstack([self.box[:2] - place.centre, self.box[2:]]) / place.side
            self.offset = offset.astype(np.float32)
        if self.at_ns:
            moved = (points.mean(axis=0) - self.points.mean(axis=0)) / np.float32(
                (at_ns - self.at_ns) / 1e9
            )
            self.velocity = (self.velocity + moved) / 2 if self.followed else moved
            self.followed = True
        self.points = points
        self.measured = crop
        self.at_ns = at_ns
        self.visible = True

    @property
    def established(self) -> bool:
        """Whether it is somebody: more than a second box around a face that another track follows."""
        return self.believed and self.followed and self.detections >= ESTABLISHED

    def surprise(self) -> float:
        """How far this frame's view lies off what was expected: distance in sides, and growth."""
        if self.expected is None or not self.followed:
            return 0.0
        seen = Place.of_crop(self.measured)
        return seen.distance(self.expected) + math.log(seen.growth(self.expected))

    def startled(self) -> bool:
        """Whether a followed face jumped further than people do: it is somebody else, who came between."""
        seconds = (self.at_ns - self.before.at_ns) / 1e9 if self.before else 0.0
        return self.established and self.surprise() > STEADY + SUDDEN * seconds

    def cover(self) -> None:
        """What was seen in this frame is somebody else, in front: wait where this face was going."""
        if self.before is not None:
            self.points, self.measured, self.box, self.velocity, self.at_ns = (
                self.before
            )
        self.visible = False

    def smooth(self) -> NDArray[np.float64]:
        """The points to publish (68, 2); once for each frame."""
        return self.smoother(self.points, Place.of_crop(self.measured).side, self.at_ns)

    def _carried(self, place: Place) -> NDArray[np.float32]:
        corner = place.centre + self.offset[:2] * place.side
        return np.hstack([corner, self.offset[2:] * place.side]).astype(np.float32)

    def _needed(self, at_ns: int) -> float:
        if self.detected_ns == at_ns:
            return 0.0
        return (
            THERE_UNDETECTED
            if self.overlooked
            else min(STILL_THERE, STILL_THERE_SHARE * self.face_score)
        )


class CameraTracks:
    """All tracks of a camera. For each frame: `begin`, then the landmarks of its tracks, then `finish`."""

    def __init__(self, camera_id: str, detect_every: int, trust: Trust) -> None:
        self.detect_every = detect_every
        self._camera_id = camera_id
        self._trust = trust
        self._since_detection = detect_every
        self._tracks: list[Track] = []

    def due(self) -> bool:
        """Whether the next frame needs the detector: every k-th, or while a face is new or lost."""
        unsettled = any(
            not (t.believed and t.visible and t.followed) for t in self._tracks
        )
        return unsettled or self.due_in() == 0

    def due_in(self) -> int:
        """How many frames from now the k-th one comes."""
        return max(0, self.detect_every - self._since_detection)

    def begin(self, at_ns: int, detections: Detections | None) -> list[Track]:
        """The tracks whose `crop` is to be looked at in the frame of that time."""
        self._tracks = [track for track in self._tracks if not track.ended(at_ns)]
        for track in self._tracks:
            track.predict(at_ns)
        self._since_detection += 1
        if detections is not None:
            self._since_detection = 1
            self._assign(at_ns, detections[:MOST_FACES])
        return [
            track
            for track in self._tracks
            if track.visible or track.detected_ns == at_ns
        ]

    def _assign(self, at_ns: int, found: Detections) -> None:
        """Confirm tracks, drop the doubtful that were not found again, begin new ones."""
        crops = [
            crop_of_box(box, five)
            for box, five in zip(found.boxes, found.five, strict=True)
        ]
        scores = [float(score) for score in found.scores]
        expected = [Place.of_box(track.box) for track in self._tracks]
        reaches = [track.reach(at_ns) for track in self._tracks]
        pairs = match(expected, [Place.of_box(box) for box in found.boxes], reaches)
        for row, n in pairs:
            self._tracks[row].confirm(found.boxes[n], crops[n], scores[n], at_ns)
        self._tracks = [t for t in self._tracks if t.believed or t.detected_ns == at_ns]
        for track in self._tracks:
            track.overlooked = track.detected_ns != at_ns
        taken = {n for _, n in pairs}
        fresh = [
            n
            for n, score in enumerate(scores)
            if n not in taken and score >= self._trust.start
        ]
        for number, n in enumerate(fresh[: MOST_FACES - len(self._tracks)]):
            name = track_id(self._camera_id, at_ns, number)
            self._tracks.append(Track(name, found.boxes[n], crops[n], scores[n], at_ns))

    def finish(self) -> list[Track]:
        """The tracks that show a face in this frame, after their landmarks were observed."""
        self._tracks = [track for track in self._tracks if track.at_ns]
        for track in self._tracks:
            if track.visible and track.startled():
                track.cover()
        self._merge()
        for track in self._tracks:
            track.believed = (
                track.believed
                or track.detections >= 2
                or track.score >= self._trust.sure
            )
        return [track for track in self._tracks if track.believed and track.visible]

    def _merge(self) -> None:
        """Of tracks that follow one face, the one that expected it keeps it; others who are somebody wait."""
        kept: list[Track] = []
        for track in sorted(self._tracks, key=_claim):
            place = Place.of_box(track.box)
            others = [
                Place.of_box(other.box)
                for other in kept
                if other.visible and track.visible
            ]
            if all(place.distance(other) > SAME_FACE for other in others):
                kept.append(track)
            elif track.established:
                track.cover()
                kept.append(track)
        self._tracks = [
            track for track in self._tracks if any(track is one for one in kept)
        ]


def _claim(track: Track) -> tuple[bool, float, int, int]:
    """Order of claims on a face: who is somebody, least surprised (in tenths), latest detected, oldest."""
    return (
        not track.established,
        round(track.surprise(), 1),
        -track.detected_ns,
        -track.detections,
    )
