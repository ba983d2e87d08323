"""`vitrine customers methods` on folders of pictures and videos."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from vitrine.customers.enrolment import View
from vitrine.customers.net import Course
from vitrine.errors import ConfigurationError, Invalid
from vitrine.services.customers import methods
from vitrine.services.customers.customers_command import customers
from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose

SHAPE = np.random.default_rng(0).normal(size=(68, 2))
SIDE = 32


class BrightnessReader:
    """Takes the brightness of a picture for the face in it; black ones have none."""

    def read(self, picture: Image) -> View:
        level = float(picture.mean())
        if level < 5:
            raise Invalid("no face in it")
        vector = np.array([np.cos(level / 40), np.sin(level / 40)], np.float32)
        return View(vector, 1.0, "unclear", "", HeadPose(0, 0, 0), 0.1, SHAPE)


def picture(level: int) -> Image:
    return np.full((SIDE, SIDE, 3), level, np.uint8)


def folder_of(folder: Path, people: dict[str, int]) -> Path:
    """Two pictures of everybody, of this brightness."""
    for person, level in people.items():
        (folder / person).mkdir()
        for number in range(2):
            path = folder / person / f"{number}.png"
            cv2.imwrite(str(path), picture(level + number))
    return folder


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(methods, "load_reader", lambda _: BrightnessReader())
    course = Course(hidden=16, epochs=2, views=20)
    monkeypatch.setattr("vitrine.customers.methods.COURSE", course)


@pytest.mark.usefixtures("reader")
def test_all_methods_are_told_and_no_name(tmp_path: Path) -> None:
    levels = {"Ada": 30, "Bob": 80, "Eve": 130, "Joe": 180, "Kim": 230}
    folder = folder_of(tmp_path, levels)
    result = CliRunner().invoke(customers, ["methods", "--source", str(folder)])
    assert result.exit_code == 0, result.output
    assert "10 faces of 5 people" in result.output
    assert result.output.count("sessions") >= 4
    assert "Ada" not in result.output
    assert "68 points tell how a head is turned" in result.output


@pytest.mark.usefixtures("reader")
def test_a_picture_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"Ada": 30, "Bob": 80, "Eve": 130})
    (folder / "Ada" / "2.jpg").write_bytes(b"no picture")
    result = CliRunner().invoke(customers, ["methods", "--source", str(folder)])
    assert result.exit_code == 0, result.output
    assert "a picture is left out: not a picture" in result.output
    assert "6 faces of 3 people" in result.output
    assert "Ada" not in result.output


@pytest.mark.usefixtures("reader")
def test_a_folder_of_too_few_people_is_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"Ada": 30})
    result = CliRunner().invoke(customers, ["methods", "--source", str(folder)])
    assert isinstance(result.exception, ConfigurationError)
    assert "expected three people" in str(result.exception)


@pytest.mark.parametrize("source", ["nowhere", "synthetic:?scene=nonsense"])
def test_a_source_that_is_not_there_is_refused(source: str) -> None:
    with pytest.raises(ConfigurationError, match=r"expected|scene"):
        list(methods.samples_of(source, BrightnessReader()))  # type: ignore[arg-type]


def test_pictures_without_a_face_are_left_out(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"Ada": 30})
    cv2.imwrite(str(folder / "Ada" / "dark.png"), picture(0))
    samples = list(methods.samples_of(str(folder), BrightnessReader()))  # type: ignore[arg-type]
    assert [sample.session for sample in samples] == ["0.png", "1.png"]


def test_a_video_is_one_session_of_several_frames(tmp_path: Path) -> None:
    path = tmp_path / "visit.avi"
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (SIDE, SIDE)
    )
    for _ in range(25):
        writer.write(picture(100))
    writer.release()
    frames = list(methods.frames_of(path))
    assert len(frames) == 3
    assert frames[0].shape == (SIDE, SIDE, 3)
