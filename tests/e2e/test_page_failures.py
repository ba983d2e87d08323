"""The stand's page in a real browser, with a network, creatives and browsers that fail."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.pages import LIMIT_MS, plays_of, stand_with, wait_until
from tests.proxies import proxy_to
from tests.stand_players import concerns
from vitrine.schemas import OVERLAP_NS
from vitrine.topics import PLAYS

pytestmark = pytest.mark.browser

SHORT = {"id": "one", "file": "one.html", "seconds": 1}


# The network


def test_a_page_whose_connections_the_network_forgot_opens_new_ones(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    with (
        stand_with(tmp_path, store_url, SHORT) as stand,
        proxy_to(stand.address) as proxy,
    ):
        page.goto(f"{proxy.address}/stands/north")
        before = len(plays_of(page, stand, 2))
        proxy.forget()
        page.wait_for_timeout(1_000)
        known = len(stand.read(PLAYS))
        wait_until(
            page,
            lambda: len(stand.read(PLAYS)) > known + 1,
            "plays over new connections",
            # Five seconds of silence, and a try or two over connections that were kept.
            limit_ms=3 * LIMIT_MS,
        )
        plays = stand.read(PLAYS)
    assert before >= 2
    assert len({play.play_id for play in plays}) == len(plays)


# Creatives


@pytest.fixture
def screen(browser: Browser) -> Iterator[Page]:
    """A page that may have errors in its console: those of the creatives."""
    context = browser.new_context()
    page = context.new_page()
    # A creative reaches its own server only; this picture of it is never answered.
    page.route("**/never.gif", lambda _route: None)
    yield page
    page.unroute_all(behavior="ignoreErrors")
    context.close()


def write_old_film(path: Path) -> None:
    """A film of a codec that browsers do not know."""
    film = cv2.VideoWriter(
        str(path),
        cv2.VideoWriter.fourcc(*"mp4v"),
        10,
        (320, 240),
    )
    assert film.isOpened()
    for shade in range(20):
        film.write(np.full((240, 320, 3), shade, np.uint8))
    film.release()


BROKEN = {
    "film.mp4": "does not load in the player's browser",
    "cut-off.jpg": "does not load in the player's browser",
    "hangs.html": "was not loaded within two seconds",
    "throws.html": "has an error in its script",
    "rejects.html": "has an error in its script",
}


def write_broken(folder: Path, file: str) -> None:
    """Write one of the files of BROKEN."""
    path = folder / "creatives" / file
    pages = {
        "hangs.html": "<h1>sale</h1><img src='never.gif'>",
        "throws.html": "<!doctype html><h1>sale</h1><script>no.such()</script>",
        "rejects.html": "<script>Promise.reject(new Error('no'))</script><h1>sale</h1>",
    }
    if file == "film.mp4":
        write_old_film(path)
    elif file == "cut-off.jpg":
        path.write_bytes(b"\xff\xd8\xff\xe0")
    else:
        path.write_text(pages[file])


def requests(page: Page, part: str) -> list[float]:
    """Milliseconds of the page at which it asked for addresses with this part."""
    found: list[float] = page.evaluate(
        "part => performance.getEntriesByType('resource')"
        ".filter(entry => entry.name.includes(part)).map(entry => entry.startTime)",
        part,
    )
    return found


# Measures two seconds, in which a busy machine may not even fetch it.
@pytest.mark.alone
@pytest.mark.parametrize("file", BROKEN)
def test_a_creative_that_cannot_be_shown_gives_way_to_the_house_within_two_seconds(
    screen: Page, tmp_path: Path, store_url: str, file: str
) -> None:
    creative = {"id": "broken", "file": file, "seconds": 2}
    with stand_with(tmp_path, store_url, creative) as stand:
        write_broken(tmp_path, file)
        screen.goto(f"{stand.address}/stands/north")
        wait_until(screen, lambda: concerns(stand), "the stand to be told")
        told = screen.evaluate("performance.now()")
        asked = requests(screen, "/creatives/")[0]
        [rests] = concerns(stand)
        screen.wait_for_selector("iframe.shown[src*=house]")
        screen.wait_for_timeout(1_000)
        frames = screen.locator("#stage > *").count()
        plays = stand.read(PLAYS)
    assert told - asked < 3_000  # two seconds, and what a busy machine adds
    assert rests["text"].startswith("Creative broken is left out at stand north")
    assert BROKEN[file] in rests["text"]
    assert frames == 1
    assert plays == []


def test_a_good_creative_goes_on_beside_broken_ones(
    screen: Page, tmp_path: Path, store_url: str
) -> None:
    creatives = [SHORT]
    for file in BROKEN:
        name = file.partition(".")[0]
        creatives.append({"id": name, "file": file, "seconds": 1})
    with stand_with(tmp_path, store_url, *creatives) as stand:
        for file in BROKEN:
            write_broken(tmp_path, file)
        screen.goto(f"{stand.address}/stands/north")
        plays = plays_of(screen, stand, 3)
        frames = screen.locator("#stage > *").count()
    assert {play.creative_id for play in plays} == {"one"}
    # One that is shown, one that loads, and the two that may fade.
    assert frames <= 4


# Browsers


BLOCKED = "Object.defineProperty(window, 'indexedDB', { get() { throw new Error() } })"
FULL = "IDBObjectStore.prototype.put = () => { throw new Error('full') }"


@pytest.mark.parametrize("storage", [BLOCKED, FULL], ids=["blocked", "full"])
def test_a_page_without_storage_plays_and_reports(
    page: Page, tmp_path: Path, store_url: str, storage: str
) -> None:
    page.add_init_script(storage)
    with stand_with(tmp_path, store_url, SHORT) as stand:
        page.goto(f"{stand.address}/stands/north")
        plays = plays_of(page, stand, 2)
        [blocked] = concerns(stand)
    assert blocked["text"].startswith("The browser of the screen keeps nothing")
    assert {play.creative_id for play in plays} == {"one"}
    assert len({play.play_id for play in plays}) == len(plays)


def test_a_page_that_hangs_gives_way_to_the_next_one_until_that_leaves(
    page: Page, browser: Browser, tmp_path: Path, store_url: str
) -> None:
    with stand_with(tmp_path, store_url, SHORT) as stand:
        page.goto(f"{stand.address}/stands/north")
        plays_of(page, stand, 1)
        # The browser works on, but this page runs no script until the debugger lets it.
        debugger = page.context.new_cdp_session(page)
        debugger.send("Debugger.enable")
        debugger.send("Debugger.pause")
        second = browser.new_context().new_page()
        second.goto(f"{stand.address}/stands/north")
        waiting = second.locator("#notice")
        expect(waiting).to_contain_text("another player", timeout=LIMIT_MS)
        shown = second.locator("iframe.shown").first
        expect(shown).to_be_visible(timeout=2 * LIMIT_MS)
        debugger.send("Debugger.resume")
        debugger.detach()
        # What was on the screen of the first one ends as it was planned, and counts once.
        page.wait_for_timeout(2_000)
        second.context.close()
        known = len(stand.read(PLAYS))
        wait_until(
            page,
            lambda: len(stand.read(PLAYS)) > known + 1,
            "the first page to be in charge again",
            limit_ms=3 * LIMIT_MS,
        )
        plays = stand.read(PLAYS)
    assert len({play.play_id for play in plays}) == len(plays)
    ordered = sorted(plays, key=lambda play: play.start_ns)
    for before, after in pairwise(ordered):
        assert before.end_ns - after.start_ns <= OVERLAP_NS
