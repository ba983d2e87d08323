"""A watched source written as a video."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import av
import numpy as np
import pytest
from click.testing import CliRunner
from rich.console import Console

from tests.videos import scenes, write_recording
from tests.view_builders import SYNTHETIC, make_analysis, make_camera
from vitrine.errors import ConfigurationError
from vitrine.lab.view.film import Film, length_s, write_film
from vitrine.lab.view.reading import Reading, camera_of
from vitrine.lab.view.view_command import view


def written(path: Path, stop: Event, seconds: float | None = None) -> tuple[int, str]:
    """Write a synthetic second; return its pictures and what was shown meanwhile."""
    camera = make_camera()
    screen = Console(record=True, width=100)
    number = write_film(
        path,
        make_analysis(),
        Reading(camera),
        camera,
        seconds,
        screen,
        stop,
    )
    return number, screen.export_text()


def times_of(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.time or 0) for frame in container.decode(video=0)]


def test_every_picture_is_in_the_film_at_its_own_time(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    number, shown = written(path, Event())
    assert number == 5
    assert "Writing" in shown
    np.testing.assert_allclose(times_of(path), [0, 0.2, 0.4, 0.6, 0.8], atol=0.002)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (960, 540)


def test_a_film_ends_after_the_seconds_asked_for(tmp_path: Path) -> None:
    assert written(tmp_path / "out.mp4", Event(), seconds=0.5)[0] == 3


def test_a_film_that_is_stopped_before_its_first_picture_leaves_nothing(
    tmp_path: Path,
) -> None:
    stop = Event()
    stop.set()
    path = tmp_path / "out.mp4"
    assert written(path, stop)[0] == 0
    assert not path.exists()


def test_pictures_of_another_shape_are_brought_to_that_of_the_first(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out.mp4"
    film = Film(path, 65, 49)
    film.add(np.zeros((49, 65, 3), np.uint8), 0)
    film.add(np.zeros((30, 20, 3), np.uint8), 500_000_000)
    film.close()
    assert times_of(path) == pytest.approx([0, 0.5])


def test_a_film_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be written"):
        Film(tmp_path / "no" / "such" / "folder.mp4", 64, 48)


def test_the_length_of_a_source_is_known_where_it_has_one(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.mp4", scenes(10), fps=10)
    assert length_s(camera_of(str(path), 10, 64)) == pytest.approx(1, abs=0.11)
    assert length_s(camera_of(SYNTHETIC, 10, 64)) == 1
    assert length_s(camera_of("0", 10, 64)) is None
    assert length_s(camera_of(str(tmp_path / "gone.mp4"), 10, 64)) is None


def test_an_earlier_film_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "out.mp4"
    path.write_text("an earlier one")
    done = CliRunner().invoke(view, [SYNTHETIC, "--save", str(path)])
    assert isinstance(done.exception, ConfigurationError)
    assert "--overwrite" in str(done.exception)
    assert path.read_text() == "an earlier one"


def test_the_source_is_never_replaced_by_its_film(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "a.mp4", scenes(3), fps=10)
    before = path.read_bytes()
    done = CliRunner().invoke(view, [str(path), "--save", str(path), "--overwrite"])
    assert isinstance(done.exception, ConfigurationError)
    assert "is the source" in str(done.exception)
    assert path.read_bytes() == before


def test_the_help_names_the_keys_and_the_sources() -> None:
    shown = CliRunner().invoke(view, ["--help"])
    assert shown.exit_code == 0
    for word in ("synthetic:", "rtsp", "the next detector", "quit", "--save"):
        assert word in shown.output
