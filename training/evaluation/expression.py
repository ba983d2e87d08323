"""How often the expression network says what most people saw."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import DatasetError
from training.datasets.ferplus import ExpressionFace, majority
from training.evaluation.models import Landmarker
from training.evaluation.progress import in_batches
from training.evaluation.results import Columns, Json, Mask, subgroups
from training.evaluation.subgroups import Look, look_of
from vitrine.vision.crop import crop_of_box
from vitrine.vision.expression_classes import (
    CLASSES,
    SIDE,
    TEMPLATE,
    ExpressionClassifier,
)

PROTOCOL: Final = (
    "Faces with a majority label among eight expressions: single votes ignored, more than half of the rest, "
    '"unknown" and "not a face" counted; others are left out. The answer is the likeliest of the eight. '
    "Subgroups by predicted landmarks; the pictures are grey and all of one size, so skin tone and face size "
    "are not known. People are not known either: intervals take every picture for another person, and are "
    "too narrow."
)


def measure(
    faces: Sequence[ExpressionFace],
    classifier: ExpressionClassifier,
    landmarker: Landmarker,
) -> Json:
    """The figures of a result file. Raises DatasetError where no face has a majority label."""
    voted = [majority(face.votes) for face in faces]
    chosen = [
        face for face, label in zip(faces, voted, strict=True) if label is not None
    ]
    if not chosen:
        raise DatasetError(
            faces[0].name, None, "neither this nor any other face has a majority label"
        )
    labels = np.array([label for label in voted if label is not None])
    answers, looks = classified(chosen, classifier, landmarker)
    columns = Columns(
        {"accuracy": (answers == labels).astype(np.float64)},
        np.array([face.name for face in chosen], dtype=np.str_),
    )

    def of_classes(some: Mask) -> Json:
        table = confusion(labels[some], answers[some])
        return {"balanced_accuracy": balanced(table), "confusion": table}

    everything = np.ones(len(chosen), np.bool_)
    splits = np.array([face.split for face in chosen], dtype=np.str_)
    sets = {str(name): splits == name for name in np.unique(splits)}
    return {
        "protocol": PROTOCOL,
        **_unnamed(columns.figures(everything)),
        **of_classes(everything),
        "left_out": len(faces) - len(chosen),
        "classes": list(CLASSES),
        "sets": {
            name: _unnamed(columns.figures(mask)) | of_classes(mask)
            for name, mask in sets.items()
        },
        "subgroups": subgroups(lambda mask: _unnamed(columns.figures(mask)), looks),
    }


def classified(
    faces: Sequence[ExpressionFace],
    classifier: ExpressionClassifier,
    landmarker: Landmarker,
) -> tuple[NDArray[np.intp], list[Look]]:
    """The likeliest of CLASSES for each face, (n,), and what the picture is like."""
    crop = crop_of_box((0, 0, SIDE, SIDE), TEMPLATE, landmarker.side)

    def work(some: Sequence[ExpressionFace]) -> list[tuple[int, Look]]:
        images = [face.image() for face in some]
        answers = classifier.classify(images).argmax(axis=1).tolist()
        coloured = [np.repeat(image[..., None], 3, axis=2) for image in images]
        points = landmarker.points(coloured, [crop] * len(coloured))
        looks = [
            look_of(i, p).without("face_size")
            for i, p in zip(coloured, points, strict=True)
        ]
        return list(zip(answers, looks, strict=True))

    found = in_batches(work, faces, "expression")
    return np.array([answer for answer, _ in found]), [look for _, look in found]


def confusion(labels: NDArray[np.intp], answers: NDArray[np.intp]) -> NDArray[np.intp]:
    """(8, 8) counts: a row for each label, a column for each answer."""
    table = np.zeros((len(CLASSES), len(CLASSES)), np.intp)
    np.add.at(table, (labels, answers), 1)
    return table


def balanced(table: NDArray[np.intp]) -> float:
    """Mean over the labels that occur of the share answered right."""
    counts = table.sum(axis=1)
    return float((np.diag(table)[counts > 0] / counts[counts > 0]).mean())


def _unnamed(figures: Json) -> Json:
    """Without the number of people, which nobody knows."""
    return {name: value for name, value in figures.items() if name != "people"}
