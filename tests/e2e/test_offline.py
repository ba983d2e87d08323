"""A screen whose stand is away goes on, also after a restart, and hands in its plays later."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.pages import (
    LIMIT_MS,
    kept,
    kill_browser_of,
    stand_with,
    wait_until,
)
from tests.stand_builders import Running, make_campaign, read, running_stand
from vitrine.bus.memory import MemoryBus
from vitrine.clock import Clock, SystemClock
from vitrine.programme.licences import OFFLINE
from vitrine.schemas import OVERLAP_NS, Play
from vitrine.topics import PLAYS, TOPICS

pytestmark = pytest.mark.browser

CREATIVES = (
    {"id": "picture", "file": "picture.svg", "seconds": 1},
    {"id": "film", "file": "film.webm", "seconds": 1},
    {"id": "page", "file": "page.html", "seconds": 1},
)
YEARS = {"from": "2000-01-01", "to": "2999-12-31"}


class Site:
    """A stand that can be away, at one address and with one bus."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.folder = folder
        self.redis_url = redis_url
        self.bus = MemoryBus(TOPICS)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/stands/north"

    def first(self, hosts: Sequence[str] = (), clock: Clock | None = None) -> Any:
        """The stand, for the first time; creatives may reach these hosts."""
        return stand_with(
            self.folder,
            self.redis_url,
            *CREATIVES,
            clock=clock,
            served={
                "bus": self.bus,
                "port": self.port,
                "creative_hosts": ",".join(hosts),
            },
            hosts=hosts,
        )

    def again(self, clock: Clock | None = None) -> AbstractContextManager[Running]:
        """The stand that comes back, as another process."""
        return running_stand(
            self.folder,
            self.redis_url,
            make_campaign("spring", *CREATIVES, **YEARS),
            clock=clock or SystemClock(),
            bus=self.bus,
            port=self.port,
        )

    def plays(self) -> list[Play]:
        """What is on the bus, by start."""
        return sorted(read(self.bus, PLAYS), key=lambda play: play.start_ns)


@pytest.fixture
def site(tmp_path: Path, store_url: str) -> Site:
    return Site(tmp_path, store_url)


def wait_until_kept(page: Page) -> None:
    """Wait for all files of the playlist, the house and the page itself."""
    count = """async () => {
        const creatives = await (await caches.open('vitrine-creatives')).keys();
        const page = await (await caches.open('vitrine-page')).keys();
        return creatives.length === 4 && page.some(({url}) => url.endsWith('/stands/north'));
    }"""
    wait_until(page, lambda: page.evaluate(count), "files that the browser keeps")


def visit(page: Page, site: Site) -> None:
    """Open the page, and wait until all is kept."""
    page.goto(site.address)
    wait_until(page, site.plays, "a play")
    wait_until_kept(page)


def shown(page: Page) -> set[str]:
    """The files on the stage."""
    urls = page.locator("#stage > *").evaluate_all("all => all.map(one => one.src)")
    return {url.rpartition("/")[2] for url in urls}


def wait_for_all(page: Page) -> None:
    """Wait until each creative was shown from what the browser keeps."""
    seen: set[str] = set()

    def complete() -> bool:
        seen.update(shown(page))
        return {"picture.svg?kept", "film.webm?kept", "page.html?kept"} <= seen

    wait_until(page, complete, "each creative, kept", limit_ms=3 * LIMIT_MS)


def test_a_screen_goes_on_without_its_stand_and_hands_in_its_plays(
    page: Page, site: Site
) -> None:
    with site.first():
        visit(page, site)
    wait_for_all(page)
    before = len(site.plays())
    waiting = set(kept(page, "plays"))
    assert waiting
    with site.again():
        wait_until(page, lambda: not set(kept(page, "plays")) & waiting, "reports")
        wait_until(
            page,
            lambda: site.plays()[-1].reason != OFFLINE,
            "a play that the stand asked for",
        )
    plays = site.plays()
    offline = [play for play in plays if play.reason == OFFLINE]
    assert len(plays) >= before + len(waiting)
    assert {play.creative_id for play in offline} == {"picture", "film", "page"}
    assert {round(play.probability, 2) for play in offline} == {0.33}
    assert all(play.doubtful is None for play in plays)
    assert len({play.play_id for play in plays}) == len(plays)
    shared = [max(0, one.end_ns - two.start_ns) for one, two in pairwise(plays)]
    assert max(shared) < OVERLAP_NS


def test_a_browser_that_starts_without_its_stand_shows_what_it_kept(
    page: Page, site: Site
) -> None:
    context: BrowserContext = page.context
    with site.first():
        visit(page, site)
        expect(page.locator("#privacy")).to_contain_text("camera")
    # As another window of the browser may do that began at the same time.
    page.evaluate(
        "async () => (await import('/static/store.js')).put('vitrine/player', 'page-2')"
    )
    page.close()
    later = context.new_page()
    later.goto(site.address)
    wait_for_all(later)
    expect(later.locator("#privacy")).to_contain_text("camera")
    waiting = set(kept(later, "plays"))
    with site.again():
        wait_until(later, lambda: not set(kept(later, "plays")) & waiting, "reports")
    assert waiting <= {play.play_id for play in site.plays()}


