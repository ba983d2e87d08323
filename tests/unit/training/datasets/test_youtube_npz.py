import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders import face_points
from tests.data_sets import STORED, Contents, folder
from training.datasets.faces import DatasetError
from training.datasets.youtube_npz import read_videos, read_youtube_npz
from training.datasets.youtube_table import COLUMNS

TABLE = "youtube_faces_with_keypoints_full.csv"
FRAMES = 3


def arrays(frames: int = FRAMES, seed: int = 1) -> dict[str, NDArray[Any]]:
    """Return one video; each frame's points are moved right by one pixel."""
    rng = np.random.default_rng(seed)
    corners = np.array([[20.0, 10.0], [120.0, 10.0], [120.0, 130.0], [20.0, 130.0]])
    points = []
    points_3d = []
    for frame in range(frames):
        moved = face_points() + np.array([frame, 0])
        depth = moved[:, 0] / 4
        points.append(moved)
        points_3d.append(np.column_stack([moved, depth]))
    return {
        "colorImages": rng.integers(0, 255, (30, 40, 3, frames), np.uint8),
        "boundingBox": np.stack([corners] * frames, axis=-1),
        "landmarks2D": np.stack(points, axis=-1),
        "landmarks3D": np.stack(points_3d, axis=-1),
    }


def npz(**changed: Any) -> bytes:
    target = io.BytesIO()
    np.savez_compressed(target, **(arrays() | changed))
    return target.getvalue()


def table(*rows: str) -> bytes:
    return "\n".join([",".join(COLUMNS), *rows]).encode()


ANN_0 = "Ann_Lee_0,Ann_Lee,30,40,3,101.5,2"
ANN_1 = "Ann_Lee_1,Ann_Lee,30,40,3,99.0,2"
VIDEOS = {
    "part1/Ann_Lee_0.npz": npz(),
    "part2/Ann_Lee_1.npz": npz(),
}


@pytest.mark.parametrize("stored", STORED)
def test_frames_are_read_with_their_points(
    stored: Callable[[Path, Contents], Path], tmp_path: Path
) -> None:
    faces = read_youtube_npz(stored(tmp_path, VIDEOS | {TABLE: table(ANN_0, ANN_1)}))
    assert [face.name for face in faces] == [
        "Ann_Lee_0/0",
        "Ann_Lee_0/1",
        "Ann_Lee_0/2",
        "Ann_Lee_1/0",
        "Ann_Lee_1/1",
        "Ann_Lee_1/2",
    ]
    second = faces[1]
    assert second.group == "Ann_Lee"
    assert second.split == "full"
    assert second.box == (20.0, 10.0, 100.0, 120.0)
    expected = arrays()
    points = expected["landmarks2D"][..., 1]
    image = expected["colorImages"][..., 1]
    np.testing.assert_allclose(second.points, points, rtol=1e-6)
    np.testing.assert_array_equal(second.image()[..., ::-1], image)


def test_videos_have_points_in_space(tmp_path: Path) -> None:
    video = next(read_videos(folder(tmp_path, VIDEOS | {TABLE: table(ANN_0, ANN_1)})))
    assert video.name == "Ann_Lee_0"
    assert video.person == "Ann_Lee"
    assert video.frames.shape == (FRAMES, 30, 40, 3)
    assert video.points_3d.shape == (FRAMES, 68, 3)
    assert video.boxes.shape == (FRAMES, 4, 2)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ("Ann_Lee_0,Ann_Lee,30,40,3,101.5",),
            f"{TABLE}, row 2: expected 7 fields, found 6",
        ),
        ((ANN_0, ANN_1.replace("99.0", "wide")), "row 3: a size or count is no number"),
        (
            (ANN_0.replace("101.5", "nan"), ANN_1),
            "row 2: a size or count is not positive",
        ),
        (
            (ANN_0.replace(",3,", ",0,"), ANN_1),
            "row 2: a size or count is not positive",
        ),
        ((ANN_0, ANN_0), "row 3: Ann_Lee_0 appears a second time"),
        ((ANN_0, ANN_1[:-1] + "3"), "row 3: another row counts 2 videos of Ann_Lee"),
        (
            (ANN_0[:-1] + "1", ANN_1[:-1] + "1"),
            "row 2: Ann_Lee has 2 rows, but 1 videos",
        ),
        (
            (ANN_0.replace(",Ann_Lee,", ",Bo_Ek,"), ANN_1),
            "row 2: the video Ann_Lee_0 is not named after Bo_Ek",
        ),
        (
            (ANN_0, ANN_1, "Bo_Ek_0,Bo_Ek,30,40,3,99.0,1"),
            r"row 4: no video Bo_Ek_0.npz",
        ),
        ((ANN_0,), "part2/Ann_Lee_1.npz: is not in the table of videos"),
        (
            (ANN_0.replace(",40,", ",41,"), ANN_1),
            r"row 2: part1/Ann_Lee_0.npz has 40×30×3 .* says 41×30×3",
        ),
    ],
)
def test_a_bad_row_is_named(
    rows: tuple[str, ...],
    message: str,
    tmp_path: Path,
) -> None:
    with pytest.raises(DatasetError, match=message):
        read_youtube_npz(folder(tmp_path, VIDEOS | {TABLE: table(*rows)}))


