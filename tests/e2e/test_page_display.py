"""Proof of display: what the page says of how long a browser drew its creatives."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import BASE, LIMIT_MS, plays_of, stand_with, wait_until
from tests.stand_builders import STAND, Running, make_campaign, mall_of
from vitrine.programme import display_probe
from vitrine.programme.display_probe import probe_code
from vitrine.schemas import Play
from vitrine.topics import PLAYS
from vitrine.vision.display_probe import ProbeReader

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


def codes_of(stand: Running) -> list[int]:
    """The codes that the reported plays have shown."""
    codes = [probe_code(play.play_id) for play in stand.read(PLAYS)]
    return [code for code in codes if code is not None]


def test_the_code_of_a_play_is_read_from_a_picture_of_the_screen(
    page: Page, tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(display_probe, "ONE_PLAY_IN", 1)
    creative = {"id": "one", "file": "one.html", "seconds": 6}
    mall = mall_of(make_campaign("spring", creative, **BASE))
    probed = STAND.model_copy(update={"display_probe": True})
    mall = mall.model_copy(update={"stands": (probed,)})
    with stand_with(tmp_path, store_url, creative, served={"mall": mall}) as stand:
        page.goto(f"{stand.address}/stands/north")
        marker = page.locator("#probe")
        expect(marker).to_be_visible(timeout=LIMIT_MS)
        picture = np.frombuffer(page.screenshot(), np.uint8)
        known = len(codes_of(stand))
        wait_until(page, lambda: len(codes_of(stand)) > known, "the play")
        expect(marker).to_be_hidden()
        codes = codes_of(stand)

    screen = cv2.imdecode(picture, cv2.IMREAD_COLOR)
    assert screen is not None
    assert ProbeReader(codes).find(screen.astype(np.uint8)) == {codes[known]}
