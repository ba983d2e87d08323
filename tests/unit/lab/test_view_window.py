"""The keys of the window, without a display: the library's own dummy driver."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import cv2
import pytest

from tests.processes import wait_for
from tests.view_builders import make_seen
from vitrine.errors import ConfigurationError
from vitrine.lab.view.analysis import Seen
from vitrine.lab.view.latest import Latest

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
pygame = pytest.importorskip("pygame")

from vitrine.lab.view.window import Window  # noqa: E402 - after what it needs is known to be there


class FakeWatch:
    """Show one picture, and write down what it is asked for."""

    def __init__(self) -> None:
        self.newest: Latest[Seen] = Latest()
        self.newest.put(make_seen())
        self.paused = False
        self.ended = False
        self.wishes: list[str] = []

    def toggle_pause(self) -> None:
        self.paused = not self.paused

    def next_detector(self) -> None:
        self.wishes.append("detector")

    def next_net(self) -> None:
        self.wishes.append("net")


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    yield
    pygame.quit()


class Shown:
    """A window at work, in a thread beside the test."""

    def __init__(self, folder: Path) -> None:
        self.watch = FakeWatch()
        self.stop = Event()
        self.window = Window(self.watch, folder)  # type: ignore[arg-type]
        self._thread = Thread(target=self.window.run, args=(self.stop,))

    def __enter__(self) -> Shown:
        self._thread.start()
        wait_for(lambda: self.window._canvas is not None, "a picture in the window")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join()

    @property
    def is_open(self) -> bool:
        return self._thread.is_alive()


def press(character: str, key: int = 0) -> None:
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, unicode=character, key=key))


@pytest.mark.usefixtures("no_display")
def test_keys_pause_and_change_the_networks(tmp_path: Path) -> None:
    with Shown(tmp_path) as shown:
        press(" ")
        wait_for(lambda: shown.watch.paused, "a pause")
        press("d")
        press("n")
        wait_for(lambda: len(shown.watch.wishes) == 2, "two wishes")
        assert shown.watch.wishes == ["detector", "net"]
        press("x")
        assert shown.is_open


@pytest.mark.usefixtures("no_display")
def test_a_saved_picture_is_what_is_shown_and_replaces_none(tmp_path: Path) -> None:
    with Shown(tmp_path):
        press("s")
        press("s")
        wait_for((tmp_path / "view-2.png").is_file, "two pictures")
    picture = cv2.imread(str(tmp_path / "view.png"))
    assert picture is not None
    assert picture.shape == (540, 960, 3)


@pytest.mark.usefixtures("no_display")
def test_a_picture_that_cannot_be_saved_is_told_and_the_window_stays(
    tmp_path: Path,
) -> None:
    with Shown(tmp_path / "a file" / "below") as shown:
        (tmp_path / "a file").write_text("")
        press("s")
        wait_for(lambda: "cannot be written" in shown.window._note, "the reason")
        assert shown.is_open


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize(("character", "key"), [("q", 0), ("", pygame.K_ESCAPE)])
def test_q_and_escape_close_the_window(
    tmp_path: Path, character: str, key: int
) -> None:
    with Shown(tmp_path) as shown:
        press(character, key)
        wait_for(lambda: not shown.is_open, "the end")


@pytest.mark.usefixtures("no_display")
def test_help_comes_and_goes(tmp_path: Path) -> None:
    with Shown(tmp_path) as shown:
        plain: Any = shown.window._canvas
        press("?")
        wait_for(lambda: shown.window._canvas is not plain, "the help")
        assert shown.window._helped
        helped: Any = shown.window._canvas
        assert (helped[60:160, 20:160] != plain[60:160, 20:160]).any()
        press("?")
        wait_for(lambda: not shown.window._helped, "no help")


def test_a_machine_without_a_display_is_told_what_else_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    window = Window(FakeWatch(), tmp_path)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="--web or --save"):
        window.run(Event())
