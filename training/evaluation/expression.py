"""Share of faces for which the expression network says what most people saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from training.datasets.faces import DatasetError
from training.datasets.ferplus import ExpressionFace, majority
from training.evaluation.arrays import Mask, Names, Numbers
from training.evaluation.faces_of_people import looks_in
from training.evaluation.models import Landmarker
from training.evaluation.progress import in_batches
from training.evaluation.results import Columns, Json, subgroups
from training.evaluation.subgroups import Look
from vitrine.vision.crop import Image, crop_of_box
from vitrine.vision.expression_classes import (
    CLASSES,
    SIDE,
    TEMPLATE,
    ExpressionClassifier,
)

PROTOCOL: Final = (
    "Faces with a majority label among eight expressions: single votes ignored, more than half of "
    'the rest, "unknown" and "not a face" counted; others are left out. The answer is the '
    "likeliest of the eight. "
    "Subgroups by predicted landmarks; the pictures are grey and all of one size, so skin tone "
    "and face size are not known. People are not known either: intervals take every picture for "
    "another person, and are too narrow."
)


@dataclass(frozen=True)
class Answers:
    """Hold labels, answers and looks of n faces with a majority label."""

    labels: Numbers
    answers: Numbers
    looks: list[Look]
    names: Names
    splits: Names

    def shares(self, some: Mask) -> Json:
        """Return accuracy of some of the faces, with its interval."""
        is_right = self.answers == self.labels
        right = is_right.astype(np.float64)
        # Nobody knows the people: every picture counts as another one.
        columns = Columns({"accuracy": right}, self.names)
        figures = columns.figures(some)
        del figures["people"]
        return figures

    def figures(self, some: Mask) -> Json:
        """Return accuracy, and the figures by expression."""
        table = confusion(self.labels[some], self.answers[some])
        by_class = {
            "balanced_accuracy": balanced(table),
            "confusion": table,
        }
        return self.shares(some) | by_class


def measure(
    faces: Sequence[ExpressionFace],
    classifier: ExpressionClassifier,
    landmarker: Landmarker,
) -> Json:
    """Return the figures of a result file.

    Raises DatasetError where no face has a majority label.
    """
    found = _answers(faces, classifier, landmarker)
    count = len(found.labels)
    sets = {}
    for split in np.unique(found.splits):
        sets[str(split)] = found.figures(found.splits == split)
    everything = np.ones(count, np.bool_)
    return {
        "protocol": PROTOCOL,
        **found.figures(everything),
        "left_out": len(faces) - count,
        "classes": list(CLASSES),
        "sets": sets,
        "subgroups": subgroups(found.shares, found.looks),
    }


def _answers(
    faces: Sequence[ExpressionFace],
    classifier: ExpressionClassifier,
    landmarker: Landmarker,
) -> Answers:
    chosen = []
    labels = []
    for face in faces:
        label = majority(face.votes)
        if label is None:
            continue
        chosen.append(face)
        labels.append(label)
    if not chosen:
        reason = "neither this nor any other face has a majority label"
        raise DatasetError(faces[0].name, None, reason)
    answers, looks = classified(chosen, classifier, landmarker)
    names = [face.name for face in chosen]
    splits = [face.split for face in chosen]
    return Answers(
        np.array(labels),
        answers,
        looks,
        np.array(names, dtype=np.str_),
        np.array(splits, dtype=np.str_),
    )


def classified(
    faces: Sequence[ExpressionFace],
    classifier: ExpressionClassifier,
    landmarker: Landmarker,
) -> tuple[Numbers, list[Look]]:
    """Return the likeliest of CLASSES for each face, (n,), and the look of its picture."""
    crop = crop_of_box((0, 0, SIDE, SIDE), TEMPLATE, landmarker.side)

    def work(some: Sequence[ExpressionFace]) -> list[tuple[int, Look]]:
        images = [face.image() for face in some]
        scores = classifier.classify(images)
        answers = scores.argmax(axis=1).tolist()
        coloured = [_coloured(image) for image in images]
        looks = looks_in(coloured, crop, landmarker)
        pairs = zip(answers, looks, strict=True)
        return list(pairs)

    found = in_batches(work, faces, "expression")
    answers = np.array([answer for answer, _ in found])
    looks = [look for _, look in found]
    return answers, looks


def _coloured(image: Image) -> Image:
    """Return a grey picture (H, W) with three equal channels, as the landmark network takes it."""
    channel = image[..., None]
    return np.repeat(channel, 3, axis=2)


def confusion(labels: Numbers, answers: Numbers) -> Numbers:
    """Return counts (8, 8): a row for each label, a column for each answer."""
    count = len(CLASSES)
    table = np.zeros((count, count), np.intp)
    # `table[labels, answers] += 1` would count equal pairs once.
    np.add.at(table, (labels, answers), 1)
    return table


def balanced(table: Numbers) -> float:
    """Return the mean over the labels that occur of the share answered right."""
    right = np.diag(table)
    counts = table.sum(axis=1)
    occur = counts > 0
    shares = right[occur] / counts[occur]
    return float(shares.mean())
