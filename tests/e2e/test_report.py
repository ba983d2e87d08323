"""The report in a real browser: on a desktop, on a phone, on A4, light and dark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.test_accessible import assert_accessible
from tests.report_builders import (
    HOSTILE,
    LONG,
    make_campaign_figures,
    make_figures,
    make_step,
    make_week,
)
from vitrine.campaigns.summary import Figures
from vitrine.services.analytics.report_page import File, Layout, render_html

pytestmark = pytest.mark.browser

NAMES = {
    "campaign__spring": LONG,
    "advertiser__acme": "Müller & Söhne",
    "creative__spring__shoe": HOSTILE,
    "creative__spring__boot": "حذاء الربيع الجديد للأطفال",
    "stand__north": "W" * 60,
}
NOBODY: dict[str, Any] = {
    "ots": 0,
    "passed": 0,
    "watchers": 0,
    "watchers_1s": 0,
    "watchers_2s": 0,
    "attention_ns": 0,
    "dwell_ns": 0,
    "scored_ns": 0,
    "score_ns": 0,
    "touches": 0,
}
CASES = {
    "long names": make_figures(make_week(), **NAMES),
    "one play": make_figures(make_campaign_figures(make_step(plays=1, ots=1))),
    "nobody": make_figures(make_campaign_figures(make_step(**NOBODY))),
    "forty": make_figures(*[make_week(f"campaign-{n}", 1) for n in range(40)]),
    "nothing": make_figures(),
}
LAYOUT = Layout(
    back="/campaigns",
    action="/campaigns/spring",
    files=(File("CSV", "/campaigns/spring/report.csv"),),
)
# Millimetres of A4 within the margins of the page, at 96 pixels an inch.
A4_PIXELS = round((210 - 24) / 25.4 * 96)
# What is wider than the column it stands in, and is no region to scroll.
TOO_WIDE = """() => [...document.querySelectorAll('main *')].filter((one) =>
    !one.closest('svg') && one.getClientRects().length && !one.closest('.scroll *')
    && one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((one) => one.outerHTML.slice(0, 80))"""
TABLES_TOO_WIDE = """() => [...document.querySelectorAll('table')].filter((one) =>
    one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map((one) => one.textContent.slice(0, 80))"""


@pytest.fixture(params=CASES)
def figures(request: pytest.FixtureRequest) -> Figures:
    return CASES[request.param]


def test_a_phone_shows_all_without_moving_the_page_sideways(
    page: Page, figures: Figures
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_content(render_html(figures, LAYOUT))
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_paper_cuts_no_column(page: Page, figures: Figures) -> None:
    page.emulate_media(media="print")
    page.set_viewport_size({"width": A4_PIXELS, "height": 1000})
    page.set_content(render_html(figures, LAYOUT))
    assert page.evaluate(TABLES_TOO_WIDE) == []
    assert page.evaluate(TOO_WIDE) == []


def test_a_browser_prints_a4_with_every_table_open(page: Page, tmp_path: Path) -> None:
    page.set_content(render_html(CASES["long names"], LAYOUT))
    path = tmp_path / "report.pdf"
    page.pdf(path=path, prefer_css_page_size=True)
    document = pypdfium2.PdfDocument(path)
    assert document[0].get_size() == pytest.approx((595, 842), abs=1)
    text = " ".join(one.get_textpage().get_text_range() for one in document)
    words = " ".join(text.split())
    for expected in (
        "Thu 21 Jan, 12:00–16:00",
        "Reported by a till".lower(),
        "Touches",
    ):
        assert expected in words
    assert "Show these days" not in words


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_is_accessible(browser: Browser, scheme: Any, width: int) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    page.set_content(render_html(CASES["long names"], LAYOUT))
    assert_accessible(page)
    context.close()


def test_dark_is_dark_and_paper_is_not(browser: Browser) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    ground = "getComputedStyle(document.body).backgroundColor"
    page.set_content(render_html(CASES["one play"], LAYOUT))
    assert page.evaluate(ground) == "rgb(18, 19, 24)"
    page.set_content(render_html(CASES["one play"], replace(LAYOUT, printed=True)))
    assert page.evaluate(ground) == "rgb(243, 239, 232)"
    context.close()
