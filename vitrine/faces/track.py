"""One face over time.

In each frame a track goes through values, each made from the one before: `Track.predict` gives a
`Candidate`, which a detection may confirm; the networks look there and give an `Observation`;
`Track.see` makes a `Sighting` of it, which the tracks of the camera accept or reject.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.faces.appearance import Appearance
from vitrine.faces.clothes import Clothes
from vitrine.faces.evidence import likeness_of_places
from vitrine.faces.places import FARTHEST, Place
from vitrine.faces.smoothing import OneEuro
from vitrine.faces.views import (
    Anchor,
    Detected,
    Floats,
    Found,
    View,
)
from vitrine.vision.crop import Crop
from vitrine.vision.shape import Points

# Where no reason is named, a number was chosen, not measured by itself. That people keep their
# tracks with all of them is tested on video (tests/component/test_landmarks_video.py) and on people
# who cross (tests/unit/faces).

# A track that was not seen for so long has ended: a presence bridges no longer gap either.
LOST_AFTER_NS: Final = 2_000_000_000
# For so long, the detector is asked in every frame whether a lost face is back.
AWAITED_NS: Final = 1_000_000_000
# So has one that was seen, but no longer found by the detector.
UNDETECTED_AFTER_NS: Final = 3_000_000_000
# A detection this close to the prediction leaves the track's own crop alone, which is the
# steadier one.
CLOSE: Final = 0.15
CLOSE_GROWTH: Final = 1.25
# Face score that a followed face needs, or this share of its score when it was last detected.
STILL_THERE: Final = 0.2
STILL_THERE_SHARE: Final = 0.5
# Face score of a followed face that the detector has just overlooked.
THERE_UNDETECTED: Final = 0.5
# Sides that a face moves in a second when somebody walks past at 1.5 m/s: it is some 14 by
# 19 cm.
WALK: Final = 9.0
# Sides by which a detector's boxes of one face differ.
UNSURE: Final = 0.25
# Sides beyond which a new face is not looked for; the next person may be as near as that.
FARTHEST_NEW: Final = 3.0
# Motion is not extrapolated further; of a face that is covered, further than of one that is seen.
LONGEST_STEP_S: Final = 0.3
LONGEST_HIDDEN_S: Final = 2.0
# Sides, and sides a second, that a followed face may lie off its expected place and size.
STEADY: Final = 0.3
SUDDEN: Final = 2.0
# Detections that make a track a person's. Fewer may be a second box around a followed face.
ESTABLISHED: Final = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold where a track's face should be in this frame."""

    track: Track
    at_ns: int
    crop: Crop
    """The landmark network looks at this."""
    box: Floats
    """(4,): the detector's if it found the face in this frame, else the predicted one."""
    expected: Place | None
    """By the motion so far, or where the detector found a lost face; None for a new face."""
    detected: bool = False
    """The detector found the face in this frame."""
    overlooked: bool = False
    """The detector saw this frame and did not find the face."""

    @property
    def score_needed(self) -> float:
        """Face score from which on the face is taken to be there."""
        if self.detected:
            return 0.0
        if self.overlooked:
            return THERE_UNDETECTED
        return min(STILL_THERE, STILL_THERE_SHARE * self.track.anchor.face_score)

    def box_at(self, place: Place) -> Floats:
        """Return the box (4,) for landmarks at a place.

        It is the detector's own, if the detector has just found the face.
        """
        if self.detected:
            return self.box
        return self.track.anchor.box_at(place)

    def confirmed(self, found: Found) -> Candidate:
        """Return the candidate moved to a detection that is this face."""
        here = Place.of_box(self.box)
        near = found.place.distance(here) < CLOSE
        alike = found.place.growth(here) < CLOSE_GROWTH
        crop = found.crop
        expected: Place | None = found.place
        if near and alike and self.track.visible:
            crop = self.crop
            expected = self.expected
        return replace(
            self,
            crop=crop,
            box=found.box,
            expected=expected,
            detected=True,
        )

    def missed(self) -> Candidate:
        """Return the candidate for a frame in which the detector did not find the face."""
        return replace(self, overlooked=True)


@dataclass(frozen=True, slots=True)
class Observation:
    """Hold what the networks saw at a candidate's place."""

    candidate: Candidate
    points: Points
    """(68, 2) float32, pixels of the frame."""
    crop: Crop
    """The crop around the points."""
    place: Place
    """Of that crop."""
    face_score: float
    """Chance that a face is there, 0…1; below 0 where the points mean nothing."""
    quality: float
    """Fitness of the view for recognition, 0…1, wherever it lies in the frame."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Hold a new view of a track that the track has not taken over yet."""

    track: Track
    view: View
    quality: float
    surprise: float
    """Distance of the view from what was expected, in sides, and logarithm of its growth."""

    @property
    def accepted(self) -> bool:
        """True once the track has taken the view over."""
        return self.track.view is self.view

    @property
    def startling(self) -> bool:
        """True if a followed face jumped further than people do: somebody else came in between."""
        last = self.track.view
        if last is None or not self.track.established:
            return False
        seconds = (self.view.at_ns - last.at_ns) / 1e9
        return self.surprise > STEADY + SUDDEN * seconds

    def accept(self) -> None:
        """Make the view the track's latest."""
        self.track.view = self.view
        self.track.visible = True

    def reject(self) -> None:
        """Leave the track where its face was going: the view shows somebody else, in front."""
        self.track.visible = False


