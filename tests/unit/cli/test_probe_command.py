"""`vitrine probe`: pictures of a screen, and the plays that they show."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from tests.campaign_scenario import make_play
from vitrine.cli.probe_command import probe
from vitrine.errors import ConfigurationError
from vitrine.programme.display_probe import CODE_BITS, probe_code
from vitrine.vision.display_probe import ProbeReader, code_cells

CODES = [number * 0x9E3779B97 % 2**CODE_BITS for number in range(1, 400)]
CODE = CODES[77]


def screen_with(code: int | None) -> NDArray[np.uint8]:
    """A full HD picture of shapes, with a code of 12 % of its height as the page draws it."""
    draw = np.random.default_rng(7)
    picture = np.full((1080, 1920, 3), 90, np.uint8)
    for _ in range(60):
        left, top, width, height = draw.integers(20, 900, 4).tolist()
        colour = draw.integers(0, 255, 3).tolist()
        cv2.rectangle(picture, (left, top), (left + width, top + height), colour, -1)
    if code is not None:
        marker = np.full((10, 10), 255, np.uint8)
        marker[1:9, 1:9] = 0
        marker[2:8, 2:8] = code_cells(code) * 255
        large = cv2.resize(marker, (130, 130), interpolation=cv2.INTER_NEAREST)
        picture[16:146, 16:146] = large[:, :, np.newaxis]
    return picture


def photographed(
    screen: NDArray[np.uint8],
    corners: list[list[float]],
    blur: float = 1.0,
    quality: int = 60,
    glare: float = 0.0,
) -> NDArray[np.uint8]:
    """The screen as a camera of 1280×720 sees it: its corners from the top left, clockwise."""
    height, width = screen.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    warp = cv2.getPerspectiveTransform(source, np.array(corners, np.float32))
    seen = cv2.warpPerspective(screen, warp, (1280, 720), flags=cv2.INTER_AREA)
    seen = cv2.GaussianBlur(seen, (0, 0), blur)
    disc = np.zeros((720, 1280), np.float32)
    cv2.circle(disc, (160, 90), 200, glare, -1)
    lamp = cv2.GaussianBlur(disc, (0, 0), 60)[:, :, np.newaxis]
    seen = (seen + (255 - seen) * lamp).astype(np.uint8)
    _, jpeg = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, quality])
    picture = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.astype(np.uint8)


FRONT = [[100.0, 60.0], [1180.0, 60.0], [1180.0, 670.0], [100.0, 670.0]]
ASIDE = [[150.0, 40.0], [1100.0, 150.0], [1080.0, 560.0], [170.0, 690.0]]
TURNED = [[1180.0, 670.0], [100.0, 670.0], [100.0, 60.0], [1180.0, 60.0]]


@pytest.mark.parametrize(
    ("corners", "faults"),
    [
        (FRONT, {}),
        (ASIDE, {}),
        (TURNED, {}),
        (FRONT, {"blur": 2.0}),
        (ASIDE, {"quality": 25}),
        (FRONT, {"glare": 0.6}),
    ],
    ids=["front", "aside", "upside down", "blurred", "JPEG 25", "glare"],
)
def test_a_code_is_read_from_a_photograph_of_the_screen(
    corners: list[list[float]], faults: dict[str, float]
) -> None:
    picture = photographed(screen_with(CODE), corners, **faults)  # type: ignore[arg-type]
    assert ProbeReader(CODES).find(picture) == {CODE}


@pytest.mark.parametrize("corners", [FRONT, ASIDE])
def test_a_picture_without_a_code_shows_none(corners: list[list[float]]) -> None:
    picture = photographed(screen_with(None), corners)
    assert ProbeReader(CODES).find(picture) == set()


def test_a_code_is_read_on_a_dark_picture() -> None:
    """Its white margin looks like a square, too."""
    dark = np.full((720, 1280, 3), 20, np.uint8)
    small = cv2.resize(screen_with(CODE)[16:146, 16:146], (86, 86))
    dark[11:97, 11:97] = small
    assert ProbeReader(CODES).find(dark) == {CODE}


def test_the_code_of_another_play_proves_nothing() -> None:
    picture = photographed(screen_with(CODE), FRONT)
    others = [code for code in CODES if code != CODE]
    assert ProbeReader(others).find(picture) == set()
    assert ProbeReader([]).find(picture) == set()


def test_one_play_in_eight_shows_a_code_of_its_own() -> None:
    codes = [probe_code(f"page-1.{number}") for number in range(8000)]
    shown = [code for code in codes if code is not None]
    assert 900 < len(shown) < 1100
    assert len(set(shown)) == len(shown)
    assert max(shown) < 2**CODE_BITS
    # The low bits chose the play; those of the code are even.
    assert 0.4 < sum(code & 1 for code in shown) / len(shown) < 0.6


PLAYS = [make_play(player="page", play_id=f"page-1.{number}") for number in range(40)]
SHOWN = [play for play in PLAYS if probe_code(play.play_id) is not None]


def write_plays(folder: Path) -> Path:
    path = folder / "plays.jsonl"
    path.write_text("".join(f"{play.model_dump_json()}\n" for play in PLAYS))
    return path


def test_the_command_says_which_plays_were_seen(tmp_path: Path) -> None:
    first, second, *_ = SHOWN
    photograph = tmp_path / "photograph.jpg"
    cv2.imwrite(
        str(photograph), photographed(screen_with(probe_code(first.play_id)), ASIDE)
    )
    video = tmp_path / "phone.avi"
    writer = cv2.VideoWriter(
        str(video), cv2.VideoWriter.fourcc(*"MJPG"), 5, (1280, 720)
    )
    writer.write(photographed(screen_with(None), FRONT))
    writer.write(photographed(screen_with(probe_code(second.play_id)), FRONT))
    writer.release()
    arguments = [str(write_plays(tmp_path)), str(photograph), str(video)]
    result = CliRunner().invoke(probe, arguments)
    assert result.exit_code == 0
    lines = result.output.splitlines()
    seen = [line.split()[-1] for line in lines if line.startswith("seen")]
    assert seen == [first.play_id, second.play_id]
    assert lines[-1] == f"2 of {len(SHOWN)} plays with a code were seen"


def test_the_command_fails_where_nothing_was_seen(tmp_path: Path) -> None:
    dark = tmp_path / "dark.png"
    cv2.imwrite(str(dark), np.zeros((72, 128, 3), np.uint8))
    result = CliRunner().invoke(probe, [str(write_plays(tmp_path)), str(dark)])
    assert result.exit_code == 1
    assert result.output.endswith(f"0 of {len(SHOWN)} plays with a code were seen\n")


def test_a_file_that_is_none_of_both_is_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    plays = write_plays(tmp_path)
    result = CliRunner().invoke(probe, [str(plays), str(text)])
    assert isinstance(result.exception, ConfigurationError)
    assert "notes.txt is neither a picture nor a video" in str(result.exception)
    result = CliRunner().invoke(probe, [str(text), str(text)])
    assert isinstance(result.exception, ConfigurationError)
    assert "notes.txt, line 1: no record of a play" in str(result.exception)
