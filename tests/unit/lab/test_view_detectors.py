"""Detectors by name, and OpenCV's two that the product has not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.lab.view.detectors import (
    HAAR_FILE,
    LOADERS,
    HaarFaces,
    OpenCvSsd,
    faces_of_ssd,
)
from vitrine.lab.view.haar import Cascade
from vitrine.lab.view.kit import Kit

# A cascade of one stage: the left half of a window of 8 pixels has to be darker than the right.
CASCADE = """<?xml version="1.0"?>
<opencv_storage><cascade type_id="opencv-cascade-classifier">
<stageType>BOOST</stageType><featureType>HAAR</featureType>
<height>8</height><width>8</width><stageNum>1</stageNum>
<stages><_><maxWeakCount>1</maxWeakCount><stageThreshold>0.5</stageThreshold>
<weakClassifiers><_><internalNodes>0 -1 0 0.9</internalNodes>
<leafValues>0. 1.</leafValues></_></weakClassifiers></_></stages>
<features><_><rects><_>1 1 3 6 -1.</_><_>4 1 3 6 1.</_></rects>TILTED</_></features>
</cascade></opencv_storage>
"""


def write_cascade(folder: Path, tilted: str = "") -> Path:
    path = folder / HAAR_FILE
    path.write_text(CASCADE.replace("TILTED", tilted))
    return path


def edge(column: int) -> NDArray[np.uint8]:
    """A picture of 40 pixels, dark to the left of a column and bright from there on."""
    picture = np.zeros((40, 40), np.uint8)
    picture[:, column:] = 200
    return picture


def test_what_has_no_weights_is_not_offered() -> None:
    assert Kit(None).detectors == ["own", "mtcnn"]


@pytest.mark.parametrize("name", ["yunet", "ssd", "haar"])
def test_a_detector_without_its_files_says_which_it_needs(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(
        ConfigurationError, match=f"the detector {name} needs .*VITRINE"
    ):
        LOADERS[name](tmp_path)


def test_faces_of_the_single_shot_detector_come_best_first_in_pixels() -> None:
    output = np.zeros((1, 1, 4, 7), np.float32)
    output[0, 0, 0] = [0, 1, 0.4, 0.5, 0.5, 0.75, 1.0]
    output[0, 0, 1] = [0, 1, 0.9, 0.25, 0.5, 0.5, 1.0]
    output[0, 0, 2] = [0, 1, 0.8, 0.5, 0.5, 0.5, 1.0]
    found = faces_of_ssd(output, 640, 360)
    np.testing.assert_allclose(
        found.boxes, [[160, 180, 160, 180], [320, 180, 160, 180]]
    )
    np.testing.assert_allclose(found.scores, [0.9, 0.4])
    left_eye, right_eye, nose, *mouth = found.five[0]
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_eye[1] < nose[1] < mouth[0][1] < 360


def test_files_that_are_no_network_are_refused(tmp_path: Path) -> None:
    for name in ("opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt"):
        (tmp_path / name).write_text("nothing")
    with pytest.raises(ConfigurationError, match=r"cannot be read.*fetch it again"):
        OpenCvSsd.load(tmp_path)


def test_a_caffe_model_is_refused_where_opencv_has_no_reader(tmp_path: Path) -> None:
    for name in ("res10_300x300_ssd_iter_140000.caffemodel", "deploy.prototxt"):
        (tmp_path / name).write_text("nothing")
    with pytest.raises(ConfigurationError, match="cannot"):
        OpenCvSsd.load(tmp_path)


def test_a_cascade_finds_what_its_feature_asks_for(tmp_path: Path) -> None:
    cascade = Cascade.load(write_cascade(tmp_path))
    boxes, neighbours = cascade.find(edge(20))
    assert neighbours.sum() > 10
    # Every window that is found has the edge in it.
    assert (boxes[:, 0] < 20).all()
    assert (boxes[:, 0] + boxes[:, 2] > 20).all()
    flat = np.full((40, 40), 90, np.uint8)
    assert len(cascade.find(flat)[0]) == 0
    mirrored = np.ascontiguousarray(edge(20)[:, ::-1])
    assert len(cascade.find(mirrored)[0]) == 0


def test_a_picture_smaller_than_the_window_has_no_face(tmp_path: Path) -> None:
    boxes, neighbours = Cascade.load(write_cascade(tmp_path)).find(edge(3)[:6, :6])
    assert boxes.shape == (0, 4)
    assert neighbours.shape == (0,)


def test_many_windows_on_a_face_make_a_high_score(tmp_path: Path) -> None:
    detector = HaarFaces(Cascade.load(write_cascade(tmp_path)))
    found = detector.detect(cv2.cvtColor(edge(20), cv2.COLOR_GRAY2BGR))  # type: ignore[arg-type]
    assert len(found)
    assert (np.diff(found.scores) <= 0).all()
    assert found.scores[0] > 0.5


@pytest.mark.parametrize("text", ["<html></html>", ""])
def test_a_file_that_is_no_cascade_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / HAAR_FILE
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="fetch haarcascade"):
        Cascade.load(path)


def test_tilted_features_are_refused(tmp_path: Path) -> None:
    path = write_cascade(tmp_path, "<tilted>1</tilted>")
    with pytest.raises(ConfigurationError, match="tilted"):
        Cascade.load(path)
