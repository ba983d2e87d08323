"""What the browser keeps for the time without the stand: never stale, never lost, never dark."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.clocks import SetClock
from tests.e2e.pages import LIMIT_MS, kept, wait_until
from tests.e2e.test_offline import Site, shown, site, visit, wait_for_all
from tests.stand_builders import make_licence
from vitrine.clock import SystemClock
from vitrine.programme.licences import OFFLINE

__all__ = ["site"]
pytestmark = pytest.mark.browser

IDS = """async ([from_ns, starts]) => {
    const { licensedId } = await import('/static/offline.js');
    return starts.map((start) => licensedId({ licence_id: 'abc', from_ns }, start * 1e6));
}"""
POLICY = """async () => {
    const answer = await caches.match('/creatives/page.html');
    return answer.headers.get('Content-Security-Policy');
}"""
OFFLINE_OF_PAGE = """async () => {
    const { Offline } = await import('/static/offline.js');
    window.offline = new Offline('north');
}"""
TAKE = "url => { offline.take({ licensed: [{ url, licence: {} }] }); }"
SHOW = """() => {
    const frame = document.createElement('iframe');
    frame.id = 'tried';
    frame.src = '/creatives/page.html?kept';
    document.body.append(frame);
}"""
ATTEMPTS = """async () => {
    const attempts = {
        parent: () => parent.document,
        top: () => { top.location = 'about:blank'; },
        storage: () => localStorage,
        database: () => new Promise((yes, no) => {
            const request = indexedDB.open('vitrine');
            request.onsuccess = yes;
            request.onerror = no;
        }),
        caches: () => caches.keys(),
        cookies: () => document.cookie,
        worker: () => navigator.serviceWorker.getRegistration(),
        stand: () => fetch('/stands/north'),
        page: () => fetch('/creatives/page.html'),
        window: () => { if (!open('/live')) throw new Error('refused'); },
    };
    const reached = [];
    for (const [name, attempt] of Object.entries(attempts)) {
        try { await attempt(); reached.push(name); } catch { /* refused */ }
    }
    return reached;
}"""
KEPT = "[...offline.kept].sort()"
# The time that a page begins with is this browser's, and what the stand's was ahead of it.
SET_CLOCK = """async (aheadMs) => {
    const { get, put } = await import('/static/store.js');
    const name = 'vitrine/north/licences';
    await put(name, JSON.stringify({ ...JSON.parse(get(name)), aheadMs }));
}"""
HOUR_MS = 3_600_000
SILENT = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n<!"


@contextmanager
def silence(port: int) -> Iterator[None]:
    """A network that answers each request with the beginning of a page, and no more."""
    held = []
    with socket.create_server(("127.0.0.1", port), reuse_port=True) as server:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    held.append(connection)
                    connection.recv(65_536)
                    connection.sendall(SILENT)

        thread = Thread(target=answer)
        thread.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in held:
        connection.close()


def test_page_and_stand_name_a_play_alike_at_every_millisecond(
    page: Page, site: Site
) -> None:
    first_ms = 1_795_000_000_123
    starts = [first_ms + second * 1000 for second in range(0, 90_000, 7)]
    with site.first():
        page.goto(site.address)
        for from_ms in range(first_ms, first_ms + 8):
            licence = make_licence(
                from_ns=from_ms * 1_000_000, until_ns=first_ms * 2_000_000
            )
            times = [start + from_ms - first_ms for start in starts]
            found = page.evaluate(IDS, [licence.from_ns, times])
            wanted = [licence.command_at(at * 1_000_000).command_id for at in times]
            assert found == wanted


def test_a_network_that_falls_silent_within_an_answer_counts_as_away(
    page: Page, site: Site
) -> None:
    with site.first():
        visit(page, site)
    page.goto("about:blank")
    with silence(site.port):
        page.goto(site.address, timeout=60_000)
        wait_for_all(page)


def test_a_creative_that_may_reach_a_host_no_more_is_kept_anew(
    page: Page, site: Site
) -> None:
    with site.first(hosts=["cdn.example.com"]):
        visit(page, site)
        assert "https://cdn.example.com" in page.evaluate(POLICY)
    with site.again():
        wait_until(
            page,
            lambda: "cdn.example.com" not in page.evaluate(POLICY),
            "the policy of now",
            2 * LIMIT_MS,
        )


def test_what_is_licensed_last_is_kept_though_files_of_before_are_slow(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    slow: list[Route] = []
    with site.first():
        page.goto(f"{site.address.rpartition('/stands')[0]}/static/house.html")
        page.route("**/picture.svg", lambda route: slow.append(route))  # noqa: PLW0108 - it takes no builtin
        page.evaluate(OFFLINE_OF_PAGE)
        page.evaluate(TAKE, "/creatives/picture.svg")
        wait_until(page, lambda: slow, "the first file to be asked for")
        page.evaluate(TAKE, "/creatives/film.webm")
        wanted = ["/creatives/film.webm", "/static/house.html"]
        wait_until(page, lambda: page.evaluate(KEPT) == wanted, "the last ones")
        for route in slow:
            route.continue_()
        page.wait_for_timeout(1_000)
        assert page.evaluate(KEPT) == wanted
    context.close()


def test_without_anything_that_may_be_shown_now_there_is_the_house(
    page: Page, site: Site
) -> None:
    with site.first():
        visit(page, site)
    page.evaluate(SET_CLOCK, 48 * HOUR_MS)
    page.goto("about:blank")
    page.goto(site.address)
    house = page.frame_locator("iframe.house.shown")
    expect(house.locator("svg")).to_be_visible(timeout=LIMIT_MS)
    waiting = kept(page, "plays")
    page.wait_for_timeout(4_000)
    assert shown(page) == {"house.html?kept"}
    assert kept(page, "plays") == waiting


def test_plays_of_a_browser_whose_clock_is_hours_off_get_the_time_of_the_stand(
    page: Page, site: Site
) -> None:
    with site.first():
        visit(page, site)
    page.evaluate(SET_CLOCK, 3 * HOUR_MS)
    page.goto("about:blank")
    began_ns = SystemClock().now_ns()
    page.goto(site.address)
    wait_until(page, lambda: len(kept(page, "plays")) >= 4, "plays", 2 * LIMIT_MS)
    with site.again():
        wait_until(page, lambda: not kept(page, "plays"), "the reports", 2 * LIMIT_MS)
    plays = [play for play in site.plays() if play.reason == OFFLINE]
    late = [play for play in plays if play.start_ns >= began_ns]
    assert len(late) >= 4
    assert all(play.end_ns <= SystemClock().now_ns() for play in plays)
    assert all(play.doubtful is None for play in plays)
    assert kept(page, "refused") == []


# In which order plays are dated anew on the disk, in the place of themselves, and are sent.
IN_ORDER = """
    window.order = [];
    const { put, delete: drop } = IDBObjectStore.prototype;
    const { transaction: begin } = IDBDatabase.prototype;
    // Heard before the page hears it: what that does then runs between the two listeners.
    IDBDatabase.prototype.transaction = function (...settings) {
      const transaction = begin.apply(this, settings);
      const tell = () => transaction.anew && window.order.push(['dated', transaction.anew]);
      transaction.addEventListener('complete', tell);
      return transaction;
    };
    IDBObjectStore.prototype.delete = function (name) {
      this.transaction.instead = name;
      return drop.call(this, name);
    };
    IDBObjectStore.prototype.put = function (text, name) {
      const [kind, , id] = `${name}`.split('/').slice(2);
      if (kind === 'plays' && this.transaction.instead) this.transaction.anew = id;
      return put.call(this, text, name);
    };
    const ask = window.fetch;
    window.fetch = (url, options) => {
      const { plays = [] } = options?.body ? JSON.parse(options.body) : {};
      plays.forEach(({ play_id }) => window.order.push(['sent', play_id]));
      return ask(url, options);
    };
