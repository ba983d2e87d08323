"""Many windows of one browser: a machine with a screen on each of its outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.pages import BASE, kept, wait_until
from tests.stand_builders import Running, make_campaign, running_stand, write_creatives
from vitrine.clock import SystemClock
from vitrine.mall import Mall, Stand
from vitrine.topics import PLAYS

pytestmark = pytest.mark.browser

# A browser has six connections to a host over HTTP/1.1.
WINDOWS = 8
EACH = 3
"""Plays that every stand is to report."""


def mall_of_windows() -> Mall:
    names = [f"stand-{number}" for number in range(WINDOWS)]
    stands = [Stand(id=name, time_zone="UTC") for name in names]
    campaign = make_campaign(
        "spring",
        {"id": "one", "file": "one.html", "seconds": 1},
        stands=names,
        **BASE,
    )
    return Mall(cameras=(), stands=tuple(stands), campaigns=(campaign,))


def plays_by_stand(stand: Running) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for play in stand.read(PLAYS):
        found.setdefault(play.stand_id, []).append(play)
    return found


def test_eight_windows_of_one_browser_show_and_report(
    browser: Browser, tmp_path: Path, store_url: str
) -> None:
    mall = mall_of_windows()
    write_creatives(tmp_path, *mall.campaigns)
    context = browser.new_context()
    with running_stand(tmp_path, store_url, mall=mall, clock=SystemClock()) as stand:
        pages = []
        for each in mall.stands:
            page = context.new_page()
            page.goto(f"{stand.address}/stands/{each.id}")
            pages.append(page)

        def has_reported() -> bool:
            plays = plays_by_stand(stand)
            enough = [name for name in plays if len(plays[name]) >= EACH]
            return len(enough) == WINDOWS

        wait_until(pages[-1], has_reported, "plays of every window", limit_ms=60_000)
        for page in pages:
            assert page.locator("#stage > .shown").count() >= 1
        # The windows share a storage. What each has finished last is on its way.
        assert len(kept(pages[0], "plays")) <= WINDOWS
        context.close()
    for plays in plays_by_stand(stand).values():
        assert {play.player for play in plays} == {"page"}
        assert len({play.play_id for play in plays}) == len(plays)
