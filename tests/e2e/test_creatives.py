"""Creatives in a real browser: they show their own files, and reach nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, Position

from tests.stand_builders import Running, make_campaign, running_stand
from vitrine.clock import SystemClock

pytestmark = pytest.mark.browser

LIMIT_MS = 15_000
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'
PACKAGE = """<!doctype html>
<link rel="stylesheet" href="package/style.css">
<img id="own" src="package/own.svg">
<img id="data" src="data:image/svg+xml,{svg}">
<script>window.inline = eval('1 + 1')</script>
<script src="package/own.js"></script>
"""
ATTEMPTS = """<!doctype html>
<script src="{other}/script"></script>
<link rel="stylesheet" href="{other}/style">
<img src="{other}/image">
<iframe src="{other}/frame"></iframe>
<form action="{other}/form" method="post"></form>
<script>
const quiet = (act) => {{ try {{ const made = act(); made?.catch?.(() => {{}}) }} catch {{}} }};
quiet(() => fetch('{other}/fetch', {{ mode: 'no-cors' }}));
quiet(() => fetch('/stands/north/interactions', {{ method: 'POST', body: '{{}}' }}));
quiet(() => navigator.sendBeacon('{other}/beacon', 'x'));
quiet(() => new WebSocket('{socket}/socket'));
quiet(() => new EventSource('{other}/events'));
quiet(() => document.forms[0].submit());
quiet(() => window.open('{other}/popup'));
quiet(() => {{ top.location = '{other}/top' }});
const task = "fetch('{other}/worker').catch(() => {{}})";
quiet(() => new Worker(URL.createObjectURL(new Blob([task]))));
setTimeout(() => {{ document.title = 'tried' }}, 500);
</script>
"""


@contextmanager
def another_server() -> Iterator[tuple[str, list[str]]]:
    """Yield the address of another machine of the network, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - the name that the base class looks for

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def shown(
    page: Page, folder: Path, store_url: str, content: str
) -> Iterator[tuple[Running, Frame]]:
    """Yield the frame of a creative with this content on a screen."""
    (folder / "creatives" / "package").mkdir(parents=True)
    (folder / "creatives" / "one.html").write_text(content)
    creative = {"id": "one", "file": "one.html", "seconds": 60}
    dates = {"from": "2000-01-01", "to": "2999-12-31"}
    campaign = make_campaign("spring", creative, **dates)
    with running_stand(folder, store_url, campaign, clock=SystemClock()) as stand:
        for name, text in (
            ("own.svg", SVG),
            ("style.css", "html { --own: 5 }"),
            ("own.js", "window.own = true"),
        ):
            (folder / "creatives" / "package" / name).write_text(text)
        page.goto(f"{stand.address}/stands/north")
        frame = page.locator("#stage > iframe").element_handle(timeout=LIMIT_MS)
        content_frame = frame.content_frame()
        assert content_frame is not None
        yield stand, content_frame


def test_a_creative_of_several_files_is_whole(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    content = PACKAGE.replace("{svg}", SVG.replace('"', "'"))
    with shown(page, tmp_path, store_url, content) as (_, frame):
        for name in ("own", "data"):
            frame.wait_for_function(f"document.all.{name}.naturalWidth === 8")
        frame.wait_for_function("window.own === true && window.inline === 2")
        style = "getComputedStyle(document.documentElement).getPropertyValue('--own')"
        frame.wait_for_function(f"{style}.trim() === '5'")


def test_a_creative_is_told_where_the_screen_is_touched(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    content = "<script>onmessage = ({ data }) => { window.told = data; };</script>"
    size = page.viewport_size
    assert size is not None
    quarter = Position(x=size["width"] / 4, y=size["height"] / 2)
    with shown(page, tmp_path, store_url, content) as (_, frame):
        page.locator("#stage > iframe.shown").wait_for()
        page.locator("#glass").click(position=quarter)
        frame.wait_for_function("window.told")
        told = frame.evaluate("window.told")
        assert told == {"vitrine": "touch", "x": 0.25, "y": 0.5}
        page.keyboard.press("Escape")
        page.locator("#glass").press("Enter")
        frame.wait_for_function("window.told.x === 0.5")


def test_a_creative_reaches_nobody(page: Page, tmp_path: Path, store_url: str) -> None:
    with another_server() as (other, asked):
        socket = other.replace("http:", "ws:")
        content = ATTEMPTS.format(other=other, socket=socket)
        with shown(page, tmp_path, store_url, content) as (_, frame):
            frame.wait_for_function("document.title === 'tried'")
            frame.evaluate("address => { location = address }", f"{other}/navigation")
            page.wait_for_timeout(1_000)
            assert page.url.endswith("/stands/north")
        assert asked == []


def test_a_creative_that_is_opened_by_its_address_is_shut_in_too(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    with shown(page, tmp_path, store_url, "<p>one</p>") as (stand, _):
        page.goto(f"{stand.address}/creatives/one.html")
        assert page.evaluate("origin") == "null"