def test_other_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DatasetError, match=f"{TABLE}, row 1: expected the columns videoID,personName"
    ):
        read_youtube_npz(folder(tmp_path, {TABLE: b"video,person\n"}))
    with pytest.raises(DatasetError, match="no video in its"):
        read_youtube_npz(folder(tmp_path, {TABLE: table()}))


def not_finite(key: str, frame: int) -> NDArray[np.float64]:
    values = arrays()[key]
    values[..., frame] = np.nan
    return values


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (npz()[:-40], r"Ann_Lee_0.npz: cannot be read"),
        (b"text", r"cannot be read \(File is not a zip file"),
        (
            npz(landmarks2D=np.array([{}], dtype=object)),
            "cannot be read .*allow_pickle=False",
        ),
        (
            npz(landmarks2D=np.zeros((68, 3, FRAMES))),
            r"landmarks2D has the shape \(68, 3, 3\), expected \(68, 2",
        ),
        (
            npz(landmarks3D=np.zeros((68, 3, 2))),
            r"landmarks3D has the shape \(68, 3, 2\), expected \(68, 3, 3",
        ),
        (npz(boundingBox=np.zeros(8)), "boundingBox has the shape"),
        (
            npz(colorImages=np.zeros((30, 40, 3, FRAMES))),
            "colorImages is float64, expected uint8",
        ),
        (
            npz(colorImages=np.zeros((30, 40, 1, FRAMES), np.uint8)),
            "colorImages has the shape",
        ),
        (
            npz(**{key: values[..., :0] for key, values in arrays().items()}),
            r"colorImages has the shape \(30, 40, 3, 0\)",
        ),
        (
            npz(landmarks2D=not_finite("landmarks2D", 2)),
            "landmarks2D of frame 2 is not finite",
        ),
        (
            npz(landmarks3D=not_finite("landmarks3D", 0)),
            "landmarks3D of frame 0 is not finite",
        ),
        (
            npz(boundingBox=np.zeros((4, 2, FRAMES))),
            "boundingBox of frame 0 lies on one line",
        ),
        (
            npz(landmarks2D=np.full((68, 2, FRAMES), "left")),
            "landmarks2D is <U4, expected numbers",
        ),
    ],
)
def test_a_bad_video_is_named(
    content: bytes,
    message: str,
    tmp_path: Path,
) -> None:
    files = {
        "Ann_Lee_0.npz": content,
        TABLE: table(ANN_0),
    }
    with pytest.raises(DatasetError, match=message):
        read_youtube_npz(folder(tmp_path, files))


def test_an_array_that_is_missing_is_named(tmp_path: Path) -> None:
    target = io.BytesIO()
    np.savez(target, colorImages=arrays()["colorImages"])
    files = {
        "Ann_Lee_0.npz": target.getvalue(),
        TABLE: table(ANN_0),
    }
    with pytest.raises(
        DatasetError, match=r"Ann_Lee_0.npz: cannot be read \(.*boundingBox"
    ):
        read_youtube_npz(folder(tmp_path, files))


def test_two_files_of_one_video_are_refused(tmp_path: Path) -> None:
    files = VIDEOS | {
        "part2/Ann_Lee_0.npz": npz(),
        TABLE: table(ANN_0, ANN_1),
    }
    with pytest.raises(
        DatasetError, match=r"part2/Ann_Lee_0.npz: a second video of this name"
    ):
        read_youtube_npz(folder(tmp_path, files))