"""


@pytest.mark.alone
def test_a_play_that_is_dated_anew_is_on_the_disk_before_it_is_sent(
    page: Page, site: Site
) -> None:
    # A browser that is killed in between would send it again, under the other name.
    with site.first():
        visit(page, site)
    page.evaluate(SET_CLOCK, 3 * HOUR_MS)
    page.add_init_script(IN_ORDER)
    page.goto("about:blank")
    page.goto(site.address)
    old = set(kept(page, "plays"))
    wait_until(page, lambda: len(kept(page, "plays")) >= len(old) + 3, "plays")
    undated = set(kept(page, "plays")) - old
    with site.again():
        wait_until(page, lambda: not kept(page, "plays"), "the reports", 2 * LIMIT_MS)
        order = [tuple(each) for each in page.evaluate("window.order")]
    sent = [name for what, name in order if what == "sent"]
    dated = [name for what, name in order if what == "dated"]
    assert not undated & set(sent)
    assert len(dated) >= len(undated)
    for name in dated:
        assert order.index(("dated", name)) < order.index(("sent", name))


# At a load of 22 on two cores, one play was not reported as decided offline; not known why.
@pytest.mark.alone
def test_plays_of_a_browser_that_began_before_the_stands_clock_was_set_back_are_all_taken(
    page: Page, site: Site
) -> None:
    with site.first():
        visit(page, site)
    page.goto("about:blank")
    page.goto(site.address)
    wait_until(page, lambda: len(kept(page, "plays")) >= 4, "plays", 2 * LIMIT_MS)
    waiting = set(kept(page, "plays"))
    clock = SetClock()
    clock.set_by(-600)
    with site.again(clock):
        wait_until(page, lambda: not kept(page, "plays"), "the reports", 2 * LIMIT_MS)
    plays = [play for play in site.plays() if play.reason == OFFLINE]
    # By the stand's clock they would all come before their licence, in the same second of it.
    assert waiting <= {play.play_id for play in plays}
    assert kept(page, "refused") == []


def test_a_creative_that_the_browser_keeps_reaches_nothing(
    page: Page, site: Site
) -> None:
    with site.first():
        visit(page, site)
    page.evaluate(SHOW)
    expect(page.frame_locator("#tried").locator("h1")).to_be_visible(timeout=LIMIT_MS)
    tried = page.locator("#tried").element_handle()
    frame = tried.content_frame() if tried is not None else None
    assert frame is not None
    assert frame.evaluate(ATTEMPTS) == []
    frame.evaluate("address => { location = address; }", site.address)
    page.wait_for_timeout(2_000)
    assert page.frame_locator("#tried").locator("#stage").count() == 0
    assert page.url == site.address


# A frame that is shut in asks no worker at all.
SOURCES = r"""() => performance.getEntriesByType('resource')
    .filter(({ name }) => /[/]creatives[/]|plays$/.test(name))
    .filter(({ initiatorType }) => initiatorType !== 'iframe')
    .map(({ workerFinalSourceType }) => workerFinalSourceType)"""


def test_what_only_the_stand_can_answer_goes_past_the_worker(
    page: Page, site: Site
) -> None:
    with site.first():
        visit(page, site)
        known = len(site.plays())
        page.reload()
        wait_until(page, lambda: len(site.plays()) > known + 1, "plays")
        sources = page.evaluate(SOURCES)
    assert set(sources) == {"network"}
