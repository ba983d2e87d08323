"""A screen with a token of its own, in a real browser."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import LIMIT_MS, plays_of, stand_with
from vitrine.stores import screens
from vitrine.stores.redis import connect

pytestmark = pytest.mark.browser


def test_a_screens_token_opens_its_page_until_it_is_revoked(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    now_s = int(time.time())
    creative = {"id": "one", "file": "one.html", "seconds": 1}
    with connect(store_url) as redis:
        screen, token = screens.add(redis, "north", "Entrance", now_s)
        _, of_another_stand = screens.add(redis, "south", "Exit", now_s)
        with stand_with(tmp_path, store_url, creative) as stand:
            address = f"{stand.address}/stands/north"
            page.goto(f"{address}?token={of_another_stand}")
            expect(page.locator("h1")).to_contain_text("This token is wrong")
            page.goto(f"{address}?token={token}")
            assert page.url == address
            expect(page.locator("iframe.shown").first).to_be_visible(timeout=LIMIT_MS)
            plays_of(page, stand, 1)
            page.reload()
            expect(page.locator("iframe.shown").first).to_be_visible(timeout=LIMIT_MS)
            screens.revoke(redis, screen.screen_id, now_s)
            revoked = re.compile("The token of this screen was revoked")
            expect(page.locator("#notice")).to_contain_text(revoked, timeout=LIMIT_MS)
            expect(page.locator("#notice")).to_be_visible()
            expect(page.locator("#stage > *")).to_have_count(0)
            page.reload()
            expect(page.locator("body")).to_contain_text(revoked)
