"""The tracks of one camera: which face of this frame is which of the frames before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.faces.clothes import Clothes, colours_around
from vitrine.faces.places import Place, match
from vitrine.faces.schedule import Schedule
from vitrine.faces.track import (
    Candidate,
    Observation,
    Sighting,
    Track,
)
from vitrine.faces.views import (
    Detected,
    Floats,
    Found,
    View,
)
from vitrine.ids import track_id
from vitrine.vision.crop import Image, crop_of_box
from vitrine.vision.detectors import Detections, Trust

# Two tracks whose boxes are nearer than this, in sides, follow one face. Chosen: half a face's
# width.
SAME_FACE: Final = 0.35
# Logarithm of a likelihood ratio from which a found face is a track's.
NEEDED: Final = -1.0
# What is known of followed people beside a face that has just been found. Chosen.
KNOWN_BEFORE: Final = 3.0
# Sides by which the views of one face in a frame are off.
SURPRISING: Final = 0.1
# Faces of a frame that are followed; half of what a record may hold. It bounds the time of a
# frame.
MOST_FACES: Final = 100


@dataclass(frozen=True, slots=True)
class FollowedFace:
    """Hold a face of this frame that is to be published."""

    track: Track
    view: View
    quality: float
    """Of the view, wherever it lies in the frame, 0…1."""
    points: NDArray[np.float64]
    """(68, 2): smoothed over time, pixels of the frame."""


class CameraTracks:
    """Keep the tracks of a camera. Each frame goes through `begin`, the networks, and `finish`."""

    def __init__(
        self,
        camera_id: str,
        detect_every: int,
        trust: Trust,
    ) -> None:
        self._camera_id = camera_id
        self._trust = trust
        self._schedule = Schedule(detect_every)
        self._guessed: Schedule | None = None
        self._tracks: list[Track] = []
        self._at_ns = 0
        """Capture time of the last frame."""

    @property
    def settled(self) -> bool:
        """False while a face is new or lost, for which the detector sees each frame."""
        return all(track.settled(self._at_ns) for track in self._tracks)

    def wants(self, image: Image, at_ns: int) -> bool:
        """Return whether the detector is to see the next frame; ask once for each."""
        self._guessed = None
        wanted = self._schedule.wants(image, at_ns, self._known())
        return wanted or not self.settled

    def may_want(self, image: Image, at_ns: int) -> bool:
        """Return a guess of `wants` for a frame that waits behind others; ask once for each."""
        if self._guessed is None:
            self._guessed = copy(self._schedule)
        return self._guessed.wants(image, at_ns, self._known())

    def _known(self) -> list[Floats]:
        """Return the boxes of the faces that are followed."""
        views = [track.view for track in self._tracks]
        return [view.box for view in views if view is not None]

    def begin(
        self,
        at_ns: int,
        detections: Detections | None,
        image: Image | None = None,
    ) -> list[Candidate]:
        """Return where to look for faces in the frame of that time.

        `detections` are the detector's, if it saw the frame. Without `image` clothes say nothing.
        """
        self._at_ns = at_ns
        self._tracks = [track for track in self._tracks if not track.ended(at_ns)]
        candidates = [track.predict(at_ns) for track in self._tracks]
        if detections is not None:
            found = _found(detections[:MOST_FACES], image)
            candidates = self._assign(candidates, found, at_ns)
        return [c for c in candidates if c.track.visible or c.detected]

    def finish(
        self,
        observations: Sequence[Observation],
        image: Image | None = None,
    ) -> list[FollowedFace]:
        """Return the faces to publish, of what the networks saw at each candidate of this frame."""
        sightings = _sightings(observations)
        ended = _merge(sightings, image)
        self._tracks = [
            track
            for track in self._tracks
            if track.view is not None and track.id not in ended
        ]
        for track in self._tracks:
            if track.detected.count >= 2 or track.detected.score >= self._trust.sure:
                track.believed = True
        faces = []
        for sighting in sightings:
            track = sighting.track
            if sighting.accepted and track.believed:
                face = FollowedFace(
                    track=track,
                    view=sighting.view,
                    quality=sighting.quality,
                    points=track.smooth(),
                )
                faces.append(face)
        return faces

    def _assign(
        self,
        candidates: Sequence[Candidate],
        found: Sequence[Found],
        at_ns: int,
    ) -> list[Candidate]:
        """Confirm tracks, drop the doubtful that were not found again, begin new ones."""
        pairs = match(_evidence(candidates, found, at_ns))
        kept = []
        for row, candidate in enumerate(candidates):
            track = candidate.track
            if row in pairs:
                face = found[pairs[row]]
                track.detected = track.detected.again(face.score, at_ns)
                if face.colours is not None:
                    track.clothes.remember(face.colours)
                kept.append(candidate.confirmed(face))
            elif track.believed:
                kept.append(candidate.missed())
        unmatched = set(range(len(found))) - set(pairs.values())
        fresh = [found[number] for number in sorted(unmatched)]
        kept += self._begun(fresh, MOST_FACES - len(kept), at_ns)
        self._tracks = [candidate.track for candidate in kept]
        return kept

    def _begun(
        self,
        found: Sequence[Found],
        most: int,
        at_ns: int,
    ) -> list[Candidate]:
        """Return the candidates of new tracks, of the faces that the detector is sure enough of."""
        fresh = [face for face in found if face.score >= self._trust.start]
        candidates = []
        for number, face in enumerate(fresh[:most]):
            name = track_id(self._camera_id, at_ns, number)
            track = Track(
                name, Detected(at_ns, face.score), clothes=Clothes(face.colours)
            )
            candidates.append(track.begin(face))
        return candidates


def _evidence(
    candidates: Sequence[Candidate],
    found: Sequence[Found],
    at_ns: int,
) -> NDArray[np.float64]:
    """Return what speaks for each candidate and found face being one: (candidates, found)."""
    evidence = np.full((len(candidates), len(found)), -np.inf)
    for row, candidate in enumerate(candidates):
        expected = Place.of_box(candidate.box)
        reach = candidate.track.reach(at_ns)
        for column, face in enumerate(found):
            if expected.may_be(face.place, reach):
                likeness = candidate.track.likeness(expected, face, at_ns)
                evidence[row, column] = likeness - NEEDED
    return evidence


def _found(detections: Detections, image: Image | None) -> list[Found]:
    faces = []
    for number, score in enumerate(detections.scores.tolist()):
        box = detections.boxes[number]
        crop = crop_of_box(box, detections.five[number])
        colours = None
        if image is not None:
            colours = colours_around(image, box)
        face = Found(
            box=box,
            score=score,
            crop=crop,
            place=Place.of_box(box),
            colours=colours,
        )
        faces.append(face)
    return faces


def _sightings(observations: Sequence[Observation]) -> list[Sighting]:
    """Return the new views of tracks, without those that must be somebody else."""
    sightings = []
    for observation in observations:
        sighting = observation.candidate.track.see(observation)
        if sighting is None:
            continue
        if sighting.startling:
            sighting.reject()
        else:
            sightings.append(sighting)
    return sightings


def _merge(sightings: Sequence[Sighting], image: Image | None) -> set[str]:
    """Accept one sighting of each face, and return the names of tracks that end.

    Of tracks that see one face, the one that it is most likely of keeps it. Others that follow a
    person wait where that person was going.
    """
    taken: list[Place] = []
    ended = set()
    claims = {}
    for sighting in sightings:
        contested = _is_contested(sighting, sightings)
        claims[sighting.track.id] = _claim(sighting, image if contested else None)
    for sighting in sorted(sightings, key=lambda each: claims[each.track.id]):
        place = Place.of_box(sighting.view.box)
        if all(place.distance(other) > SAME_FACE for other in taken):
            sighting.accept()
            taken.append(place)
        elif sighting.track.established:
            sighting.reject()
        else:
            ended.add(sighting.track.id)
    return ended


def _is_contested(sighting: Sighting, sightings: Sequence[Sighting]) -> bool:
    """Return whether another track sees the same face."""
    place = Place.of_box(sighting.view.box)
    for other in sightings:
        if other is sighting:
            continue
        if place.distance(Place.of_box(other.view.box)) <= SAME_FACE:
            return True
    return False


def _claim(sighting: Sighting, image: Image | None) -> tuple[float, int, int]:
    """Return the order of claims on a face, from the least number on.

    First by what speaks for the track: that it follows a person, how little the view surprises,
    and the clothes in `image`. Then the latest detected, the oldest.
    """
    track = sighting.track
    evidence = -math.log1p((sighting.surprise / SURPRISING) ** 2)
    if track.established:
        evidence += KNOWN_BEFORE
    if image is not None:
        colours = colours_around(image, sighting.view.box)
        evidence += track.clothes.likeness(colours)
    return (
        -round(evidence, 1),
        -track.detected.at_ns,
        -track.detected.count,
    )
