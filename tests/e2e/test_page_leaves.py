"""A page that another window replaced shows nothing more, and says nothing of its notice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.pages import LIMIT_MS, plays_of, stand_with
from tests.e2e.test_notice import HIDDEN
from vitrine.clock import SystemClock
from vitrine.topics import NOTICES

pytestmark = pytest.mark.browser

# Each creative takes a second and a half, so that one is mostly on its way.
SLOW = """
    const usual = window.fetch;
    window.fetch = async (address, ...rest) => {
        const slow = `${address}`.includes('/creatives/');
        if (slow) await new Promise((yes) => setTimeout(yes, 1_500));
        return usual(address, ...rest);
    };
"""
TELL_MS = 11_000


def test_a_page_that_was_replaced_ends_what_was_to_come(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    starts: list[int] = []

    def hear(request: Request) -> None:
        if request.url.endswith("/plays"):
            body = json.loads(request.post_data or "")
            starts.extend(play["start_ns"] for play in body["plays"])

    page.on("request", hear)
    page.add_init_script(SLOW)
    creative = {"id": "one", "file": "one.html", "seconds": 1}
    with stand_with(tmp_path, store_url, creative) as stand:
        page.goto(f"{stand.address}/stands/north")
        plays_of(page, stand, 1)
        second = page.context.new_page()
        second.add_init_script(HIDDEN)
        second.goto(f"{stand.address}/stands/north")
        expect(page.locator("#notice")).to_contain_text(
            "another window", timeout=LIMIT_MS
        )
        replaced_ns = SystemClock().now_ns()
        page.wait_for_timeout(500)
        told = len(stand.read(NOTICES))
        page.wait_for_timeout(TELL_MS)
        assert [start for start in starts if start > replaced_ns] == []
        assert len(stand.read(NOTICES)) == told
