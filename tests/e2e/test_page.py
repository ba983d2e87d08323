"""The stand's page, and what the operator's console shows of it, in a real browser."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.builders import make_identity
from tests.e2e.pages import (
    BASE,
    LIMIT_MS,
    kept,
    now,
    plays_of,
    stand_with,
    wait_until,
)
from tests.stand_builders import (
    ENGAGED,
    STAND,
    make_campaign,
    make_offer,
    running_stand,
    write_creatives,
)
from vitrine.clock import SystemClock
from vitrine.mall import Mall, Screen
from vitrine.topics import ENGAGEMENT, IDENTITIES, INTERACTIONS, PLAYS

pytestmark = pytest.mark.browser

TOKEN = "the token of players"  # noqa: S105 - of the test


def test_html_and_image_creatives_play_in_turn_and_are_reported(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    creatives = (
        {"id": "one", "file": "one.html", "seconds": 1},
        {"id": "two", "file": "two.svg", "seconds": 1},
    )
    with stand_with(tmp_path, store_url, *creatives) as stand:
        page.goto(f"{stand.address}/stands/north")
        expect(page.locator("#stage > .shown").first).to_be_visible(timeout=LIMIT_MS)
        both = {"one", "two"}
        wait_until(
            page,
            lambda: {play.creative_id for play in stand.read(PLAYS)} == both,
            "both creatives",
        )
        plays = plays_of(page, stand, 4)
        count = "document.querySelectorAll('#stage > *').length"
        wait_until(page, lambda: page.evaluate(count) <= 3, "old creatives to go")
    for play in plays:
        assert play.player == "page"
        assert play.completed is True
        assert play.end_ns - play.start_ns >= 1_000_000_000
    for before, after in pairwise(plays):
        assert before.end_ns <= after.start_ns


AWAKE = """
    window.asked = [];
    const wakeLock = { request: async (kind) => { asked.push(kind); } };
    Object.defineProperty(navigator, 'wakeLock', { value: wakeLock });
