"""The operator's console in a real browser, on a mall of twenty stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.builders import make_mall
from tests.console_builders import running_console
from tests.e2e.malls import (
    BLIND,
    DARK,
    STANDS,
    Visitors,
    heights,
    mall_at_work,
    mall_of,
)
from tests.e2e.pages import LIMIT_MS, wait_until
from tests.e2e.test_accessible import assert_accessible
from tests.e2e.test_console import CAMERA, Scene
from tests.stand_builders import Running, running_stand
from vitrine.clock import SystemClock
from vitrine.mall import Camera, Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.stores.embedded import embedded_redis

pytestmark = pytest.mark.browser

WELL = "stand-05"
TOKEN = "of-the-operators"  # noqa: S105 - of a test


@pytest.fixture
def viewport() -> ViewportSize:
    return {"width": 1920, "height": 1080}


@pytest.fixture(scope="module")
def work(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Running, Visitors]]:
    """Twenty stands, of which one has no player, and one no figures."""
    folder = tmp_path_factory.mktemp("mall")
    with (
        embedded_redis() as url,
        mall_at_work(
            folder,
            url,
            mall_of(*STANDS),
            dark=(DARK,),
            quiet=(BLIND,),
        ) as running,
    ):
        yield running


@pytest.fixture
def stand(work: tuple[Running, Visitors]) -> Running:
    return work[0]


def tile(page: Page, stand_id: str) -> Any:
    return page.locator(f'.tile[href="#{stand_id}"]')


def settled(page: Page, stand: Running, hash_: str = "") -> None:
    """Open the console and wait until both faults are told."""
    page.goto(f"{stand.address}/live{hash_}")
    expect(page.locator("#needs")).to_have_text(
        "2 of 20 stands need somebody", timeout=LIMIT_MS
    )


def test_twenty_stands_fit_and_what_needs_somebody_comes_first(
    page: Page, stand: Running
) -> None:
    settled(page, stand)
    expect(page.locator(".tile")).to_have_count(20)
    window, content = heights(page)
    assert content <= window
    first = [page.locator(".tile").nth(n).get_attribute("href") for n in (0, 1)]
    assert first == [f"#{BLIND}", f"#{DARK}"]
    expect(tile(page, DARK).locator("[data-of=concern]")).to_have_text("no player")
    expect(tile(page, BLIND).locator("[data-of=concern]")).to_have_text("no figures")
    expect(tile(page, WELL).locator("[data-of=concern]")).to_be_hidden()
    expect(tile(page, WELL).locator("[data-of=proof]")).to_have_text(
        "3 s", timeout=LIMIT_MS
    )


def hues(page: Page, selector: str) -> set[str]:
    """Return the colours that are not grey within an element: text, border and ground."""
    found: list[str] = page.evaluate(
        """(selector) => {
            const root = document.querySelector(selector);
            const colours = new Set();
            for (const each of [root, ...root.querySelectorAll('*')]) {
                const style = getComputedStyle(each);
                for (const name of ['color', 'borderLeftColor', 'backgroundColor']) {
                    const [r, g, b] = style[name].match(/[0-9.]+/g).map(Number);
                    if (Math.max(r, g, b) - Math.min(r, g, b) > 30) colours.add(style[name]);
                }
            }
            return [...colours];
        }""",
        selector,
    )
    return set(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_only_what_needs_somebody_has_a_colour(
    page: Page, stand: Running, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    settled(page, stand)
    assert hues(page, f'.tile[href="#{WELL}"]') == set()
    assert hues(page, f'.tile[href="#{DARK}"]') != set()


def test_figures_that_stay_away_are_unknown_and_not_zero(
    page: Page, stand: Running
) -> None:
    settled(page, stand)
    for name in ("people", "attending", "engagement"):
        expect(tile(page, BLIND).locator(f"[data-of={name}]")).to_have_text("–")


def test_the_detail_is_opened_and_closed_by_the_keyboard(
    page: Page, stand: Running
) -> None:
    settled(page, stand)
    dialog = page.locator("dialog")
    tile(page, DARK).focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    assert page.url.endswith(f"/live#{DARK}")
    expect(dialog.locator("[data-of=name]")).to_have_text("Stand 17")
    expect(dialog.locator(".concerns li")).to_contain_text(
        "Open the page of this stand in the screen's browser"
    )
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(f"{stand.address}/live#")
    expect(tile(page, DARK)).to_be_focused()


def test_the_detail_has_an_address_and_shows_minutes_and_decisions(
    page: Page, stand: Running
) -> None:
    settled(page, stand, f"#{WELL}")
    dialog = page.locator("dialog")
    expect(dialog.locator("tbody tr").nth(1)).to_be_visible(timeout=LIMIT_MS)
    expect(dialog.locator("tbody tr").first).to_contain_text(
        re.compile(r"rotation\d+ %3\.0 s")
    )
    expect(dialog.locator(".chart .steps")).to_have_attribute(
        "d", re.compile(r"^M5\d\d\.\d ")
    )
    expect(dialog.locator("[data-of=creative]")).to_contain_text("The ")
    expect(dialog.locator("[data-of=why]")).to_contain_text(
        "Shown because it was its turn in the rotation, "
    )
    expect(dialog.locator("[data-of=may]")).to_have_text(
        re.compile(r"^The rotation may bring The .* \d+ %(, The .* \d+ %)?\.$"),
        timeout=LIMIT_MS,
    )
    expect(dialog.locator("[data-of=next]")).to_contain_text("The ", timeout=LIMIT_MS)
    expect(dialog.locator(".cameras")).to_contain_text("VITRINE_STAND_CONSOLE_URL")


def test_both_columns_begin_at_the_top_where_nothing_needs_anybody(
    page: Page, stand: Running
) -> None:
    settled(page, stand, f"#{WELL}")
    tops = []
    for part in (".screen", ".who"):
        box = page.locator(f"dialog {part}").bounding_box()
        assert box is not None
        tops.append(box["y"])
    assert tops[0] == tops[1]


def test_an_address_that_names_nothing_still_shows_the_stands(
    page: Page, stand: Running
) -> None:
    settled(page, stand, "#%")


WATCH = """
() => {
    window.seen = [];
    const look = () => {
        const shown = [...document.querySelectorAll('.preview > *')]
            .filter((each) => !each.hidden)
            .filter((each) => Number(getComputedStyle(each).opacity) > 0);
        window.seen.push(shown.length);
        requestAnimationFrame(look);
    };
    look();
}
"""


def test_two_creatives_are_never_seen_at_once(page: Page, stand: Running) -> None:
    settled(page, stand, f"#{WELL}")
    expect(page.locator(".preview .shown")).to_be_visible(timeout=LIMIT_MS)
    page.evaluate(WATCH)
    first = page.locator(".preview .shown").get_attribute("src")
    wait_until(
        page,
        lambda: (
            page.locator(".preview .shown").count()
            and page.locator(".preview .shown").get_attribute("src") != first
        ),
        "the other creative",
    )
    page.wait_for_timeout(500)
    seen = page.evaluate("window.seen")
    assert max(seen) == 1
    # The old one goes before the new one comes.
    assert min(seen) == 0


def test_the_preview_has_the_shape_of_the_screen(
    page: Page, browser: Browser, stand: Running
) -> None:
    context = browser.new_context(viewport={"width": 1080, "height": 1920})
    screen = context.new_page()
    screen.goto(f"{stand.address}/stands/{WELL}")
    expect(screen.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
    settled(page, stand, f"#{WELL}")
    preview = page.locator(".preview")
    expect(preview).to_be_visible(timeout=LIMIT_MS)

    def shape() -> float:
        box = preview.bounding_box()
        assert box is not None
        return box["width"] / box["height"]

    wait_until(page, lambda: abs(shape() - 1080 / 1920) < 0.01, "its shape")
    frame = preview.locator(".shown")
    expect(frame).to_be_visible(timeout=LIMIT_MS)
    assert frame.evaluate("each => [each.clientWidth, each.clientHeight]") == [
        1080,
        1920,
    ]
    box = frame.bounding_box()
    around = preview.bounding_box()
    assert box is not None
    assert around is not None
    assert box["width"] == pytest.approx(around["width"], abs=1)
    context.close()


@pytest.mark.parametrize("size", [(390, 844), (1080, 1920)])
def test_nothing_is_cut_off_on_other_screens(
    page: Page, stand: Running, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    settled(page, stand)
    assert page.evaluate("document.documentElement.scrollWidth") == size[0]
    tile(page, WELL).click()
    expect(page.locator("dialog .preview")).to_be_visible(timeout=LIMIT_MS)
    assert page.evaluate("document.querySelector('dialog').scrollWidth") <= size[0]


def test_what_is_not_there_any_more_looks_like_it(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    with running_stand(
        tmp_path, store_url, mall=mall_of("north"), clock=SystemClock()
    ) as stand:
        page.goto(f"{stand.address}/live")
        expect(page.locator("#link")).to_have_text("live", timeout=LIMIT_MS)
        name = page.locator(".tile [data-of=name]")
        of_now = name.evaluate("each => getComputedStyle(each).color")
        page.context.set_offline(True)
    expect(page.locator("#stale")).to_contain_text(
        "No figures come any more. They are of", timeout=LIMIT_MS
    )
    expect(page.locator("#link")).to_have_text("no connection")
    expect(page.locator("body")).to_have_class("old")
    expect(page.locator(".tile")).to_have_css("border-left-style", "dashed")
    assert name.evaluate("each => getComputedStyle(each).color") != of_now
    assert_accessible(page)


class ChangedMall(FixedMall):
    """A mall that a test replaces."""

    def __init__(self, mall: Mall) -> None:
        super().__init__(mall)
        self.mall = mall

    def current(self) -> Mall:
        return self.mall


def test_a_stand_that_is_gone_disappears(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    source = ChangedMall(mall_of("north", "south"))
    with running_stand(
        tmp_path, store_url, mall_source=source, clock=SystemClock()
    ) as stand:
        page.goto(f"{stand.address}/live#south")
        expect(page.locator("dialog .preview")).to_be_visible(timeout=LIMIT_MS)
        expect(page.locator(".tile")).to_have_count(2)
        source.mall = mall_of("north")
        expect(page.locator(".tile")).to_have_count(1, timeout=LIMIT_MS)
        expect(page.locator("dialog .gone")).to_be_visible()
        expect(page.locator("dialog .columns")).to_be_hidden()


def test_the_cameras_of_a_stand_are_seen_in_its_detail(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    other = Camera(id="south-1", uri="synthetic:", stand="south")
    mall = make_mall(
        Stand(id="north"),
        Stand(id="south"),
        cameras=[CAMERA, other],
    )
    scene = Scene()
    with (
        running_console(mall, operator_token=TOKEN) as console,
        running_stand(
            tmp_path,
            store_url,
            mall=mall,
            clock=SystemClock(),
            console_url=console.service.address,
            operator_token=TOKEN,
        ) as stand,
    ):
        page.goto(f"{stand.address}/live?token={TOKEN}#north")
        frame = page.frame_locator(".cameras iframe")
        drawn = frame.locator("canvas[data-at-ms]")

        def is_drawn() -> bool:
            console.show(scene.found(next(scene.tenths) / 10), scene.jpeg)
            return drawn.count() > 0

        wait_until(page, is_drawn, "the picture")
        expect(frame.locator("#cameras article")).to_have_count(1)
        expect(frame.locator("#layers")).to_be_visible()
        expect(frame.locator("h1")).to_be_hidden()
        page.keyboard.press("Escape")
        expect(page.locator(".cameras iframe")).to_have_count(0)
