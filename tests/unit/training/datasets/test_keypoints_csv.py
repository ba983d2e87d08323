from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.builders import face_points
from tests.data_sets import STORED, Contents, folder, keypoint_files, keypoints_row
from training.datasets.faces import DatasetError
from training.datasets.keypoints_csv import read_keypoints_csv

ANN = "Ann_Lee_00.jpg"
BO = "Bo_Ek_00.jpg"


@pytest.mark.parametrize("stored", STORED)
def test_all_splits_are_read(
    stored: Callable[[Path, Contents], Path], tmp_path: Path
) -> None:
    files = keypoint_files("training", keypoints_row(ANN)) | keypoint_files(
        "test", keypoints_row(ANN)
    )
    test, training = read_keypoints_csv(stored(tmp_path, files))
    assert (training.name, training.split) == ("training/Ann_Lee_00.jpg", "training")
    assert training.group == test.group == "Ann_Lee"
    assert (test.name, test.split) == ("test/Ann_Lee_00.jpg", "test")
    assert training.image().shape == (40, 60, 3)
    np.testing.assert_allclose(training.points, face_points(), rtol=1e-6)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            (keypoints_row(ANN) + ",7",),
            r"training_frames_keypoints.csv, row 2: expected 136 .* found 137",
        ),
        (
            (keypoints_row(ANN), keypoints_row(BO)),
            r"row 3: no picture training/Bo_Ek_00.jpg",
        ),
        (
            (keypoints_row(ANN), keypoints_row(ANN)),
            r"row 3: Ann_Lee_00.jpg appears a second time",
        ),
        (
            (keypoints_row(ANN).replace("345.0", "left"),),
            r"row 2: a coordinate is no number",
        ),
        (
            (keypoints_row(ANN).replace("345.0", "nan"),),
            r"row 2: a coordinate is not finite",
        ),
        (
            (keypoints_row(ANN, np.zeros((68, 2))),),
            r"row 2: all points lie on one line",
        ),
        ((), r"no face in its \*_frames_keypoints.csv"),
    ],
)
def test_a_bad_row_is_named(
    rows: tuple[str, ...],
    message: str,
    tmp_path: Path,
) -> None:
    with pytest.raises(DatasetError, match=message):
        read_keypoints_csv(folder(tmp_path, keypoint_files("training", *rows)))


def test_a_missing_header_loses_no_face_in_silence(tmp_path: Path) -> None:
    files = keypoint_files("training") | {
        "training_frames_keypoints.csv": keypoints_row(ANN).encode()
    }
    with pytest.raises(
        DatasetError, match="row 1: a picture where the header row should be"
    ):
        read_keypoints_csv(folder(tmp_path, files))
