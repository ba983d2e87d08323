"""Errors of the landmark network on labelled faces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import LabelledFace
from training.evaluation.matching import RULE, matched, shape_over
from training.evaluation.models import Landmarker
from training.evaluation.progress import in_batches
from training.evaluation.results import Columns, Json, sets_of, subgroups
from training.evaluation.subgroups import Look, look_of
from vitrine.vision.crop import Crop, Image, crop_of_box, crop_of_points
from vitrine.vision.detectors import Detector
from vitrine.vision.shape import outer_eye_distance

Box = Literal["truth", "detector"]
FAILURE: Final = 0.1
FIGURES: Final = (
    "mse: squared error of coordinates divided by width and height of the picture; nme: mean distance of the "
    "68 points over the distance of the true outer eye corners (300-W); failures: share of faces with nme "
    f"above {FAILURE}"
)
TRUTH: Final = "Crops around the true 68 points, turned upright by them."
DETECTED: Final = (
    "Crops from the detector's box and five points, then once more around the points found in them, as the "
    "product does from a second frame on. Of the detections from the product's operating threshold on, "
    "the best that matches; a face without one scores as the frontal mean shape stretched over the picture. "
    f"Matching: {RULE}."
)


@dataclass(frozen=True)
class Errors:
    """Of one face."""

    found: bool
    mse: float
    nme: float
    look: Look


def measure(
    faces: Sequence[LabelledFace], landmarker: Landmarker, detector: Detector | None
) -> Json:
    """The figures of a result file. Without a detector crops come from the labels. Raises DatasetError."""
    errors = errors_of(faces, landmarker, detector)
    nme = np.array([e.nme for e in errors])
    columns = Columns(
        {
            "detected": np.array([e.found for e in errors], np.float64),
            "mse": np.array([e.mse for e in errors]),
            "nme": nme,
            "failures": (nme > FAILURE).astype(np.float64),
        },
        np.array([face.group for face in faces], dtype=np.str_),
    )
    everything = np.ones(len(faces), np.bool_)
    return {
        "protocol": f"{DETECTED if detector else TRUTH} {FIGURES}.",
        **columns.figures(everything),
        "curves": {"nme_quantiles": np.quantile(nme, np.linspace(0, 1, 101))},
        "sets": {name: columns.figures(mask) for name, mask in sets_of(faces).items()},
        "subgroups": subgroups(columns.figures, [e.look for e in errors]),
    }


def errors_of(
    faces: Sequence[LabelledFace], landmarker: Landmarker, detector: Detector | None
) -> list[Errors]:
    """The errors of each face in its picture."""

    def work(some: Sequence[LabelledFace]) -> list[Errors]:
        images = [face.image() for face in some]
        crops = [
            _crop(image, face, landmarker.side, detector)
            for image, face in zip(images, some, strict=True)
        ]
        seen = [
            (image, crop)
            for image, crop in zip(images, crops, strict=True)
            if crop is not None
        ]
        points = iter(_looked_at(landmarker, seen, again=detector is not None))
        answers = [
            shape_over(image) if crop is None else next(points)
            for image, crop in zip(images, crops, strict=True)
        ]
        return [
            _errors(face, image, answer, crop is not None)
            for face, image, answer, crop in zip(
                some, images, answers, crops, strict=True
            )
        ]

    return in_batches(work, faces, "landmarks")


def _looked_at(
    landmarker: Landmarker, seen: Sequence[tuple[Image, Crop]], *, again: bool
) -> NDArray[np.float32]:
    """The points (n, 68, 2); with `again`, from the crops around the first answer."""
    images = [image for image, _ in seen]
    points = landmarker.points(images, [crop for _, crop in seen])
    if again:
        points = landmarker.points(
            images, [crop_of_points(p, landmarker.side) for p in points]
        )
    return points


def _crop(
    image: Image, face: LabelledFace, side: int, detector: Detector | None
) -> Crop | None:
    if detector is None:
        return crop_of_points(face.points, side)
    matches = matched(detector, image, face.points)
    return (
        crop_of_box(matches.boxes[0].tolist(), matches.five[0], side)
        if len(matches)
        else None
    )


def _errors(
    face: LabelledFace, image: Image, answer: NDArray[np.floating], found: bool
) -> Errors:
    offsets = answer - face.points
    height, width = image.shape[:2]
    distances = np.linalg.norm(offsets, axis=1)
    return Errors(
        found,
        float(np.mean((offsets / (width, height)) ** 2)),
        float(distances.mean() / outer_eye_distance(face.points)),
        look_of(image, face.points),
    )
