"""The stand's page in a real browser, with a network, creatives and browsers that fail."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.pages import LIMIT_MS, plays_of, stand_with, wait_until
from tests.proxies import proxy_to
from vitrine.stores.embedded import embedded_redis
from vitrine.topics import PLAYS

pytestmark = pytest.mark.browser

SHORT = {"id": "one", "file": "one.html", "seconds": 1}


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with embedded_redis() as url:
        yield url


# The network


def test_a_page_whose_connections_the_network_forgot_opens_new_ones(
    page: Page, tmp_path: Path, redis_url: str
) -> None:
    with (
        stand_with(tmp_path, redis_url, SHORT) as stand,
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
        )
        plays = stand.read(PLAYS)
    assert before >= 2
    assert len({play.play_id for play in plays}) == len(plays)


# Browsers


def test_a_page_that_hangs_gives_way_to_the_next_one_until_that_leaves(
    page: Page, browser: Browser, tmp_path: Path, redis_url: str
) -> None:
    with stand_with(tmp_path, redis_url, SHORT) as stand:
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
        )
        plays = stand.read(PLAYS)
    assert len({play.play_id for play in plays}) == len(plays)
    ordered = sorted(plays, key=lambda play: play.start_ns)
    for before, after in pairwise(ordered):
        assert before.end_ns <= after.start_ns