def test_plays_under_a_licence_go_by_the_clock_that_issued_it(
    page: Page, site: Site
) -> None:
    issued_ms = 10**12
    with site.first():
        page.goto(site.address)
        times = page.evaluate(
            """async (now_ns) => {
                const { Offline } = await import('/static/offline.js');
                const one = new Offline('another');
                await one.take({ licensed: [], now_ns });
                const times = [one.utcMs(), new Offline('another').utcMs()];
                one.hear(now_ns / 1e6 - 60_000);
                times.push(one.utcMs());
                one.hear(now_ns / 1e6 + 60_000);
                times.push(one.utcMs());
                return times;
            }""",
            issued_ms * 10**6,
        )
    # Never back: a second that comes again would be used twice.
    assert times[:3] == pytest.approx([issued_ms] * 3, abs=5_000)
    assert times[3] == pytest.approx(issued_ms + 60_000, abs=5_000)


DRAW_COMPETITORS = """async () => {
    const { Offline } = await import('/static/offline.js');
    const one = new Offline('another');
    const nowNs = one.utcMs() * 1e6;
    const span = { from_ns: nowNs - 1e9, until_ns: nowNs + 1e15, probability: 0.5 };
    one.licensed = ['x', 'y'].map((advertiser) => (
        { licence: { ...span, advertiser }, url: advertiser, title: advertiser, category: 'shoes' }
    ));
    one.kept = new Set(['x', 'y']);
    return Array.from({ length: 100 }, () => one.draw()?.title ?? 'house');
}"""


def test_the_house_stands_between_competitors_on_a_screen_alone(
    page: Page, site: Site
) -> None:
    with site.first():
        page.goto(site.address)
        drawn = page.evaluate(DRAW_COMPETITORS)
    assert set(drawn) == {"x", "y", "house"}
    pairs = set(pairwise(drawn))
    assert ("x", "y") not in pairs
    assert ("y", "x") not in pairs


DRAW_CAPPED = """async () => {
    const { Offline } = await import('/static/offline.js');
    const one = new Offline('another');
    const nowMs = one.utcMs();
    const span = { from_ns: (nowMs - 1e3) * 1e6, until_ns: (nowMs + 1e9) * 1e6, probability: 1 };
    const licensed = ['capped', 'other'].map((campaign_id, rank) => (
        { licence: { ...span, campaign_id, per_hour: rank ? null : 3 }, url: campaign_id, rank }
    ));
    const counted = [5, 3599_000, 3601_000].map((agoMs) => (
        { campaign_id: 'capped', command_id: `c${agoMs}`, start_ns: (nowMs - agoMs) * 1e6 }
    ));
    one.take({ licensed, counted, now_ns: nowMs * 1e6 });
    const draw = (offline) => {
        offline.kept = new Set(['capped', 'other']);
        return offline.draw()?.licence.campaign_id;
    };
    const drawn = [draw(one)];
    one.begun('capped', 'c5');
    drawn.push(draw(one));
    one.begun('other', 'x1');
    one.begun('capped', 'x2');
    drawn.push(draw(one));
    const later = new Offline('another');
    drawn.push(draw(later));
    later.hear(nowMs + 2_000);
    drawn.push(draw(later));
    return drawn;
}"""


def test_a_screen_alone_counts_what_it_and_its_stand_have_shown(
    page: Page, site: Site
) -> None:
    with site.first():
        page.goto(site.address)
        drawn = page.evaluate(DRAW_CAPPED)
    # Two of three within the hour, one told twice; a third; the page anew; one is an hour ago.
    assert drawn == ["capped", "capped", "other", "other", "capped"]


def test_a_creative_that_the_browser_keeps_is_shut_in_like_any(
    page: Page, site: Site
) -> None:
    with site.first():
        visit(page, site)
    wait_for_all(page)
    wait_until(page, lambda: "page.html?kept" in shown(page), "the page", 3 * LIMIT_MS)
    origins = [frame.evaluate("window.origin") for frame in page.frames[1:]]
    assert origins
    assert set(origins) == {"null"}


def test_a_screen_that_is_not_in_charge_shows_nothing_on_its_own(
    page: Page, site: Site, browser: Browser
) -> None:
    other = browser.new_context()
    with site.first():
        page.goto(site.address)
        wait_until(page, site.plays, "a play")
        waiting = other.new_page()
        waiting.goto(site.address)
        expect(waiting.locator("#notice")).to_be_visible()
    page.wait_for_timeout(5_000)
    assert shown(waiting) == set()
    assert kept(waiting, "plays") == []
    other.close()


def test_what_was_shown_is_kept_when_the_browser_is_killed(
    site: Site, tmp_path: Path, browser: Browser, chromium: str
) -> None:
    profile = tmp_path / "profile"

    def start() -> BrowserContext:
        return browser.browser_type.launch_persistent_context(
            profile, executable_path=chromium, args=["--no-sandbox"]
        )

    with site.first():
        page = start().pages[0]
        visit(page, site)
    wait_for_all(page)
    waiting = set(kept(page, "plays"))
    kill_browser_of(profile)
    again = start()
    later = again.pages[0]
    with site.again():
        later.goto(site.address)
        wait_until(
            later,
            lambda: waiting <= {play.play_id for play in site.plays()},
            "the plays of before",
            limit_ms=2 * LIMIT_MS,
        )
    again.close()
    assert waiting


@pytest.fixture(autouse=True)
def _no_site_left(site: Site) -> Iterator[None]:
    yield
    site.bus.close()
