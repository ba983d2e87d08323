"""`vitrine view` as people use it: a window with real keys, and a page in a real browser."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, ViewportSize, expect

from tests.builders import make_face
from tests.processes import wait_for
from tests.videos import scenes, write_recording
from tests.view_builders import make_analysis, make_camera, make_view
from vitrine.lab.view.drawing import draw_marks, label_of, name_of
from vitrine.lab.view.kit import Kit
from vitrine.lab.view.reading import Player, Reading
from vitrine.lab.view.watching import Watch
from vitrine.lab.view.web import serve

pytestmark = pytest.mark.browser

SOURCE: Final = "synthetic:?scene=rush&people=3&seed=4"
LIMIT_MS: Final = 60_000
# A new process loads libraries and networks; the machine may be busy.
STARTS_S: Final = 100
TOKEN: Final = "a-token-of-the-test"  # noqa: S105 - of a page that only the test sees
RUN: Final = "from vitrine.lab.view.view_command import view; view()"


@pytest.fixture
def viewport() -> ViewportSize:
    return {"width": 1280, "height": 900}


class KeyBoard:
    """Press keys of a display, as a person does."""

    def __init__(self, display: str) -> None:
        self._environment = {**os.environ, "DISPLAY": display}

    def press(self, key: str) -> None:
        subprocess.run(["xdotool", "key", key], env=self._environment, check=True)


def saved(folder: Path, name: str) -> NDArray[np.uint8]:
    """Return a saved picture, once it is whole."""
    found: list[NDArray[np.uint8]] = []

    def is_whole() -> bool:
        path = folder / name
        data = path.read_bytes() if path.is_file() else b""
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), 1) if data else None
        if picture is not None:
            found.append(np.asarray(picture, np.uint8))
        return bool(found)

    wait_for(is_whole, f"{name} is saved")
    return found[0]


@contextmanager
def window(display: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run the command with a window on the display; pictures are saved in `folder`.

    The source is a short recording: its last picture stays until somebody quits.
    """
    pictures = scenes(5, width=320, height=180)
    source = write_recording(folder / "a.mp4", pictures, fps=5)
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "DISPLAY": display,
        "PYTHONPATH": str(root),
        "SDL_VIDEODRIVER": "x11",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(source)],
        cwd=folder,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def first_picture(keys: KeyBoard, folder: Path) -> None:
    """Press `s` until the window is there and saves what it shows."""

    def is_saved() -> bool:
        keys.press("s")
        return bool(list(folder.glob("view*.png")))

    wait_for(is_saved, "the window saves a picture", seconds=STARTS_S)


def test_the_window_answers_to_real_keys(display: str, tmp_path: Path) -> None:
    keys = KeyBoard(display)
    with window(display, tmp_path) as process:
        first_picture(keys, tmp_path)
        picture = saved(tmp_path, "view.png")
        assert picture.shape == (540, 960, 3)
        keys.press("question")
        keys.press("space")
        keys.press("d")
        keys.press("n")
        keys.press("q")
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_ctrl_c_closes_the_window(display: str, tmp_path: Path) -> None:
    keys = KeyBoard(display)
    with window(display, tmp_path) as process:
        first_picture(keys, tmp_path)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@contextmanager
def served() -> Iterator[str]:
    """Serve the page of a watch of the synthetic mall; yield its address."""
    camera = make_camera(SOURCE, fps=5, width=640)
    watch = Watch(Kit(None), make_analysis(), Player(Reading(camera)))
    stop = Event()
    addresses: list[str] = []

    def run() -> None:
        with watch.running(stop):
            serve(watch, 0, TOKEN, stop, addresses.append)

    thread = Thread(target=run)
    thread.start()
    try:
        wait_for(lambda: bool(addresses), "the page is served")
        yield addresses[0]
    finally:
        stop.set()
        thread.join()


def test_the_page_shows_pictures_pauses_and_changes_the_detector(page: Page) -> None:
    page.set_default_timeout(LIMIT_MS)
    expect.set_options(timeout=LIMIT_MS)
    with served() as address:
        page.goto(address)
        expect(page.locator("#detector")).to_have_text("own")
        # On a machine that is too slow no face is followed; that they are is tested elsewhere.
        expect(page.locator("#ms")).not_to_have_text("–")
        page.keyboard.press("Space")
        expect(page.locator("#state")).to_have_text("paused")
        # A still picture is analysed again.
        page.keyboard.press("d")
        expect(page.locator("#detector")).to_have_text("mtcnn")
        page.locator("[data-do=help]").click()
        expect(page.locator("#help")).to_be_visible()
        with page.expect_download() as download:
            page.keyboard.press("s")
        assert download.value.suggested_filename == "view.png"
        page.set_viewport_size({"width": 390, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390


def in_the_browser(page: Page, view: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the pages' own code draws of a view, and the texts of its labels."""
    script = """async (view) => {
        const { draw, labelOf, nameOf } = await import('/console/overlay.js');
        const canvas = document.createElement('canvas');
        canvas.style.width = '640px';
        document.body.append(canvas);
        canvas.width = 640;
        canvas.height = 360;
        draw(canvas, { view, bitmap: null }, {}, { boxes: true, points: true, axes: true });
        const picture = canvas.toDataURL('image/png');
        canvas.remove();
        const labels = view.faces.map((face) => labelOf(face, true).map(([text]) => text));
        return { picture, labels, names: view.faces.map((face) => nameOf(face.track)) };
    }"""
    answer: dict[str, Any] = page.evaluate(script, dict(view))
    return answer


def test_the_window_draws_what_the_pages_draw(page: Page) -> None:
    faces = [
        make_face("north-1-1782295200000000000-3", x=150, y=120, yaw=30, pitch=-10),
        make_face("north-1-1782295200100000000-9", x=430, y=200, size=160, roll=20),
    ]
    view = make_view(*faces, found=0.876, shown=0.345)
    counted = {"score": 71, "attending": True, "dwell_s": 2.0, "attention_s": 1.0}
    view["faces"][1].update(counted, known=True, response=0.6)
    with served() as address:
        page.goto(address)
        answer = in_the_browser(page, view)
    data = b64decode(answer["picture"].partition(",")[2])
    theirs = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), 1), np.int16)
    # Without a picture the page draws on this grey.
    ground = np.full((360, 640, 3), (0x3A, 0x2F, 0x2A), np.uint8)
    ours = draw_marks(ground, view, 1.0).astype(np.int16)
    assert share_alike(theirs, ours, ground) > 0.95
    assert share_alike(ours, theirs, ground) > 0.95
    assert answer["names"] == [name_of(face["track"]) for face in view["faces"]]
    texts = [[text for text, _ in label_of(face)] for face in view["faces"]]
    assert answer["labels"] == texts


def share_alike(
    one: NDArray[np.int16], other: NDArray[np.int16], ground: NDArray[np.uint8]
) -> float:
    """Return the share of what `one` draws that `other` draws within two pixels of it."""
    drawn = np.abs(one - ground).max(axis=2) > 60
    near = np.abs(other - ground).max(axis=2) > 60
    wide = cv2.dilate(near.astype(np.uint8), np.ones((5, 5), np.uint8))
    return float((wide[drawn] > 0).mean())
