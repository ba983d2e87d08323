from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.training.evaluation.builders import MeanFace
from training.datasets.faces import DatasetError
from training.datasets.ferplus import ExpressionFace
from training.evaluation.expression import balanced, confusion, measure
from training.evaluation.models import Landmarker
from vitrine.vision.expression_classes import ExpressionClassifier

LANDMARKER = Landmarker(MeanFace(), 112)


class AlwaysHappy:
    """See happiness in every face."""

    def run(self, batch: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        scores = np.eye(8, dtype=np.float32)[1]
        return [np.tile(scores, (len(batch), 1))]


def face(
    number: int,
    votes: dict[int, int],
    split: str = "FER2013Valid",
) -> ExpressionFace:
    """Return a grey face with some votes by column."""
    counts = np.zeros(10, np.int64)
    for column, count in votes.items():
        counts[column] = count
    image = np.full((48, 48), 100, np.uint8)
    _, encoded = cv2.imencode(".png", image)
    return ExpressionFace(
        name=f"{split}/{number}.png",
        split=split,
        votes=counts,
        box=(0, 0, 48, 48),
        encoded=encoded.tobytes(),
    )


def figures_of(*faces: ExpressionFace) -> dict[str, Any]:
    return measure(faces, ExpressionClassifier(AlwaysHappy()), LANDMARKER)


def test_accuracy_is_the_share_of_majority_labels_that_are_met() -> None:
    figures = figures_of(
        face(1, {1: 10}),
        face(2, {1: 6, 0: 4}),
        face(3, {0: 10}),
        face(4, {3: 9, 1: 1}),
    )
    assert figures["n"] == 4
    assert figures["accuracy"] == 0.5
    # Of happiness all, of two other expressions none.
    assert figures["balanced_accuracy"] == pytest.approx(1 / 3)
    assert figures["confusion"][0][1] == 1


def test_faces_without_a_majority_or_unknown_are_left_out() -> None:
    figures = figures_of(
        face(1, {1: 10}),
        face(2, {1: 5, 0: 5}),
        face(3, {8: 10}),
    )
    assert figures["n"] == 1
    assert figures["left_out"] == 2


def test_splits_have_figures_of_their_own() -> None:
    figures = figures_of(
        face(1, {1: 10}),
        face(2, {0: 10}, split="FER2013Train"),
    )
    assert figures["sets"]["FER2013Valid"]["accuracy"] == 1
    assert figures["sets"]["FER2013Train"]["accuracy"] == 0


def test_people_sizes_and_skin_are_not_known() -> None:
    figures = figures_of(face(1, {1: 10}))
    assert "people" not in figures
    assert figures["subgroups"]["skin_tone"] is None
    assert figures["subgroups"]["face_size"] is None
    assert figures["subgroups"]["brightness"]["70–110"]["n"] == 1


def test_faces_without_any_majority_are_refused() -> None:
    with pytest.raises(DatasetError, match="has a majority label"):
        figures_of(face(1, {8: 10}))


def test_rare_expressions_count_as_much_as_common_ones() -> None:
    labels = np.array([0] * 9 + [1])
    answers = np.zeros(10, np.intp)
    assert balanced(confusion(labels, answers)) == 0.5
