import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders import face_points
from training.datasets.faces import LabelledFace
from training.datasets.splits import part_of
from training.evaluation import Figures, evaluate, show, write_json
from vitrine.vision.crop import crop_of_points, to_network
from vitrine.vision.detectors import Detections

Array = NDArray[np.float32]
HELD_OUT = next(f"Person_{i}" for i in range(100) if part_of(f"Person_{i}") == "held-out")
TRAINED = next(f"Person_{i}" for i in range(100) if part_of(f"Person_{i}") == "train")


class MeanFace:
    """Answers the frontal mean face, whatever it sees."""

    def run(self, batch: Array) -> Sequence[Array]:
        answer = to_network(face_points(), crop_of_points(face_points())).reshape(136).astype(np.float32)
        return [np.tile(answer, (len(batch), 1))]


def face(person: str, points: NDArray[np.float64], split: str = "training") -> LabelledFace:
    picture = cv2.imencode(".jpg", np.zeros((360, 640, 3), np.uint8))[1].tobytes()
    return LabelledFace(f"{split}/{person}_00.jpg", split, person, points.astype(np.float32), picture)


def test_errors_are_relative_to_the_eye_corners_and_to_the_picture() -> None:
    points = face_points()
    points[28] += (5, 0)  # the label of one point, 5 px off at 50 px between the eyes
    figures = evaluate([face(TRAINED, points)], MeanFace(), None)["all"]
    assert figures.nme == pytest.approx(0.1 / 68, rel=1e-3)
    assert figures.mse == pytest.approx((5 / 640) ** 2 / 136, rel=1e-3)
    assert figures.failures == 0


def test_each_split_and_the_held_out_people_have_figures_of_their_own() -> None:
    wrong = face_points(yaw=40)
    faces = [face(TRAINED, face_points()), face(TRAINED, wrong, "test"), face(HELD_OUT, wrong, "test")]
    results = evaluate(faces, MeanFace(), None)
    assert {name: f.faces for name, f in results.items()} == {
        "all": 3,
        "training": 1,
        "test": 2,
        "held-out": 1,
    }
    assert results["training"].nme == pytest.approx(0, abs=1e-5)
    assert results["held-out"].nme > 0.1
    assert results["test"].failures == 1
    assert results["all"].people == 2


@pytest.mark.parametrize(
    "found",
    [
        Detections.none(),
        Detections(
            np.array([[0, 0, 20, 20]], np.float32), np.ones(1, np.float32), np.full((1, 5, 2), 10, np.float32)
        ),
    ],
)
def test_a_face_the_detector_missed_is_counted_and_in_no_mean(found: Detections) -> None:
    results = evaluate([face(TRAINED, face_points())], MeanFace(), lambda _: found)
    assert results["all"].missed == 1
    assert np.isnan(results["all"].nme)


def test_figures_are_shown_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = {"test": Figures(2, 1, 0.0001, 0.03, 0.0, 0)}
    show(results)
    write_json(results, tmp_path / "figures.json")
    assert "test (leaking)" in capsys.readouterr().out
    assert json.loads((tmp_path / "figures.json").read_text())["test"]["nme"] == 0.03
