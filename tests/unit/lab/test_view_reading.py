"""Sources are read at their own pace; what is wrong with one is told."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from tests.videos import scenes, write_recording
from tests.view_builders import make_camera
from vitrine.errors import ConfigurationError
from vitrine.lab.view.latest import Latest
from vitrine.lab.view.reading import Player, Reading, camera_of
from vitrine.services.ingest.shots import Picture as Decoded
from vitrine.services.ingest.shots import Shot, Shots, Source, Unreadable

SECOND_NS = 1_000_000_000


def black() -> Decoded:
    return np.zeros((36, 64, 3), np.uint8), None


def damaged() -> Decoded:
    raise Unreadable("a picture is damaged", "damaged")


def source(*shots: Shot, live: bool = False) -> Source:
    def opened() -> Shots:
        yield from shots

    return Source(opened, live=live)


def reading(*shots: Shot, live: bool = False) -> Reading:
    return Reading(make_camera(fps=100), source(*shots, live=live))


def test_only_the_newest_is_handed_on_and_only_once() -> None:
    latest: Latest[int] = Latest()
    latest.put(1)
    latest.put(2)
    assert latest.take() == 2
    assert latest.take() is None


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/no/such.mp4", "no such file"),
        ("foo:bar", "nothing reads foo:"),
        ("synthetic:?people=99", "people"),
    ],
)
def test_a_source_that_cannot_be_read_says_why(address: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        next(Reading(camera_of(address, 10, 640)).pictures())


def test_an_address_that_cannot_be_one_is_refused_at_once() -> None:
    with pytest.raises(ConfigurationError, match="the source lacks the two slashes"):
        camera_of("rtsp:10.0.0.5", 10, 640)


def test_a_video_of_zero_frames_is_told(tmp_path: Path) -> None:
    path = tmp_path / "empty.mp4"
    path.write_bytes(b"")
    with pytest.raises(ConfigurationError, match="empty"):
        next(Reading(camera_of(str(path), 10, 640)).pictures())


def test_a_source_without_any_picture_is_told() -> None:
    with pytest.raises(ConfigurationError, match="holds no picture"):
        list(reading().pictures())


def test_a_damaged_picture_costs_itself_only() -> None:
    shots = [Shot(0, black), Shot(SECOND_NS, damaged), Shot(2 * SECOND_NS, black)]
    assert [picture.at_ns for picture in reading(*shots).pictures()] == [
        0,
        2 * SECOND_NS,
    ]


def test_a_source_of_damaged_pictures_only_is_told() -> None:
    with pytest.raises(ConfigurationError, match="damaged"):
        list(reading(Shot(0, damaged)).pictures())


def test_a_video_is_read_whole_and_scaled_down(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.mp4", scenes(6, width=640, height=360), fps=10)
    pictures = list(Reading(camera_of(str(path), 100, 320)).pictures())
    assert len(pictures) == 6
    assert pictures[0].pixels.shape == (180, 320, 3)
    assert len(list(Reading(camera_of(str(path), 100, 320)).pictures(0.25))) == 3


def test_a_recording_is_played_in_its_own_time_and_pauses() -> None:
    shots = [Shot(number * SECOND_NS // 50, black) for number in range(5)]
    player = Player(reading(*shots))
    began = time.monotonic()
    player.run(Event())
    assert time.monotonic() - began >= 4 / 50
    assert player.ended.is_set()
    last = player.newest.take()
    assert last is not None
    assert last.at_ns == 4 * SECOND_NS // 50


def test_a_paused_camera_shows_nothing_new() -> None:
    player = Player(reading(Shot(0, black), Shot(1, black), live=True))
    player.paused.set()
    player.run(Event())
    assert player.newest.take() is None


def test_a_paused_recording_waits_until_the_end_of_the_watch() -> None:
    player = Player(reading(Shot(0, black), Shot(SECOND_NS, black)))
    player.paused.set()
    stop = Event()
    stop.set()
    player.run(stop)
    assert player.newest.take() is None
