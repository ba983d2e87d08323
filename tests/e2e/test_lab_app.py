"""The lab's app in a real browser, with a camera that shows a drawn person."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.brokers import ROOT, free_ports
from tests.lab_builders import AT, SEED
from tests.processes import wait_for
from tests.videos import write_recording
from vitrine.lab.app import pictures

pytestmark = [pytest.mark.alone, pytest.mark.browser, pytest.mark.timeout(600)]

PROGRAM = "from vitrine.lab.app.app_command import app; app()"
# The first page loads all libraries: 100 s at a load of 37 on two cores.
LIMIT_MS = 240_000
CAMERA_SHOWS = "document.querySelector('video')?.videoWidth > 0"


@pytest.fixture(scope="module")
def browser(
    chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser whose camera shows a drawn person, and whose page may use it."""
    image = np.ascontiguousarray(pictures.drawn(3, SEED, AT).image)
    film = write_recording(
        tmp_path_factory.mktemp("camera") / "camera.mjpeg",
        [image, image],
        codec="mjpeg",
        pixel_format="yuvj420p",
        muxer="mjpeg",
    )
    camera = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=camera)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The app's port and process."""
    home = tmp_path_factory.mktemp("home")
    (port,) = free_ports(1)
    options = ["--port", str(port), "--folder", str(home), "--no-browser"]
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}
    log = home / "app.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *options],
            cwd=home,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_for(lambda: b"URL:" in log.read_bytes(), "the app says where it is")
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(30)
    written = [path.name for path in home.rglob("*") if path.suffix in {".jpg", ".png"}]
    assert written == []


@pytest.fixture
def requested(page: Page) -> list[str]:
    """The hosts that the page asks for anything."""
    hosts: list[str] = []
    page.on(
        "request", lambda request: hosts.append(urlsplit(request.url).hostname or "")
    )
    return hosts


def open_page(page: Page, server: tuple[int, int], name: str = "") -> None:
    port, _ = server
    page.goto(f"http://127.0.0.1:{port}/{name}")
    expect(page.locator("h1")).to_be_visible(timeout=LIMIT_MS)


# First in this file: no page was opened before.
def test_any_page_may_be_the_first(page: Page, server: tuple[int, int]) -> None:
    open_page(page, server, "limits")
    expect(page.locator("h1")).to_contain_text("What this is not")
    expect(page.get_by_text("Page not found")).to_have_count(0)


def test_the_webcams_face_is_drawn_and_its_points_are_downloaded(
    page: Page, server: tuple[int, int], requested: list[str], tmp_path: Path
) -> None:
    open_page(page, server)
    page.get_by_text("Webcam").click()
    page.wait_for_function(CAMERA_SHOWS, timeout=LIMIT_MS)
    page.get_by_role("button", name="Take Photo").click(timeout=LIMIT_MS)
    button = page.get_by_role("button", name="CSV, all faces")
    expect(button).to_be_visible(timeout=LIMIT_MS)
    with page.expect_download() as download:
        button.click()
    file = tmp_path / "points.csv"
    download.value.save_as(file)
    assert len(file.read_text().splitlines()) == 1 + 68
    assert set(requested) - {"127.0.0.1", ""} == set()


def test_a_thumbnail_appears_at_a_point_of_the_map(
    page: Page, server: tuple[int, int], requested: list[str]
) -> None:
    open_page(page, server, "map")
    page.get_by_role("button", name="Draw the map").click(timeout=LIMIT_MS)
    expect(page.get_by_text("Forget these faces")).to_be_visible(timeout=LIMIT_MS)
    # Forced: another point may lie over the first one, and has a thumbnail too.
    point = page.locator(".mark-symbol.role-mark path").first
    point.hover(timeout=LIMIT_MS, force=True)
    shown = page.locator("#vg-tooltip-element img")
    expect(shown).to_be_visible(timeout=LIMIT_MS)
    source = shown.get_attribute("src") or ""
    assert source.startswith("data:image/jpeg;base64,")
    assert set(requested) - {"127.0.0.1", ""} == set()


def test_on_a_phone_no_page_is_wider_than_the_screen(
    page: Page, server: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("", "nets", "map", "runs", "models", "accuracy", "tour", "limits"):
        open_page(page, server, name)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390, name


def test_only_this_machine_is_answered(server: tuple[int, int]) -> None:
    port, pid = server
    process = psutil.Process(pid)
    listening = [c.laddr for c in process.net_connections() if c.status == "LISTEN"]
    assert [(place.ip, place.port) for place in listening] == [("127.0.0.1", port)]


@pytest.mark.parametrize(
    ("host", "status"),
    [("127.0.0.1", b"101"), ("evil.example", b"403")],
)
def test_another_sites_name_does_not_open_the_app(
    server: tuple[int, int], host: str, status: bytes
) -> None:
    port, _ = server
    asked = (
        "GET /_stcore/stream HTTP/1.1\r\n"
        f"Host: {host}:{port}\r\n"
        "Connection: Upgrade\r\n"
        "Upgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(asked.encode())
        answer = connection.recv(200)
    assert answer.split()[1] == status