"""


def test_a_page_can_be_installed_and_keeps_the_screen_awake(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    creative = {"id": "one", "file": "one.html", "seconds": 60}
    page.add_init_script(AWAKE)
    with stand_with(
        tmp_path, store_url, creative, served={"player_token": TOKEN}
    ) as stand:
        page.goto(f"{stand.address}/stands/north?token={TOKEN}")
        expect(page.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        assert page.evaluate("asked") == ["screen"]
        debugger = page.context.new_cdp_session(page)
        found = debugger.send("Page.getAppManifest")
    assert found["url"].endswith("/stands/north/manifest.webmanifest")
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    assert manifest["start_url"] == "/stands/north"
    assert manifest["display"] == "fullscreen"


def test_a_video_plays_without_sound_and_is_reported(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    film = {"id": "film", "file": "film.webm", "seconds": 2}
    with stand_with(tmp_path, store_url, film) as stand:
        page.goto(f"{stand.address}/stands/north")
        video = page.locator("#stage > video.shown").first
        expect(video).to_be_visible(timeout=LIMIT_MS)
        wait_until(
            page,
            lambda: video.evaluate("v => v.currentTime > 0.2 && v.muted"),
            "the film to run",
        )
        [play] = plays_of(page, stand, 1)[:1]
    assert play.creative_id == "film"
    assert play.completed is True


@pytest.mark.parametrize("fit", ["cover", "contain"])
def test_a_picture_of_another_shape_is_cut_or_has_bars(
    page: Page, tmp_path: Path, store_url: str, fit: str
) -> None:
    creative = {"id": "one", "file": "one.svg", "seconds": 60, "fit": fit}
    with stand_with(tmp_path, store_url, creative) as stand:
        page.goto(f"{stand.address}/stands/north")
        picture = page.locator("#stage > img.shown")
        expect(picture).to_have_css("object-fit", fit, timeout=LIMIT_MS)


def test_creatives_cannot_reach_the_page(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    with stand_with(
        tmp_path, store_url, {"id": "one", "file": "one.html", "seconds": 60}
    ) as stand:
        script = (
            "<script>try { parent.document.title = 'taken' } "
            "catch { document.title = 'kept out' }</script>"
        )
        (tmp_path / "creatives" / "one.html").write_text(script)
        page.goto(f"{stand.address}/stands/north")
        frame = page.locator("#stage > iframe").element_handle(timeout=LIMIT_MS)
        assert frame.get_attribute("sandbox") == "allow-scripts"
        content = frame.content_frame()
        assert content is not None
        content.wait_for_function("document.title !== ''")
        assert content.title() == "kept out"
        assert page.title() == "Vitrine"


def test_interest_brings_more_and_an_offer_with_its_code(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    creatives = (
        {"id": "shoe", "file": "shoe.html", "seconds": 60},
        {
            "id": "more",
            "file": "more.html",
            "seconds": 60,
            "when": ENGAGED | {"for_seconds": 0.5},
        },
    )
    offer = make_offer(text="Ten off", when=ENGAGED | {"for_seconds": 0.5})
    with stand_with(tmp_path, store_url, *creatives, offers=[offer]) as stand:
        page.goto(f"{stand.address}/stands/north")
        expect(page.locator("iframe[title=shoe].shown")).to_be_visible(timeout=LIMIT_MS)
        stand.publish(IDENTITIES, make_identity("a"))
        for _ in range(50):
            stand.publish(ENGAGEMENT, now(80))
            page.wait_for_timeout(100)
            if page.locator("iframe[title=more].shown").count():
                break
        expect(page.locator("#offer .code")).to_have_text("CODE-1")
        expect(page.locator("#offer .text")).to_have_text("Ten off")
        [cut] = plays_of(page, stand, 1)
        assert cut.creative_id == "shoe"
        assert cut.completed is False
        assert (cut.end_ns - cut.start_ns) / 1e9 > 2.5


def test_an_invitation_shows_a_code_to_scan_and_nothing_of_its_offer(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    creative = {"id": "shoe", "file": "shoe.html", "seconds": 60}
    offer = make_offer(
        id="gift",
        text="Half price for Ada",
        show="phone",
        when={"people": 1},
        codes="signed",
    )
    served = {"public_url": "https://screens.example"}
    with stand_with(
        tmp_path, store_url, creative, offers=[offer], served=served
    ) as stand:
        page.goto(f"{stand.address}/stands/north")
        expect(page.locator("iframe[title=shoe].shown")).to_be_visible(timeout=LIMIT_MS)
        stand.publish(IDENTITIES, make_identity("a"))
        for _ in range(100):
            stand.publish(ENGAGEMENT, now(80))
            page.wait_for_timeout(100)
            if page.locator("#offer:visible").count():
                break
        expect(page.locator("#offer .text")).to_have_text("Something for you")
        expect(page.locator("#offer .code")).to_be_hidden()
        expect(page.locator("#offer .scan")).to_be_visible()
        drawn = page.locator("#offer .scan").evaluate("image => image.naturalWidth")
        assert drawn > 0
        assert "Half price" not in page.content()


def test_a_touch_is_reported_and_explains_what_the_screen_knows(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    with stand_with(
        tmp_path, store_url, {"id": "one", "file": "one.html", "seconds": 60}
    ) as stand:
        page.goto(f"{stand.address}/stands/north")
        expect(page.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        notice = page.locator("#privacy")
        expect(notice).to_contain_text("A camera counts looks at this screen")
        expect(notice).not_to_contain_text("recognises")
        page.locator("#glass").click()
        expect(page.locator("#info .why")).to_have_text(
            "It was simply the turn of this advertisement."
        )
        expect(page.locator("[data-wish=opt-out]")).to_be_hidden()
        page.locator("[data-wish=close]").click()
        expect(page.locator("#info")).to_be_hidden()
        wait_until(
            page, lambda: not kept(page, "interactions"), "the touch to be acknowledged"
        )
        [touch] = stand.read(INTERACTIONS)
    assert touch.kind == "touch"
    assert touch.creative_id == "one"


MORE_BY_TOUCH = (
    {
        "id": "shoe",
        "file": "shoe.html",
        "seconds": 60,
        "responses": [{"when": {"touch": True}, "then": "more", "creative": "more"}],
    },
    {"id": "more", "file": "more.html", "seconds": 60, "when": {"engagement": 100}},
)


def touch_the_shoe(page: Page, stand: Any) -> None:
    """Somebody touches the screen as soon as the shoe is on it."""
    page.goto(f"{stand.address}/stands/north")
    expect(page.locator("iframe[title=shoe].shown")).to_be_visible(timeout=LIMIT_MS)
    page.locator("#glass").click()


def test_a_touch_that_the_campaign_answers_opens_nothing_else(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    page.clock.install()
    with stand_with(tmp_path, store_url, *MORE_BY_TOUCH) as stand:
        touch_the_shoe(page, stand)
        for _ in range(100):
            stand.publish(ENGAGEMENT, now(50))
            page.wait_for_timeout(100)
            if page.locator("iframe[title=more].shown").count():
                break
        page.clock.fast_forward(5_000)
        expect(page.locator("iframe[title=more].shown")).to_be_visible()
        expect(page.locator("#info")).to_be_hidden()


def test_a_touch_that_stays_without_an_answer_opens_what_the_screen_knows(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    page.clock.install()
    with stand_with(tmp_path, store_url, *MORE_BY_TOUCH) as stand:
        touch_the_shoe(page, stand)
        expect(page.locator("#info")).to_be_hidden()
        # Nobody is there who could be answered.
        page.clock.fast_forward(5_000)
        expect(page.locator("#info")).to_be_visible()


def test_the_keyboard_opens_what_the_screen_knows_and_closes_it(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    creative = {"id": "one", "file": "one.html", "seconds": 60}
    with stand_with(tmp_path, store_url, creative) as stand:
        page.goto(f"{stand.address}/stands/north")
        expect(page.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        page.locator("#glass").focus()
        page.keyboard.press("Enter")
        expect(page.locator("[data-wish=close]")).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.locator("#glass")).not_to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#info")).to_be_hidden()
        expect(page.locator("#glass")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#info")).to_be_visible()
        # Beside the card.
        page.mouse.click(5, 5)
        expect(page.locator("#info")).to_be_hidden()


SHOW_WISH = "document.querySelector('[data-wish=opt-out]').hidden = false"


def opt_out(page: Page) -> None:
    """Touch the page, and then its wish not to be recognised."""
    # The first state hides the wish, as nobody is recognised here.
    expect(page.locator("#privacy .what")).not_to_be_empty(timeout=LIMIT_MS)
    page.locator("#glass").click()
    page.evaluate(SHOW_WISH)
    page.locator("[data-wish=opt-out]").click()
    wait_until(page, lambda: not kept(page, "interactions"), "the answer")


def test_an_opt_out_counts_with_and_without_a_play(
    page: Page, browser: Browser, tmp_path: Path, store_url: str
) -> None:
    with stand_with(
        tmp_path, store_url, {"id": "one", "file": "one.html", "seconds": 60}
    ) as stand:
        page.goto(f"{stand.address}/stands/north")
        expect(page.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        opt_out(page)
        second = browser.new_context().new_page()
        second.goto(f"{stand.address}/stands/north")
        # Waits beside the first one, and shows no play.
        expect(second.locator("#notice")).to_be_visible(timeout=LIMIT_MS)
        second.evaluate("document.querySelector('#notice').style.display = 'none'")
        opt_out(second)
        second.context.close()
        told = [(one.kind, one.creative_id) for one in stand.read(INTERACTIONS)]
    assert told == [("touch", "one"), ("opt-out", "one"), ("opt-out", None)]


def test_a_play_survives_the_stand_and_the_page_reconnects(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    creative = {"id": "one", "file": "one.html", "seconds": 1}
    with stand_with(tmp_path, store_url, creative) as stand:
        page.goto(f"{stand.address}/stands/north")
        plays_of(page, stand, 1)
        bus = stand.bus
        port = int(stand.address.rpartition(":")[2])
    wait_until(page, lambda: kept(page, "plays"), "the page to keep a play")
    waiting = kept(page, "plays")
    campaign = make_campaign("spring", creative, **BASE)
    with running_stand(
        tmp_path, store_url, campaign, bus=bus, clock=SystemClock(), port=port
    ) as stand:
        plays = plays_of(page, stand, len(stand.read(PLAYS)) + len(waiting) + 1)
    ids = [play.play_id for play in plays]
    assert set(waiting) <= set(ids)
    assert len(set(ids)) == len(ids)


def test_a_second_page_waits_and_takes_over_when_the_first_leaves(
    page: Page, browser: Browser, tmp_path: Path, store_url: str
) -> None:
    with stand_with(
        tmp_path, store_url, {"id": "one", "file": "one.html", "seconds": 60}
    ) as stand:
        page.goto(f"{stand.address}/stands/north")
        expect(page.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        second = browser.new_context().new_page()
        second.goto(f"{stand.address}/stands/north")
        expect(second.locator("#notice")).to_contain_text(
            "another player shows this stand", timeout=LIMIT_MS
        )
        page.close()
        expect(second.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        second.context.close()
        plays = plays_of(page.context.new_page(), stand, 1)
    assert not plays[0].completed


def test_the_operator_sees_who_is_there_what_plays_and_why(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    with stand_with(
        tmp_path,
        store_url,
        {"id": "one", "file": "one.html", "seconds": 60},
        {"id": "missing", "file": "x.svg"},
    ) as stand:
        player = page.context.new_page()
        player.goto(f"{stand.address}/stands/north")
        expect(player.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        page.goto(f"{stand.address}/live#north")
        detail = page.locator("dialog")
        expect(detail.locator("[data-of=creative]")).to_have_text(
            "one", timeout=LIMIT_MS
        )
        stand.publish(ENGAGEMENT, now(42, synthetic=True))
        expect(detail.locator("[data-of=people]")).to_have_text("1")
        expect(detail.locator("[data-of=engagement]")).to_have_text("42")
        expect(detail.locator("[data-of=why]")).to_contain_text("rotation")
        expect(page.locator("#synthetic")).to_be_visible()
        expect(page.locator("#problems")).to_contain_text(
            "creative missing is skipped: x.svg is missing", timeout=LIMIT_MS
        )


@pytest.mark.parametrize("touch", [True, False])
def test_only_a_screen_that_can_be_touched_invites_to_it(
    page: Page, tmp_path: Path, store_url: str, touch: bool
) -> None:
    campaign = make_campaign("spring", {"id": "one", "file": "one.html"}, **BASE)
    stand = STAND.model_copy(update={"screen": Screen(touch=touch)})
    mall = Mall(cameras=(), stands=(stand,), campaigns=(campaign,))
    write_creatives(tmp_path, campaign)
    with running_stand(tmp_path, store_url, mall=mall, clock=SystemClock()) as running:
        page.goto(f"{running.address}/stands/north")
        expect(page.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        shown = []
        for _ in range(20):
            running.publish(ENGAGEMENT, now(0))
            page.wait_for_timeout(100)
            classes = page.locator("#hint").get_attribute("class") or ""
            shown.append("shown" in classes)
    assert any(shown) is touch


def test_the_operator_sees_whether_the_screen_would_go_on_alone(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    with stand_with(
        tmp_path,
        store_url,
        {"id": "one", "file": "one.svg", "seconds": 1},
        {"id": "two", "file": "two.svg", "seconds": 1},
    ) as stand:
        player = page.context.new_page()
        player.goto(f"{stand.address}/stands/north")
        page.goto(f"{stand.address}/live#north")
        expect(page.locator("[data-of=alone]")).to_have_text(
            "Would go on without the stand: 2 of 2 creatives kept.", timeout=LIMIT_MS
        )
