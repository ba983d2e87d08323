"""The live view of the cameras in a real browser."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from itertools import count, islice
from pathlib import Path
from typing import IO, Any

import cv2
import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.builders import at, make_engagement, make_face, make_mall, make_person
from tests.console_builders import RunningConsole, opened, running_console
from vitrine.mall import Camera, Mall
from vitrine.schemas import Face, FrameFaces
from vitrine.synthetic.source import SyntheticSource
from vitrine.synthetic.truth import face_box
from vitrine.topics import ENGAGEMENT

pytestmark = pytest.mark.browser

LIMIT_MS = 20_000
CAMERA = Camera(
    id="north-1",
    uri="synthetic:?people=3&seed=5",
    stand="north",
    mask=((0.0, 0.8), (0.1, 0.8), (0.1, 1.0), (0.0, 1.0)),
)
# Of the overlay (overlay.js), as RGB.
LOOKING = (255, 179, 92)
GREY = (42, 47, 58)


@pytest.fixture
def viewport() -> ViewportSize:
    return {"width": 1280, "height": 900}


def mall() -> Mall:
    return make_mall(cameras=[CAMERA])


class Scene:
    """Hold the first picture of the synthetic mall with a face that is wholly in it."""

    def __init__(self) -> None:
        for _, draw in islice(SyntheticSource().shots(CAMERA), 0, 200, 5):
            pixels, truth = draw()
            people = [person for person in truth.people if person.present]
            if len(people) == 1 and people[0].visible:
                break
        [person] = people
        self.pixels = pixels
        self.person = person
        self.height, self.width = pixels.shape[:2]
        self.box = face_box(person.points)
        done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 90])
        assert done
        self.jpeg = data.tobytes()
        self.tenths = count()
        """When the next frames are taken, in tenths of a second."""

    def face(self) -> Face:
        """Return the face as `landmarks` would, from the truth."""
        points = tuple((float(x), float(y)) for x, y in self.person.points)
        return make_face(
            "north-1-1800000000000000000-0",
            box=self.box,
            points=points,
            yaw=self.person.yaw,
            pitch=self.person.pitch,
        )

    def found(self, seconds: float) -> FrameFaces:
        """Return what was found in the picture."""
        return FrameFaces(
            camera_id=CAMERA.id,
            stand_id="north",
            captured_at_ns=at(seconds),
            width=self.width,
            height=self.height,
            faces=(self.face(),),
            synthetic=True,
        )


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def show(console: RunningConsole, scene: Scene, page: Page) -> None:
    """Publish the scene until the page has drawn it."""
    track = scene.face().track_id
    person = make_person(track, score=83)
    drawn = "document.querySelector('canvas[data-at-ms]')"
    for turn in range(200):
        console.publish(ENGAGEMENT, make_engagement(0, person))
        console.show(scene.found(next(scene.tenths) / 10), scene.jpeg)
        page.wait_for_timeout(100)
        if turn > 5 and page.evaluate(f"{drawn} !== null"):
            return
    raise AssertionError("the page drew nothing")


def pixels_at(page: Page, scene: Scene, x: float, y: float) -> list[tuple[int, ...]]:
    """Return the pixels of the canvas around a place of the picture, as RGB."""
    values: list[int] = page.evaluate(
        """([x, y, width]) => {
            const canvas = document.querySelector('#cameras canvas');
            const scale = canvas.width / width;
            const pen = canvas.getContext('2d');
            return [...pen.getImageData(x * scale - 3, y * scale - 3, 7, 7).data];
        }""",
        [x, y, scene.width],
    )
    return [tuple(values[i : i + 3]) for i in range(0, len(values), 4)]


def is_near(pixel: Any, colour: Any, most: int = 40) -> bool:
    return bool(np.abs(np.subtract(pixel, colour)).max() <= most)


def test_a_known_face_of_the_synthetic_mall_has_its_box_and_the_picture_is_below(
    page: Page, scene: Scene
) -> None:
    with running_console(mall()) as console:
        page.goto(console.service.entrance())
        show(console, scene, page)
        for layer in ("points", "gaze", "labels"):
            page.locator(f"[data-layer={layer}]").click()
        x, y, width, height = scene.box
        for edge in ((x, y + height / 2), (x + width / 2, y + height)):
            edge_pixels = pixels_at(page, scene, *edge)
            assert any(is_near(pixel, LOOKING) for pixel in edge_pixels), edge
        inside = (x + width * 0.5, y + height * 0.45)
        below = pixels_at(page, scene, *inside)
        column, row = round(inside[0]), round(inside[1])
        drawn = scene.pixels[row, column, ::-1]
        assert any(is_near(pixel, drawn, 60) for pixel in below)
        page.locator("[data-layer=boxes]").click()
        edge_pixels = pixels_at(page, scene, x, y + height / 2)
        assert not all(is_near(pixel, LOOKING) for pixel in edge_pixels)


def test_the_figures_of_a_camera_and_of_each_face_are_told(
    page: Page, scene: Scene
) -> None:
    with running_console(mall()) as console:
        page.goto(console.service.entrance())
        show(console, scene, page)
        expect(page.locator("#link")).to_have_text("live")
        expect(page.locator("#synthetic")).to_be_visible()
        card = page.locator("article")
        expect(card.locator("[data-of=id]")).to_have_text("north-1")
        expect(card.locator("[data-of=faces]").first).to_have_text("1")
        expect(card.locator("[data-of=looking]")).to_have_text("1")
        expect(card.locator("dl [data-of=score]")).to_have_text("83")
        card.locator(".title").click()
        show(console, scene, page)
        face = card.locator(".faces section").first
        expect(face).to_be_visible()
        expect(face.locator("[data-of=status]")).to_contain_text("looks at the screen")
        expect(face.locator("[data-of=figures]")).to_contain_text("yaw")
        assert face.locator("meter").first.evaluate("m => m.value") == 83
        page.keyboard.press("Escape")
        expect(face).to_be_hidden()


@pytest.mark.parametrize(
    ("width", "height", "columns"), [(1920, 1080, 2), (390, 844, 1)]
)
def test_four_cameras_are_seen_at_once_on_a_desk_and_below_each_other_on_a_phone(
    page: Page,
    width: int,
    height: int,
    columns: int,
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    names = ("north-1", "north-2", "north-3", "north-4")
    cameras = [CAMERA.model_copy(update={"id": name}) for name in names]
    with running_console(make_mall(cameras=cameras)) as console:
        page.goto(console.service.entrance())
        cards = page.locator("article")
        expect(cards).to_have_count(4, timeout=LIMIT_MS)
        boxes = [card.bounding_box() for card in cards.all()]
    lefts = {round(box["x"]) for box in boxes if box}
    assert len(lefts) == columns
    for box in boxes:
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
        if columns > 1:
            assert box["y"] + box["height"] <= height


def test_without_pictures_the_face_is_drawn_on_a_grey_ground(
    page: Page, scene: Scene
) -> None:
    with running_console(mall(), pictures=False) as console:
        page.goto(console.service.entrance())
        show(console, scene, page)
        expect(page.locator("#off")).to_be_visible()
        x, y, _, height = scene.box
        edge = pixels_at(page, scene, x, y + height / 2)
        assert any(is_near(pixel, LOOKING) for pixel in edge)
        corner = pixels_at(page, scene, 10, 10)
        assert all(is_near(pixel, GREY, 2) for pixel in corner)


def test_a_camera_that_falls_silent_shows_no_old_picture(
    page: Page, scene: Scene
) -> None:
    with running_console(mall()) as console:
        page.goto(console.service.entrance())
        show(console, scene, page)
        empty = page.locator("article .empty")
        expect(empty).to_be_hidden()
        expect(empty).to_contain_text("no picture for five seconds", timeout=LIMIT_MS)
        expect(empty).to_be_visible()
        expect(page.locator("canvas[data-at-ms]")).to_have_count(0)


def test_the_address_opens_in_the_first_browser_only(
    page: Page, browser: Browser
) -> None:
    with running_console(mall()) as console:
        address = console.service.entrance()
        page.goto(address)
        expect(page.locator("h1")).to_have_text("Vitrine cameras")
        assert "token" not in page.url
        page.reload()
        expect(page.locator("h1")).to_have_text("Vitrine cameras")
        other = browser.new_context().new_page()
        other.goto(address)
        expect(other.locator("h1")).to_have_text(
            "This token is wrong, or was used already"
        )
        other.context.close()


def test_a_console_that_went_away_is_named_and_found_again(
    page: Page, scene: Scene
) -> None:
    with running_console(mall()) as console:
        page.goto(console.service.entrance())
        show(console, scene, page)
    expect(page.locator("#link")).to_have_text("no connection", timeout=LIMIT_MS)
    expect(page.locator("#problem")).to_be_visible()


def test_the_demo_prints_the_live_view_first_and_it_shows_what_was_found(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "vitrine.cli", "demo", "--no-browser"]
    options = ["--port", "0", "--source", "synthetic:?people=3&seed=5"]
    started = subprocess.Popen(
        [*command, *options], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    assert started.stderr is not None
    try:
        address = first_address(started.stderr)
        with httpx.Client(timeout=20) as client:
            until_it_answers(client, address)
            face = first_counted_face(client, address)
        assert len(face["points"]) == 136
        assert 0 <= face["score"] <= 100
        assert httpx.get(address).status_code == 401
    finally:
        started.send_signal(signal.SIGINT)
        started.communicate(timeout=60)
    assert started.returncode == 0


def first_address(lines: IO[str]) -> str:
    """Return the first address that is printed; it has to be that of the live view."""
    for line in lines:
        found = re.search(r"http://\S+", line)
        if found is not None:
            assert line.strip().startswith("Live cameras")
            return found[0]
    raise AssertionError("no address was printed")


def until_it_answers(client: httpx.Client, address: str) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            answer = client.get(address, follow_redirects=True)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        assert answer.status_code == 200
        return
    raise AssertionError("the live view does not answer")


def first_counted_face(client: httpx.Client, address: str) -> dict[str, Any]:
    """Return the first face of which the page is told an engagement score."""
    news = address.partition("?")[0] + "/news"
    version = 0
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        params: dict[str, str | int] = {"viewer": "0123456789", "after": version}
        head, _ = opened(client.get(news, params=params).content)
        version = head["version"]
        for view in head["views"]:
            for face in view["faces"]:
                if "score" in face and view["jpeg_bytes"]:
                    return dict(face)
    raise AssertionError("no face was counted")
