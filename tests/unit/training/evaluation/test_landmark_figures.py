import numpy as np
import pytest

from tests.builders import face_points
from tests.unit.training.evaluation.builders import (
    HELD_OUT,
    TRAINED,
    Finding,
    MeanFace,
    detections,
    face,
)
from training.evaluation.landmarks import errors_of, measure
from training.evaluation.models import Landmarker

FRONTAL = face_points()


def landmarker(side: int = 112) -> Landmarker:
    return Landmarker(MeanFace(side), side)


@pytest.mark.parametrize("side", [112, 128])
def test_errors_are_relative_to_the_eye_corners_and_to_the_picture(side: int) -> None:
    points = FRONTAL.copy()
    points[28] += (5, 0)  # the label of one point, 5 px off at 50 px between the eyes
    figures = measure([face(TRAINED, points)], landmarker(side), None)
    assert figures["nme"] == pytest.approx(0.1 / 68, rel=1e-2)
    assert figures["mse"] == pytest.approx((5 / 640) ** 2 / 136, rel=1e-2)
    assert (figures["n"], figures["detected"], figures["failures"]) == (1, 1, 0)


def test_splits_and_the_held_out_people_have_figures_of_their_own() -> None:
    wrong = face_points(yaw=40)
    faces = [
        face(TRAINED, FRONTAL),
        face(TRAINED, wrong, "test"),
        face(HELD_OUT, wrong, "test"),
    ]
    figures = measure(faces, landmarker(), None)
    assert {name: f["n"] for name, f in figures["sets"].items()} == {
        "training": 1,
        "test": 2,
        "held-out": 1,
    }
    assert figures["sets"]["training"]["nme"] == pytest.approx(0, abs=1e-4)
    assert figures["sets"]["held-out"]["nme"] > 0.1
    assert figures["sets"]["test"]["failures"] == 1
    assert (figures["n"], figures["people"]) == (3, 2)
    yaw = figures["subgroups"]["yaw"]
    assert {label: group["n"] for label, group in yaw.items()} == {
        "< 15°": 1,
        "30–45°": 2,
    }
    assert yaw["30–45°"]["rest"]["failures"] == 0
    assert figures["subgroups"]["skin_tone"] is None


def test_a_crop_around_a_detection_gives_nearly_the_same() -> None:
    figures = measure(
        [face(TRAINED, FRONTAL)], landmarker(), Finding(detections((FRONTAL, 0.9)))
    )
    assert figures["detected"] == 1
    assert figures["nme"] < 0.08


@pytest.mark.parametrize(
    "found",
    [
        detections(),
        detections((face_points(x=100), 0.9)),  # somewhere else
        detections((face_points(eyes=150), 0.9)),  # around it, but three times as large
        detections((FRONTAL, 0.4)),  # below the operating threshold
    ],
)
def test_a_missed_face_scores_as_the_mean_shape_over_the_whole_picture(
    found: object,
) -> None:
    shape = FRONTAL - FRONTAL.min(axis=0)
    over = shape / shape.max(axis=0) * (640, 360)
    (errors,) = errors_of([face(TRAINED, FRONTAL)], landmarker(), Finding(found))  # type: ignore[arg-type]
    assert not errors.found
    assert errors.nme == pytest.approx(
        np.linalg.norm(over - FRONTAL, axis=1).mean() / 50, rel=1e-4
    )
    assert errors.mse == pytest.approx(
        (((over - FRONTAL) / (640, 360)) ** 2).mean(), rel=1e-4
    )


def test_of_several_detections_the_best_that_matches_counts() -> None:
    found = detections((face_points(x=100), 0.99), (FRONTAL, 0.8))
    assert (
        measure([face(TRAINED, FRONTAL)], landmarker(), Finding(found))["detected"] == 1
    )