@dataclass(slots=True)
class Track:
    """Keep one face over time.

    A new one has been detected, but not seen by the landmark network yet.
    """

    id: str
    detected: Detected
    anchor: Anchor = field(default_factory=Anchor)
    view: View | None = None
    """The latest; None only in the frame that the track begins with."""
    believed: bool = False
    """The detections so far make it a face that is published."""
    visible: bool = True
    """The face was there in the last frame."""
    followed: bool = False
    """It was seen in two frames, so that its velocity is known."""
    smoother: OneEuro = field(default_factory=OneEuro)
    appearance: Appearance = field(default_factory=Appearance)
    clothes: Clothes = field(default_factory=Clothes)

    @property
    def last_view(self) -> View:
        """The latest view. Raises ValueError before the first one."""
        if self.view is None:
            raise ValueError(f"track {self.id} was not seen yet")
        return self.view

    @property
    def established(self) -> bool:
        """True if it follows a person, and is no second box around another track's face."""
        return self.believed and self.followed and self.detected.count >= ESTABLISHED

    def settled(self, at_ns: int) -> bool:
        """Return whether this face does not need the detector in the frame after that time."""
        if not self.visible:
            return at_ns - self.last_view.at_ns >= AWAITED_NS
        return self.believed and self.followed

    def ended(self, at_ns: int) -> bool:
        """Return whether too much time has passed since the face was seen or detected."""
        unseen_ns = at_ns - self.last_view.at_ns
        undetected_ns = at_ns - self.detected.at_ns
        return unseen_ns >= LOST_AFTER_NS or undetected_ns >= UNDETECTED_AFTER_NS

    def begin(self, found: Found) -> Candidate:
        """Return the candidate of a new track, in the frame that detected it."""
        return Candidate(
            track=self,
            at_ns=self.detected.at_ns,
            crop=found.crop,
            box=found.box,
            expected=None,
            detected=True,
        )

    def predict(self, at_ns: int) -> Candidate:
        """Return where the face should be at a later time, by constant velocity."""
        view = self.last_view
        longest_s = LONGEST_STEP_S if self.visible else LONGEST_HIDDEN_S
        step = view.velocity * min((at_ns - view.at_ns) / 1e9, longest_s)
        if not self.visible:
            # Heads that nod and turn seem to rise and sink; people go on at their height.
            step[1] = 0
        crop = view.crop.copy()
        crop[:, 2] -= view.crop[:, :2] @ step
        expected = Place.of_crop(crop)
        box = self.anchor.box_at(expected)
        return Candidate(
            track=self,
            at_ns=at_ns,
            crop=crop,
            box=box,
            expected=expected,
        )

    def reach(self, at_ns: int) -> float:
        """Return how far off the prediction the face may be found, in sides.

        Nobody knows yet which way a new face walks, so it may be farther off.
        """
        if not self.followed:
            walked = UNSURE + WALK * (at_ns - self.detected.at_ns) / 1e9
            return min(max(FARTHEST, walked), FARTHEST_NEW)
        # It may have turned back, or gone on faster.
        return FARTHEST + WALK * (at_ns - self.last_view.at_ns) / 1e9

    def likeness(self, expected: Place, found: Found, at_ns: int) -> float:
        """Return the logarithm of the likelihood ratio that a found face is this track's.

        `expected` is where it should be. Clothes count too, where both are known.
        """
        places = likeness_of_places(
            expected,
            found.place,
            seconds=(at_ns - self.last_view.at_ns) / 1e9,
            followed=self.followed,
        )
        return places + self.clothes.likeness(found.colours)

    def see(self, observation: Observation) -> Sighting | None:
        """Return the view that an observation gives, or None where no face is there any more."""
        candidate = observation.candidate
        if observation.face_score < candidate.score_needed:
            self.visible = False
            return None
        place = observation.place
        box = candidate.box_at(place)
        if candidate.detected:
            self.anchor = Anchor.tie(
                box,
                place,
                observation.face_score,
            )
        velocity = self._velocity(observation)
        self.followed = self.view is not None
        view = View(
            at_ns=candidate.at_ns,
            points=observation.points,
            crop=observation.crop,
            place=place,
            box=box,
            velocity=velocity,
        )
        surprise = 0.0
        if candidate.expected is not None and self.followed:
            surprise = _surprise(place, candidate.expected)
        return Sighting(
            track=self,
            view=view,
            quality=observation.quality,
            surprise=surprise,
        )

    def smooth(self) -> NDArray[np.float64]:
        """Return the latest view's points smoothed over time (68, 2); once for each view."""
        view = self.last_view
        return self.smoother(
            view.points,
            view.place.side,
            view.at_ns,
        )

    def _velocity(self, observation: Observation) -> Floats:
        """Return the mean of the velocity so far and that since the last view."""
        last = self.view
        if last is None:
            return np.zeros(2, np.float32)
        seconds = np.float32((observation.candidate.at_ns - last.at_ns) / 1e9)
        moved = observation.points.mean(axis=0) - last.points.mean(axis=0)
        velocity = moved / seconds
        if not self.followed:
            return np.asarray(velocity, np.float32)
        return np.asarray((last.velocity + velocity) / 2, np.float32)


def _surprise(place: Place, expected: Place) -> float:
    growth = place.growth(expected)
    return place.distance(expected) + math.log(growth)
