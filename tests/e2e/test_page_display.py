"""Proof of display: what the page says of how long a browser drew its creatives."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import LIMIT_MS, plays_of, stand_with
from vitrine.schemas import Play

pytestmark = pytest.mark.browser

NOTHING_DRAWN = "window.requestAnimationFrame = () => 0;"
NOT_VISIBLE = """
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
"""
LOCK_TAKEN_BACK = """
    const wakeLock = { request: async () => ({ released: true }) };
    Object.defineProperty(navigator, 'wakeLock', { value: wakeLock });
"""


def length_ns(play: Play) -> int:
    return play.end_ns - play.start_ns


@pytest.mark.parametrize("file", ["one.svg", "one.html", "film.webm"])
def test_a_play_is_proven_while_the_browser_draws_it(
    page: Page, tmp_path: Path, store_url: str, file: str
) -> None:
    creative = {"id": "one", "file": file, "seconds": 3}
    with stand_with(tmp_path, store_url, creative) as stand:
        page.goto(f"{stand.address}/stands/north")
        [play] = plays_of(page, stand, 1)[:1]
    # Less on a machine that is busy with other tests.
    assert length_ns(play) / 2 < play.proven_ns <= length_ns(play)


def test_a_video_that_stalls_is_proven_until_then(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    film = {"id": "film", "file": "film.webm", "seconds": 8}
    with stand_with(tmp_path, store_url, film) as stand:
        page.goto(f"{stand.address}/stands/north")
        video = page.locator("#stage > video.shown").first
        expect(video).to_be_visible(timeout=LIMIT_MS)
        page.wait_for_timeout(1_500)
        # As after a fault of the decoder or of the network: no frame comes any more.
        video.evaluate("video => video.pause()")
        [play] = plays_of(page, stand, 1)[:1]
    assert length_ns(play) >= 8e9
    assert 0 < play.proven_ns < length_ns(play) / 2


@pytest.mark.parametrize(
    "fault",
    [NOTHING_DRAWN, NOT_VISIBLE, LOCK_TAKEN_BACK],
    ids=["nothing is drawn", "not visible", "the screen may go dark"],
)
def test_a_play_that_nobody_can_see_is_unproven(
    page: Page, tmp_path: Path, store_url: str, fault: str
) -> None:
    page.add_init_script(fault)
    creative = {"id": "one", "file": "one.svg", "seconds": 60}
    with stand_with(tmp_path, store_url, creative) as stand:
        page.goto(f"{stand.address}/stands/north")
        expect(page.locator("img.shown")).to_be_visible(timeout=LIMIT_MS)
        page.wait_for_timeout(300)
        page.goto("about:blank")
        [play] = plays_of(page, stand, 1)
    assert 0.2e9 < length_ns(play) < 20e9
    assert play.proven_ns == 0
