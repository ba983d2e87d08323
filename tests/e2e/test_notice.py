"""The notice of the cameras: shown, never covered, in all languages, and proved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e.pages import BASE, LIMIT_MS, assert_apart, wait_until
from tests.stand_builders import Running, make_campaign, running_stand, write_creatives
from vitrine.clock import SystemClock
from vitrine.mall import Mall, Stand
from vitrine.mall.stands import Language
from vitrine.services.stand.privacy_page import texts_of
from vitrine.topics import NOTICES

pytestmark = pytest.mark.browser

URL = "https://screens.mall.example"
RESPONSIBLE = "Mall Management, first floor, privacy@mall.example"
LANGUAGES: tuple[Language, ...] = get_args(Language)
SHAPES: list[ViewportSize] = [
    {"width": 1920, "height": 1080},
    {"width": 1080, "height": 1920},
    {"width": 390, "height": 844},
]
CARD = """
    document.querySelector('#offer .from').textContent = 'Acme Sports';
    document.querySelector('#offer .text').textContent = 'Ten percent off all running shoes';
    document.querySelector('#offer .code').textContent = 'CODE-1';
    document.querySelector('#offer').hidden = false;
    document.querySelector('#hint').classList.add('shown');
"""
HIDDEN = """
    addEventListener('DOMContentLoaded', () => {
        const notice = document.querySelector('#privacy'); // creatives have none
        if (notice) notice.style.display = 'none';
    });
"""


def stand(code: Language = "en", **fields: Any) -> Stand:
    values: dict[str, Any] = {
        "id": f"north-{code}",
        "languages": (code,),
        "responsible": RESPONSIBLE,
    }
    return Stand(**values | fields)


@contextmanager
def served(
    folder: Path, store_url: str, *stands: Stand, public_url: str | None = URL
) -> Iterator[Running]:
    """A service with these stands, and one creative for all of them."""
    names = [each.id for each in stands]
    creative = {"id": "one", "file": "one.html", "seconds": 60}
    campaign = make_campaign("spring", creative, **BASE, stands=names)
    write_creatives(folder, campaign)
    mall = Mall(cameras=(), stands=stands, campaigns=(campaign,))
    with running_stand(
        folder, store_url, mall=mall, clock=SystemClock(), public_url=public_url
    ) as running:
        yield running


def opened(page: Page, running: Running, stand_id: str) -> None:
    page.goto(f"{running.address}/stands/{stand_id}")
    expect(page.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
    expect(page.locator("#privacy .what")).not_to_be_empty(timeout=LIMIT_MS)


def assert_inside(page: Page, selector: str) -> None:
    box = page.locator(selector).bounding_box()
    size = page.viewport_size
    assert box is not None
    assert size is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]


@pytest.mark.parametrize(
    ("recognition", "reactions", "words"),
    [
        ("none", "off", "watches"),
        ("enrolled", "off", "recognises"),
        ("none", "expression", "reacts"),
        ("enrolled", "expression", "recognisesAndReacts"),
    ],
)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: str(shape["width"]))
def test_nothing_covers_the_notice_in_any_language_and_shape(
    browser: Browser,
    tmp_path: Path,
    store_url: str,
    shape: ViewportSize,
    recognition: str,
    reactions: str,
    words: str,
) -> None:
    stands = []
    for code in LANGUAGES:
        each = stand(code, recognition=recognition, reactions=reactions)
        stands.append(each)
    page = browser.new_page(viewport=shape, reduced_motion="reduce")
    with served(tmp_path, store_url, *stands) as running:
        for each in stands:
            opened(page, running, each.id)
            texts = texts_of(each.languages[0])
            notice = page.locator("#privacy")
            expect(notice.locator(".what")).to_have_text(texts[words])
            expect(notice).to_contain_text(texts["avoid"])
            expect(notice.locator("bdi")).to_have_text(RESPONSIBLE)
            assert_inside(page, "#privacy")
            page.evaluate(CARD)
            assert_apart(page, "#hint", "#privacy")
            assert_apart(page, "#offer", "#privacy")
            assert_apart(page, "#offer", "#hint")
            assert_inside(page, "#offer")
            page.locator("#glass").click(position={"x": 5, "y": 5})
            expect(page.locator("#info")).to_be_visible()
            judged = page.locator("#info .reactions")
            expect(judged).to_be_visible(visible=reactions != "off")
            assert_inside(page, "#info")
            assert_apart(page, "#info", "#privacy")
    page.close()


def test_the_code_on_the_screen_leads_to_the_privacy_page(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    own = stand("en", id="own", privacy_url="https://mall.example/privacy?of=own")
    with served(tmp_path, store_url, stand("ar"), own) as running:
        for stand_id, address in (
            ("north-ar", f"{URL}/privacy/north-ar"),
            ("own", "https://mall.example/privacy?of=own"),
        ):
            opened(page, running, stand_id)
            image = page.locator("#privacy img")
            loaded = "image => image.complete && image.naturalWidth > 0"
            wait_until(page, lambda: image.evaluate(loaded), "the code")  # noqa: B023
            shot = np.frombuffer(page.locator("#privacy").screenshot(), np.uint8)
            seen = cv2.imdecode(shot, cv2.IMREAD_COLOR)
            assert seen is not None
            # As large as a phone sees it.
            near = cv2.resize(seen, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
            text, _, _ = cv2.QRCodeDetector().detectAndDecode(near)
            assert text == address


def test_without_an_address_there_is_a_notice_without_a_code(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    nobody = stand(responsible=None)
    with served(tmp_path, store_url, nobody, public_url=None) as running:
        opened(page, running, nobody.id)
        expect(page.locator("#privacy")).to_be_visible()
        expect(page.locator("#privacy figure")).to_be_hidden()
        expect(page.locator("#privacy .who")).to_be_hidden()


def test_the_page_in_charge_proves_its_words_and_others_prove_nothing(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    one = stand(recognition="enrolled")
    with served(tmp_path, store_url, one) as running:
        opened(page, running, one.id)
        wait_until(page, lambda: running.read(NOTICES), "the first proof")
        wait_until(page, lambda: len(running.read(NOTICES)) > 1, "another one")
    for notice in running.read(NOTICES):
        assert notice.stand_id == one.id
        assert notice.recognition == "enrolled"


def test_a_page_that_does_not_show_the_notice_does_not_say_so(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    page.add_init_script(HIDDEN)
    with served(tmp_path, store_url, stand()) as running:
        opened(page, running, "north-en")
        page.wait_for_timeout(12_000)
        assert running.read(NOTICES) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_privacy_page_fits_a_phone(
    browser: Browser, tmp_path: Path, store_url: str, code: Language
) -> None:
    page = browser.new_page(viewport=SHAPES[2], locale=code)
    with served(tmp_path, store_url, stand(recognition="enrolled")) as running:
        page.goto(f"{running.address}/privacy/north-en")
        texts = texts_of(code)
        expect(page.locator("h1")).to_have_text(texts["privacyTitle"])
        expect(page.locator("html")).to_have_attribute("lang", code)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390
        page.locator("nav a").first.click()
        expect(page.locator("html")).not_to_have_attribute("lang", code)
    page.close()
