from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.builders import face_points
from tests.data_sets import STORED, Contents, folder, picture, pts
from training.datasets.faces import DatasetError
from training.datasets.pts import photo_of, read_pts


@pytest.mark.parametrize("stored", STORED)
def test_files_are_read_with_their_pictures(
    stored: Callable[[Path, Contents], Path], tmp_path: Path
) -> None:
    faces = {
        "helen/12_1.pts": pts(),
        "helen/12_2.pts": pts(),
    }
    first, second = read_pts(
        stored(
            tmp_path,
            faces
            | {
                "helen/12_1.jpg": picture(),
                "helen/12_2.png": picture(),
            },
        )
    )
    assert (first.name, first.split, first.group) == (
        "helen/12_1.jpg",
        "helen",
        "helen/12",
    )
    assert second.group == first.group
    np.testing.assert_allclose(first.points, face_points(), atol=1e-3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version: 1\nn_points: 68\n", r"helen/1_1.pts: has no \{ … \} block"),
        (pts(head="version: 1\nn_points: 29\n"), "n_points is 29, expected 68"),
        (pts(head="version: 1\n"), "n_points is missing"),
        (pts(face_points()[:-1]), "expected 136 coordinates, found 134"),
        (b"\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_a_bad_file_is_named(
    content: bytes,
    message: str,
    tmp_path: Path,
) -> None:
    with pytest.raises(DatasetError, match=message):
        read_pts(
            folder(
                tmp_path,
                {
                    "helen/1_1.pts": content,
                    "helen/1_1.jpg": picture(),
                },
            )
        )


def test_a_file_without_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"helen/1_1.pts: no picture helen/1_1"):
        read_pts(folder(tmp_path, {"helen/1_1.pts": pts()}))


@pytest.mark.parametrize(
    ("stem", "photo"),
    [
        ("helen/100040721_2", "helen/100040721"),
        ("helen/100040721_2_mirror", "helen/100040721"),
        ("afw/18489332_11", "afw/18489332"),
        ("lfpw/image_0001", "lfpw/image_0001"),
        ("ibug/image_003_1", "ibug/image_003"),
        ("portrait", "portrait"),
    ],
)
def test_faces_of_a_photo_stay_together(stem: str, photo: str) -> None:
    assert photo_of(stem) == photo
