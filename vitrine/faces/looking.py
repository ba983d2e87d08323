"""From candidates to observations: landmarks, face score and quality, for many faces at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.faces.batches import batches
from vitrine.faces.models import FaceModels
from vitrine.faces.places import Place
from vitrine.faces.track import Candidate, Observation
from vitrine.vision.crop import (
    Crop,
    Image,
    crop_of_points,
    cut,
    network_input,
    sides_of,
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
    images = [look.image for look in looks]
    looked_at = np.array([look.candidate.crop for look in looks])
    cuts = [cut(look.image, look.candidate.crop) for look in looks]
    outputs = models.landmarks.run(network_input(cuts))[0]
    points = to_frame(outputs, looked_at)
    crops = crop_of_points(points)
    places = [Place.of_crop(crop) for crop in crops]
    boxes = []
    for look, place in zip(looks, places, strict=True):
        boxes.append(look.candidate.box_at(place))
    scores = models.face_score.score(face_cuts(images, np.array(boxes)))
    plausible = _plausible(images, looked_at, crops)
    scores = np.where(plausible, scores, NO_FACE)
    qualities = models.quality.score([quality_cut(one) for one in cuts])
    observations = []
    for number, look in enumerate(looks):
        observation = Observation(
            candidate=look.candidate,
            points=points[number],
            crop=crops[number],
            place=places[number],
            face_score=float(scores[number]),
            quality=float(qualities[number]),
        )
        observations.append(observation)
    return observations


def _plausible(
    images: Sequence[Image],
    looked_at: Crop,
    crops: Crop,
) -> NDArray[np.bool_]:
    """Return which landmarks (n,) are large enough and not collapsed.

    `looked_at` (n, 2, 3) are the crops that the network saw, `crops` those around its points.
    """
    longer_sides = np.array([max(image.shape[:2]) for image in images])
    smallest = np.maximum(SMALLEST * longer_sides, COLLAPSED * sides_of(looked_at))
    return np.asarray(sides_of(crops) > smallest)
