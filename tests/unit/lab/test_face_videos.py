"""Videos as YouTube Faces publishes them, and their table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.face_video_builders import make_face_video
from vitrine.errors import ConfigurationError
from vitrine.lab.faces.face_videos import (
    Refused,
    names_of,
    read_all,
    read_video,
    video_files,
    write_video,
)
from vitrine.lab.faces.table import row_of, to_csv, with_counts

FRAMES = 3


def arrays(**changed: Any) -> dict[str, Any]:
    """Return the arrays of a file of three frames; None takes one out."""
    whole = {
        "colorImages": np.zeros((20, 30, 3, FRAMES), np.uint8),
        "boundingBox": np.zeros((4, 2, FRAMES)),
        "landmarks2D": np.zeros((68, 2, FRAMES)),
        "landmarks3D": np.zeros((68, 3, FRAMES)),
        **changed,
    }
    return {name: array for name, array in whole.items() if array is not None}


def test_a_video_comes_back_as_it_was_written(tmp_path: Path) -> None:
    video = make_face_video(frames=4)
    path = write_video(tmp_path / "new", video)
    assert path.name == "Ann_Lee_0.npz"
    with np.load(path) as content:
        assert content["colorImages"].shape == (160, 160, 3, 4)
        assert content["landmarks3D"].shape == (68, 3, 4)
    again = read_video(path)
    assert (again.video, again.person, len(again)) == ("Ann_Lee_0", "Ann_Lee", 4)
    np.testing.assert_array_equal(again.points, video.points)
    np.testing.assert_array_equal(again.points_3d, video.points_3d)
    np.testing.assert_array_equal(again.boxes, video.boxes)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"landmarks3D": None}, "lacks the array landmarks3D"),
        (
            {"landmarks2D": np.zeros((5, 2, FRAMES))},
            "landmarks2D is 5 × 2 × 3, expected 68 × 2 × N",
        ),
        ({"boundingBox": np.zeros((4, 2))}, "boundingBox is 4 × 2, expected"),
        ({"boundingBox": np.zeros((4, 2, 2))}, r"\[2, 3\] frames"),
        ({"landmarks2D": np.full((68, 2, FRAMES), np.nan)}, "no numbers"),
    ],
)
def test_a_file_of_another_form_is_told_with_what_was_expected(
    tmp_path: Path, changed: dict[str, Any], words: str
) -> None:
    path = tmp_path / "Ann_Lee_0.npz"
    np.savez(path, **arrays(**changed))
    with pytest.raises(ConfigurationError, match=words):
        read_video(path)


def test_a_video_of_zero_frames_is_told(tmp_path: Path) -> None:
    path = tmp_path / "Ann_Lee_0.npz"
    np.savez(path, **{name: array[..., :0] for name, array in arrays().items()})
    with pytest.raises(ConfigurationError, match="has no frames"):
        read_video(path)


def test_objects_in_a_file_are_never_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "Ann_Lee_0.npz"
    np.savez(path, **arrays(landmarks2D=np.array([{"a": 1}], object)))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_video(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off"])
def test_a_damaged_file_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "Ann_Lee_0.npz"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"Ann_Lee_0.npz cannot be read"):
        read_video(path)


def test_a_name_tells_person_and_video() -> None:
    assert names_of(Path("Ann_Lee_12.npz")) == ("Ann_Lee_12", "Ann_Lee")
    with pytest.raises(ConfigurationError, match="expected a name like"):
        names_of(Path("film.npz"))


def test_what_cannot_be_read_is_left_out_and_the_rest_goes_on(tmp_path: Path) -> None:
    write_video(tmp_path, make_face_video())
    (tmp_path / "Bad_Guy_1.npz").write_bytes(b"")
    refused: list[Refused] = []
    videos = list(read_all(video_files(tmp_path), refused))
    assert [video.video for video in videos] == ["Ann_Lee_0"]
    assert [file.name for file in refused] == ["Bad_Guy_1.npz"]


def test_a_folder_without_a_good_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="vitrine lab generate"):
        video_files(tmp_path)
    (tmp_path / "Bad_Guy_1.npz").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="no file can be used"):
        list(read_all(video_files(tmp_path), []))


def test_the_table_has_the_columns_of_the_study() -> None:
    videos = [
        make_face_video("Ann_Lee", 0, frames=4, noise=0),
        make_face_video("Ann_Lee", 1, frames=5),
        make_face_video("Bo_Day", 0, frames=6),
    ]
    rows = with_counts(row_of(video) for video in videos)
    assert [row.numVideosForPerson for row in rows] == [2, 2, 1]
    assert [row.videoDuration for row in rows] == [4, 5, 6]
    width, height = np.ptp(videos[0].boxes[0], axis=0)
    assert rows[0].averageFaceSize == pytest.approx((width + height) / 2, abs=0.01)
    header, first, *_ = to_csv(rows).splitlines()
    assert header == (
        "videoID,personName,imageHeight,imageWidth,videoDuration,averageFaceSize,"
        "numVideosForPerson"
    )
    assert first.startswith("Ann_Lee_0,Ann_Lee,160,160,4,")
