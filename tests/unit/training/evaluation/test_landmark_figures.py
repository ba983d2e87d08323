from typing import Any

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
from vitrine.vision.detectors import Detections

FRONTAL = face_points()


def landmarker(side: int = 112) -> Landmarker:
    return Landmarker(MeanFace(side), side)


@pytest.mark.parametrize("side", [112, 128])
def test_errors_are_relative_to_the_eye_corners_and_to_the_picture(side: int) -> None:
    points = FRONTAL.copy()
    # The label of one point is 5 px off, at 50 px between the eyes.
    points[28] += (5, 0)

    figures = measure([face(TRAINED, points)], landmarker(side), None)

    assert figures["nme"] == pytest.approx(0.1 / 68, rel=1e-2)
    assert figures["mse"] == pytest.approx((5 / 640) ** 2 / 136, rel=1e-2)
    assert figures["n"] == 1
    assert figures["detected"] == 1
    assert figures["failures"] == 0


def counts(groups: dict[str, Any]) -> dict[str, int]:
    return {label: figures["n"] for label, figures in groups.items()}


def test_splits_and_the_held_out_people_have_figures_of_their_own() -> None:
    turned = face_points(yaw=40)
    faces = [
        face(TRAINED, FRONTAL),
        face(TRAINED, turned, "test"),
        face(HELD_OUT, turned, "test"),
    ]

    figures = measure(faces, landmarker(), None)

    sets = figures["sets"]
    assert figures["n"] == 3
    assert figures["people"] == 2
    assert counts(sets) == {"training": 1, "test": 2, "held-out": 1}
    assert sets["training"]["nme"] == pytest.approx(0, abs=1e-4)
    assert sets["held-out"]["nme"] > 0.1
    assert sets["test"]["failures"] == 1


def test_subgroups_are_compared_with_all_other_faces() -> None:
    faces = [
        face(TRAINED, FRONTAL),
        face(HELD_OUT, face_points(yaw=40)),
    ]

    groups = measure(faces, landmarker(), None)["subgroups"]

    assert counts(groups["yaw"]) == {"< 15°": 1, "30–45°": 1}
    turned = groups["yaw"]["30–45°"]
    assert turned["failures"] == 1
    assert turned["rest"]["failures"] == 0
    assert groups["skin_tone"] is None


def test_a_crop_around_a_detection_gives_nearly_the_same() -> None:
    detector = Finding(detections((FRONTAL, 0.9)))
    figures = measure([face(TRAINED, FRONTAL)], landmarker(), detector)
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
    found: Detections,
) -> None:
    picture = (640, 360)
    shape = FRONTAL - FRONTAL.min(axis=0)
    over = shape / shape.max(axis=0) * picture
    offsets = over - FRONTAL
    mean_distance = np.linalg.norm(offsets, axis=1).mean()

    (errors,) = errors_of([face(TRAINED, FRONTAL)], landmarker(), Finding(found))

    assert not errors.found
    # 50 pixels are between the outer eye corners.
    assert errors.nme == pytest.approx(mean_distance / 50, rel=1e-4)
    assert errors.mse == pytest.approx(((offsets / picture) ** 2).mean(), rel=1e-4)


def test_of_several_detections_the_best_that_matches_counts() -> None:
    elsewhere = (face_points(x=100), 0.99)
    detector = Finding(detections(elsewhere, (FRONTAL, 0.8)))
    figures = measure([face(TRAINED, FRONTAL)], landmarker(), detector)
    assert figures["detected"] == 1
