"""Every page, by the rules of WCAG 2.2 A and AA that a machine can check (axe-core)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.analytics_builders import running_analytics
from tests.builders import make_identity
from tests.calibrate_builders import DrawnPerson, running_calibration, write_site
from tests.campaign_store import campaign_store
from tests.component.test_campaign_pages import MALL
from tests.console_builders import running_console
from tests.e2e.pages import LIMIT_MS, assert_apart, now, stand_with
from tests.e2e.test_console import Scene, mall, show
from tests.sign_in_builders import PASSWORD, write_people
from tests.stand_builders import Running, make_offer, running_stand
from tests.stand_players import SPRING
from tests.unit.fieldtest.builders import make_case, make_presence, make_truth, place
from vitrine.beside import now_and_then
from vitrine.fieldtest.checks import check
from vitrine.fieldtest.page import render
from vitrine.fieldtest.running import Run
from vitrine.fieldtest.scenarios import SCENARIOS
from vitrine.services.analytics.report_page import render_html
from vitrine.settings import Settings
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect
from vitrine.topics import ENGAGEMENT, IDENTITIES

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
SIZES = {
    "desktop": ViewportSize(width=1920, height=1080),
    "portrait": ViewportSize(width=1080, height=1920),
    "phone": ViewportSize(width=390, height=844),
}


TWO_FRAMES = """() => new Promise((yes) => {
    requestAnimationFrame(() => requestAnimationFrame(yes));
})"""
# The bar of an offer runs for as long as the offer, and some creatives move for ever.
STANDS_STILL = """() => document.getAnimations().every(({ playState, effect }) =>
    playState !== 'running' || effect.getComputedTiming().endTime > 2_000)"""


@pytest.fixture(params=SIZES)
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    return SIZES[request.param]


@pytest.fixture
def store_url() -> Iterator[str]:
    """A store of its own for each test: an offer is granted once."""
    with embedded_redis() as url:
        yield url


def publish_a_passer_by(stand: Running) -> None:
    """Let one person be seen now who takes little notice."""
    stand.publish(ENGAGEMENT, now(10))


def assert_accessible(page: Page) -> None:
    """Name each rule that is broken, and where."""
    # What fades in is judged when it is there: two frames after it was asked to.
    page.evaluate(TWO_FRAMES)
    page.wait_for_function(STANDS_STILL)
    violations: list[dict[str, Any]] = (
        Axe().run(page, options=RULES).response["violations"]
    )
    found = []
    for violation in violations:
        rule = violation["id"]
        nodes = violation["nodes"]
        found += [f"{rule}: {node['html']}: {node['failureSummary']}" for node in nodes]
    assert found == []


def test_a_stand_with_an_offer_and_what_the_screen_knows(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    offer = make_offer(text="Ten off", when={"people": 1})
    creative = {"id": "one", "file": "one.html", "seconds": 60}
    with stand_with(tmp_path, store_url, creative, offers=[offer]) as stand:
        page.goto(f"{stand.address}/stands/north")
        expect(page.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        # The hint goes when nobody was seen for two seconds.
        seen = partial(publish_a_passer_by, stand)
        with now_and_then(seen, 0.2, "passer-by", Event()):
            expect(page.locator("#hint")).to_have_class("shown", timeout=LIMIT_MS)
            page.wait_for_timeout(800)  # it moves in
            assert_apart(page, "#hint", "#privacy")
            assert_accessible(page)
        stand.publish(IDENTITIES, make_identity("a"))
        for _ in range(100):
            stand.publish(ENGAGEMENT, now(80))
            page.wait_for_timeout(100)
            if page.locator("#offer:visible").count():
                break
        expect(page.locator("#offer")).to_be_visible()
        assert_accessible(page)
        assert_apart(page, "#offer", "#privacy")
        page.locator("#glass").click()
        expect(page.locator("#info")).to_be_visible()
        assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_operators_console(
    page: Page, tmp_path: Path, store_url: str, scheme: Any
) -> None:
    page.emulate_media(color_scheme=scheme)
    missing = {"id": "missing", "file": "x.svg"}
    creative = {"id": "one", "file": "one.html", "seconds": 2}
    with stand_with(tmp_path, store_url, creative, missing) as stand:
        player = page.context.new_page()
        player.goto(f"{stand.address}/stands/north")
        expect(player.locator("iframe.shown")).to_be_visible(timeout=LIMIT_MS)
        page.goto(f"{stand.address}/live")
        stand.publish(ENGAGEMENT, now(42, synthetic=True))
        expect(page.locator("#problems")).to_be_visible(timeout=LIMIT_MS)
        assert_accessible(page)
        player.close()
        page.locator(".tile").click()
        expect(page.locator(".concerns li")).to_be_visible(timeout=LIMIT_MS)
        expect(page.locator("tbody tr").first).to_be_visible(timeout=LIMIT_MS)
        assert_accessible(page)


def test_an_address_that_is_not_there(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    creative = {"id": "one", "file": "one.html", "seconds": 2}
    with stand_with(tmp_path, store_url, creative) as stand:
        page.goto(f"{stand.address}/nowhere")
        assert_accessible(page)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene()


def test_the_cameras(page: Page, scene: Scene) -> None:
    with running_console(mall()) as console:
        page.goto(console.service.entrance())
        show(console, scene, page)
        page.locator("#cameras .title").click()
        expect(page.locator("#cameras .faces section")).to_be_visible()
        assert_accessible(page)


def test_the_page_to_set_a_camera_up(page: Page, tmp_path: Path) -> None:
    with running_calibration(write_site(tmp_path), DrawnPerson()) as address:
        page.goto(address)
        expect(page.locator("#judgements .good").first).to_be_visible(timeout=LIMIT_MS)
        page.locator("#rectangle").click()
        page.locator("#still").click()
        page.locator("#show").click()
        expect(page.locator("#difference")).to_be_visible(timeout=LIMIT_MS)
        assert_accessible(page)


def test_campaigns_and_their_report(page: Page) -> None:
    with campaign_store() as url, running_analytics(url, mall=MALL) as analytics:
        page.goto(f"{analytics.service.address}/campaigns")
        assert_accessible(page)
        page.get_by_role("link", name="The report of spring").click()
        expect(page.get_by_role("link", name="All campaigns")).to_be_visible()
        assert_accessible(page)


def test_a_page_that_asks_for_the_token(page: Page) -> None:
    with running_console(mall(), operator_token="k" * 16) as console:
        page.goto(f"{console.service.address}/cameras")
        expect(page.locator("input")).to_be_visible()
        assert_accessible(page)


@pytest.mark.parametrize("path", ["live", "audit", "sign-in"])
def test_the_pages_of_people_who_sign_in(
    page: Page, tmp_path: Path, store_url: str, path: str
) -> None:
    users = write_people(tmp_path)
    audit = tmp_path / "audit.jsonl"
    with running_stand(
        tmp_path, store_url, SPRING, users=users, audit_file=audit
    ) as stand:
        page.goto(f"{stand.address}/{path}")
        assert_accessible(page)
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(f"{stand.address}/{path}")
        expect(page.get_by_label("Password")).to_have_count(0)
        assert_accessible(page)


@pytest.fixture(scope="module")
def report() -> Iterator[str]:
    with campaign_store() as url, connect(url) as redis:
        yield render_html(load_figures(redis))


def test_the_advertisers_report(page: Page, report: str) -> None:
    page.set_content(report)
    assert_accessible(page)


def test_the_page_of_a_field_test(page: Page) -> None:
    truth = make_truth({"a": [(2, 12)]}, {"a": [(4, 8)]})
    tracks = {"t": (place("a"), [(5, 12)])}
    late = make_case(truth, tracks, [make_presence("t", 5, 12)])
    run = Run(SCENARIOS["quiet"], Settings(), Path(), None)
    page.set_content(render(run, late, check(late)))
    assert_accessible(page)


SHOWN = [
    *sorted((ROOT / "config" / "creatives").glob("*.html")),
    ROOT / "services" / "stand" / "pages" / "house.html",
]


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_a_creative_of_ours(page: Page, path: Path) -> None:
    page.goto(path.as_uri())
    assert_accessible(page)


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_a_creative_of_ours_stands_still_for_who_asks_for_that(
    browser: Browser, path: Path
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_timeout(500)
    moving = page.evaluate(
        "document.getAnimations().filter(each => each.playState === 'running').length"
    )
    context.close()
    assert moving == 0


def test_the_privacy_page(page: Page, tmp_path: Path, store_url: str) -> None:
    creative = {"id": "one", "file": "one.html", "seconds": 60}
    with stand_with(tmp_path, store_url, creative) as stand:
        page.goto(f"{stand.address}/privacy/north")
        assert_accessible(page)
