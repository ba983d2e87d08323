"""The commands of `vitrine lab`, from drawn videos to pages."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tests.videos import write_recording
from vitrine.errors import ConfigurationError
from vitrine.lab.faces.face_videos import read_video, video_files
from vitrine.lab.faces.generate import Studio
from vitrine.lab.faces.tracks import lifted, videos_of
from vitrine.lab.lab_command import lab
from vitrine.vision.pose import mean_shape


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(lab, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people with two short videos each."""
    folder = tmp_path_factory.mktemp("faces") / "drawn"
    done = run("generate", folder, "--people", "3", "--videos", "2", "--frames", "3")
    assert done.exit_code == 0, done.output
    return folder


def test_drawn_points_lie_in_their_boxes_and_have_their_depth(folder: Path) -> None:
    video = read_video(video_files(folder)[0])
    low = video.boxes.min(axis=1)[:, None]
    high = video.boxes.max(axis=1)[:, None]
    assert ((video.points >= low - 1e-3) & (video.points <= high + 1e-3)).all()
    # Perspective moves points little; the nose is nearer than the ears.
    apart = np.abs(video.points - video.points_3d[..., :2]).max()
    assert apart < 12
    depth = video.points_3d[..., 2].mean(axis=0)
    assert depth[30] < min(depth[0], depth[16])


def test_the_same_seed_draws_the_same_video_and_another_number_another() -> None:
    one = Studio(3).video(0, 0, 2)
    np.testing.assert_array_equal(one.images, Studio(3).video(0, 0, 2).images)
    assert np.abs(one.points - Studio(3).video(0, 1, 2).points).max() > 1


def test_videos_of_before_are_not_mixed_with_new_ones(folder: Path) -> None:
    done = run("generate", folder, "--people", "1")
    assert isinstance(done.exception, ConfigurationError)
    assert "holds videos already" in str(done.exception)


def test_the_table_is_written_and_not_replaced(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "videos.csv"
    assert run("table", folder, "--to", path).exit_code == 0
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert rows[0]["videoID"] == "Synthetic_001_0"
    assert rows[0]["numVideosForPerson"] == "2"
    assert isinstance(run("table", folder, "--to", path).exception, ConfigurationError)
    assert run("table", folder, "--to", path, "--overwrite").exit_code == 0


def test_the_page_shows_what_is_in_a_folder(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "explore.html"
    done = run("explore", folder, "--html", path)
    assert done.exit_code == 0, done.output
    page = path.read_text()
    assert page.count("data:image/jpeg;base64,") == 3
    for words in ("6 videos of 3 people", "videos of one person", "Groups of shapes"):
        assert words in page


def test_the_page_of_identity_has_both_splits_beside_the_study(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "identity.html"
    done = run("identity", folder, "--html", path)
    assert done.exit_code == 0, done.output
    page = path.read_text()
    for words in ("0.120", "0.928", "videos left out", "Most confused", "Synthetic_00"):
        assert words in page
    # It has shapes of people, and no picture of them.
    assert "data:image/jpeg" not in page


def test_a_recording_becomes_videos_of_its_tracks(tmp_path: Path) -> None:
    drawn = Studio(0).video(0, 0, 60)
    pictures = [np.ascontiguousarray(image[..., ::-1]) for image in drawn.images]
    path = write_recording(tmp_path / "shop 1.mp4", pictures, fps=10)
    videos = list(videos_of(path, part_s=1.5))
    assert [video.video for video in videos][:2] == ["shop-1-001_0", "shop-1-001_1"]
    first = videos[0]
    assert 10 <= len(first) <= 15
    assert first.images.shape[1:] == (160, 160, 3)
    middle = first.points.mean(axis=(0, 1))
    np.testing.assert_allclose(middle, [80, 85], atol=15)
    # What is drawn in its own size is cut out at one size.
    assert drawn.images.shape[1] in (120, 160, 200)


def test_the_depth_of_a_followed_face_is_that_of_the_mean_shape() -> None:
    face = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0}
    shape = lifted(50 * mean_shape()[:, :2] + 80, face)
    np.testing.assert_allclose(shape[:, 2], 50 * mean_shape()[:, 2], atol=1e-6)


def test_a_recording_without_faces_is_told(tmp_path: Path) -> None:
    grey = [np.full((90, 160, 3), 90, np.uint8)] * 3
    path = write_recording(tmp_path / "wall.mp4", grey, fps=10)
    done = run("tracks", path, "--to", tmp_path / "out")
    assert isinstance(done.exception, ConfigurationError)
    assert "no face was followed" in str(done.exception)
