"""The page speaks the languages of its stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.pages import LIMIT_MS
from tests.stand_builders import make_campaign, running_stand, write_creatives
from vitrine.clock import SystemClock
from vitrine.mall import Mall, Stand

pytestmark = pytest.mark.browser


def test_languages_take_turns_and_stay_while_somebody_reads(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    campaign = make_campaign(
        "spring",
        {"id": "one", "file": "one.html", "seconds": 60},
        **{"from": "2000-01-01", "to": "2999-12-31"},
    )
    write_creatives(tmp_path, campaign)
    stand = Stand(id="north", languages=("de", "ar"), recognition="enrolled")
    mall = Mall(cameras=(), stands=(stand,), campaigns=(campaign,))
    html = page.locator("html")
    with running_stand(tmp_path, store_url, mall=mall, clock=SystemClock()) as running:
        page.goto(f"{running.address}/stands/north")
        expect(page.locator("#privacy")).to_contain_text("Eine Kamera zählt Blicke")
        expect(page.locator("#privacy")).to_contain_text("erkennt Kunden")
        expect(html).to_have_attribute("lang", "de")
        expect(html).to_have_attribute("lang", "ar", timeout=LIMIT_MS)
        expect(html).to_have_attribute("dir", "rtl")
        expect(page.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        page.locator("#glass").click()
        page.get_by_role("button", name="Deutsch").click()
        expect(page.locator("[data-wish=opt-out]")).to_have_text("Mich nicht erkennen")
        page.locator("#info").press("Shift")
        page.wait_for_timeout(9_000)
        expect(html).to_have_attribute("lang", "de")
        expect(page.locator("#info")).to_be_visible()
        page.get_by_role("button", name="Schließen").click()
        expect(page.locator("#info")).to_be_hidden()
        expect(html).to_have_attribute("lang", "ar", timeout=LIMIT_MS)
