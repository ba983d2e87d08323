from collections.abc import Sequence

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
    """Sees happiness in every face."""

    def run(self, batch: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        return [np.tile(np.eye(8, dtype=np.float32)[1], (len(batch), 1))]


def face(
    number: int,
    votes: dict[int, int],
    split: str = "FER2013Valid",
) -> ExpressionFace:
    counts = np.zeros(10, np.int64)
    for place, count in votes.items():
        counts[place] = count
    encoded = cv2.imencode(".png", np.full((48, 48), 100, np.uint8))[1].tobytes()
    return ExpressionFace(
        f"{split}/{number}.png", split, counts, (0, 0, 48, 48), encoded
    )


def test_accuracy_is_the_share_of_majority_labels_that_are_met() -> None:
    faces = [
        face(1, {1: 10}),
        face(
            2,
            {
                1: 6,
                0: 4,
            },
        ),
        face(3, {0: 10}),
        face(
            4,
            {
                1: 5,
                0: 5,
            },
        ),  # no majority
        face(5, {8: 10}),  # unknown
        face(
            6,
            {
                3: 9,
                1: 1,
            },
            "FER2013Train",
        ),
    ]
    figures = measure(faces, ExpressionClassifier(AlwaysHappy()), LANDMARKER)
    assert (figures["n"], figures["left_out"], figures["accuracy"]) == (4, 2, 0.5)
    assert figures["balanced_accuracy"] == pytest.approx(1 / 3)
    assert figures["sets"]["FER2013Valid"]["accuracy"] == pytest.approx(2 / 3)
    assert figures["sets"]["FER2013Train"]["accuracy"] == 0
    assert figures["confusion"][0][1] == 1
    assert "people" not in figures
    assert figures["subgroups"]["skin_tone"] is None
    assert figures["subgroups"]["face_size"] is None
    assert figures["subgroups"]["brightness"]["70–110"]["n"] == 4


def test_faces_without_any_majority_are_refused() -> None:
    with pytest.raises(DatasetError, match="has a majority label"):
        measure([face(1, {8: 10})], ExpressionClassifier(AlwaysHappy()), LANDMARKER)


def test_rare_expressions_count_as_much_as_common_ones_in_the_balanced_accuracy() -> (
    None
):
    table = confusion(np.array([0] * 9 + [1]), np.array([0] * 9 + [0]))
    assert balanced(table) == 0.5
