"""From candidates to observations: landmarks, face score and quality, for many faces at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.faces.batches import batches
from vitrine.faces.models import FaceModels
from vitrine.faces.places import Place
from vitrine.faces.track import Candidate, Observation
from vitrine.vision.crop import (
    Image,
    crop_of_points,
    cut,
    network_input,
    to_frame,
)
from vitrine.vision.detectors import face_cuts
from vitrine.vision.quality import quality_cut

# Crop side, as a share of the frame's longer side, below which a face has no pose: 19 of 640
# pixels.
SMALLEST: Final = 0.03
# Share of the candidate's crop that the landmarks' own crop must at least have. Chosen, not
# measured.
COLLAPSED: Final = 0.5
# Face score of points that mean nothing; below what any candidate needs.
NO_FACE: Final = -1.0


@dataclass(frozen=True, slots=True)
class Look:
    """Hold a candidate and the frame to look at."""

    image: Image
    candidate: Candidate


def observe(looks: Sequence[Look], models: FaceModels) -> list[Observation]:
    """Return an observation for each look, in order."""
    observations: list[Observation] = []
    for some in batches(looks):
        observations += _observe_batch(some, models)
    return observations


def _observe_batch(looks: Sequence[Look], models: FaceModels) -> list[Observation]:
    cuts = [cut(look.image, look.candidate.crop) for look in looks]
    outputs = models.landmarks.run(network_input(cuts))[0]
    points = to_frame(
        outputs,
        [look.candidate.crop for look in looks],
    )
    crops = [crop_of_points(found) for found in points]
    places = [Place.of_crop(crop) for crop in crops]
    face_inputs = []
    for look, place in zip(looks, places, strict=True):
        box = look.candidate.box_at(place)
        face_inputs.append(face_cuts(look.image, box[None]))
    scores = models.face_score.score(np.concatenate(face_inputs)).tolist()
    qualities = models.quality.score([quality_cut(one) for one in cuts]).tolist()
    observations = []
    for number, look in enumerate(looks):
        place = places[number]
        face_score = NO_FACE
        if _plausible(look, place):
            face_score = scores[number]
        observation = Observation(
            candidate=look.candidate,
            points=points[number],
            crop=crops[number],
            place=place,
            face_score=face_score,
            quality=qualities[number],
        )
        observations.append(observation)
    return observations


def _plausible(look: Look, place: Place) -> bool:
    """Return whether landmarks at this place are large enough and not collapsed."""
    longer_side: int = max(look.image.shape[:2])
    looked_at = Place.of_crop(look.candidate.crop)
    smallest = max(SMALLEST * longer_side, COLLAPSED * looked_at.side)
    return place.side > smallest
