"""The files that the tracker is compared by with others."""

import numpy as np

from benchmarks.tracking import cameras_of, found_lines, mot_lines
from vitrine.vision.detectors import Detections


def test_a_face_is_a_line_with_the_number_of_its_track() -> None:
    box = (1.0, 2.0, 30.0, 40.0)
    lines = mot_lines([{"a": box}, {}, {"b": box, "a": box}])
    assert lines == [
        "1,1,1.00,2.00,30.00,40.00,1,1,1,1",
        "3,2,1.00,2.00,30.00,40.00,1,1,1,1",
        "3,1,1.00,2.00,30.00,40.00,1,1,1,1",
    ]


def test_detections_have_a_score_and_no_number() -> None:
    found = Detections(
        np.array([[1, 2, 30, 40]], np.float32),
        np.array([0.75], np.float32),
        np.zeros((1, 5, 2), np.float32),
    )
    lines = found_lines([Detections.none(), found])
    assert lines == ["2,-1,1.00,2.00,30.00,40.00,0.7500,-1,-1,-1"]


def test_a_seed_replaces_the_shipped_one_at_every_stand() -> None:
    cameras = cameras_of("rush", seed=5, seconds=3)
    assert cameras == {
        "rush-1": "synthetic:?scene=rush&seed=5&stand=1&seconds=3",
        "rush-2": "synthetic:?scene=rush&seed=5&stand=2&seconds=3",
    }


def test_without_a_seed_the_scenario_is_the_shipped_one() -> None:
    assert cameras_of("quiet", None, None)["quiet-1"].endswith(
        "seed=11&stand=1&seconds=240"
    )
