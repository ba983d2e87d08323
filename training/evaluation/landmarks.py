"""Errors of the landmark network on labelled faces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from training.datasets.faces import LabelledFace
from training.evaluation.arrays import Floats, Singles
from training.evaluation.matching import RULE, matched, shape_over
from training.evaluation.models import Landmarker
from training.evaluation.progress import in_batches
from training.evaluation.results import Columns, Json, sets_of, subgroups
from training.evaluation.subgroups import Look, look_of
from vitrine.vision.crop import Crop, Image, crop_of_box, crop_of_points
from vitrine.vision.detectors import Detector
from vitrine.vision.shape import outer_eye_distance

Box = Literal["truth", "detector"]
# The usual limit of failures on 300-W.
FAILURE: Final = 0.1
"""NME above which a face counts as failed."""
FIGURES: Final = (
    "mse: squared error of coordinates divided by width and height of the picture; "
    "nme: mean distance of the 68 points over the distance of the true outer eye corners (300-W); "
    f"failures: share of faces with nme above {FAILURE}"
)
TRUTH: Final = "Crops around the true 68 points, turned upright by them."
DETECTED: Final = (
    "Crops from the detector's box and five points, then once more around the points found in "
    "them, as the product does from a second frame on. "
    "Of the detections from the product's operating threshold on, the best that matches; a face "
    "without one scores as the frontal mean shape stretched over the picture. "
    f"Matching: {RULE}."
)


@dataclass(frozen=True)
class Errors:
    """Hold the errors of one face."""

    found: bool
    mse: float
    nme: float
    look: Look


def measure(
    faces: Sequence[LabelledFace],
    landmarker: Landmarker,
    detector: Detector | None,
) -> Json:
    """Return the figures of a result file. Raises DatasetError.

    Without a detector crops come from the labels.
    """
    errors = errors_of(faces, landmarker, detector)
    columns = _columns(faces, errors)
    everything = np.ones(len(faces), np.bool_)
    sets = {}
    for name, mask in sets_of(faces).items():
        sets[name] = columns.figures(mask)
    looks = [error.look for error in errors]
    shares = np.linspace(0, 1, 101)
    quantiles = np.quantile(columns.values["nme"], shares)
    how = DETECTED if detector else TRUTH
    return {
        "protocol": f"{how} {FIGURES}.",
        **columns.figures(everything),
        "curves": {"nme_quantiles": quantiles},
        "sets": sets,
        "subgroups": subgroups(columns.figures, looks),
    }


def _columns(faces: Sequence[LabelledFace], errors: Sequence[Errors]) -> Columns:
    found = [error.found for error in errors]
    mse = [error.mse for error in errors]
    nme = np.array([error.nme for error in errors])
    has_failed = nme > FAILURE
    values = {
        "detected": np.array(found, np.float64),
        "mse": np.array(mse),
        "nme": nme,
        "failures": has_failed.astype(np.float64),
    }
    groups = [face.group for face in faces]
    people = np.array(groups, dtype=np.str_)
    return Columns(values, people)


def errors_of(
    faces: Sequence[LabelledFace],
    landmarker: Landmarker,
    detector: Detector | None,
) -> list[Errors]:
    """Return the errors of each face in its picture."""

    def work(some: Sequence[LabelledFace]) -> list[Errors]:
        return _errors_of_batch(some, landmarker, detector)

    return in_batches(work, faces, "landmarks")


def _errors_of_batch(
    faces: Sequence[LabelledFace],
    landmarker: Landmarker,
    detector: Detector | None,
) -> list[Errors]:
    images = [face.image() for face in faces]
    places = []
    crops = []
    for place, face in enumerate(faces):
        crop = _crop(
            images[place],
            face,
            landmarker.side,
            detector,
        )
        if crop is not None:
            places.append(place)
            crops.append(crop)
    found = [images[place] for place in places]
    points = _points(
        landmarker,
        found,
        crops,
        again=detector is not None,
    )
    answers: dict[int, Floats] = dict(zip(places, points, strict=True))
    errors = []
    for place, face in enumerate(faces):
        image = images[place]
        answer = answers.get(place)
        is_found = answer is not None
        if answer is None:
            answer = shape_over(image)
        error = _errors(
            face,
            image,
            answer,
            found=is_found,
        )
        errors.append(error)
    return errors


def _points(
    landmarker: Landmarker,
    images: Sequence[Image],
    crops: Sequence[Crop],
    *,
    again: bool,
) -> Singles:
    """Return the points (n, 68, 2); with `again`, from the crops around the first answer."""
    points = landmarker.points(images, crops)
    if not again:
        return points
    closer = [crop_of_points(face, landmarker.side) for face in points]
    return landmarker.points(images, closer)


def _crop(
    image: Image,
    face: LabelledFace,
    side: int,
    detector: Detector | None,
) -> Crop | None:
    """Return the crop of a face, None where the detector missed it."""
    if detector is None:
        return crop_of_points(face.points, side)
    matches = matched(detector, image, face.points)
    if not len(matches):
        return None
    best_box = matches.boxes[0].tolist()
    return crop_of_box(best_box, matches.five[0], side)


def _errors(
    face: LabelledFace,
    image: Image,
    answer: Floats,
    *,
    found: bool,
) -> Errors:
    height, width = image.shape[:2]
    offsets = answer - face.points
    relative = offsets / (width, height)
    squares = relative**2
    distances = np.linalg.norm(offsets, axis=1)
    eyes = outer_eye_distance(face.points)
    nme = distances.mean() / eyes
    look = look_of(image, face.points)
    return Errors(
        found,
        mse=float(squares.mean()),
        nme=float(nme),
        look=look,
    )
