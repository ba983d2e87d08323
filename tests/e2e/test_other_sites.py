"""Other sites in a real browser, while an operator is signed in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stand_builders import Running, running_stand, write_creatives
from tests.stand_players import SPRING
from vitrine.clock import SystemClock
from vitrine.stores.embedded import embedded_redis
from vitrine.topics import INTERACTIONS

pytestmark = pytest.mark.browser

OPERATOR = "the operator's token"
PLAYER = "the screens' token"
EVIL = "evil.example"
ATTACK = """<!doctype html>
<iframe src="{stand}/live"></iframe>
<img src="{stand}/static/icon.svg">
<script>
const touch = '{{"kind": "opt-out", "at_ns": 1}}';
const change = {{ method: 'POST', mode: 'no-cors', credentials: 'include', body: touch }};
const attempts = [
  ['{stand}/stands/north/interactions', change],
  ['{stand}/live', {{ credentials: 'include' }}],
  ['{stand}/live', {{ credentials: 'include', mode: 'no-cors' }}],
];
const ends = attempts.map(([url, options]) => fetch(url, options));
ends.push(new Promise((resolve, reject) => {{
  const socket = new WebSocket('{socket}/stands/north/events?player=page&player_id=evil');
  socket.onopen = resolve;
  socket.onerror = reject;
}}));
Promise.allSettled(ends).then((settled) => {{
  document.title = settled.map((end) => end.status).join(', ');
}});
</script>
"""


@contextmanager
def another_port(content: str) -> Iterator[str]:
    """Serve a page at another port of this machine; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            cookies.append(self.headers.get("Cookie", ""))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Log nothing."""

    cookies: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    # A browser sends cookies to all ports of a host.
    assert "vitrine-operator=" in cookies[0]
    for token in (OPERATOR, PLAYER):
        assert token not in " ".join(cookies)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("stand")
    write_creatives(folder, SPRING)
    with (
        embedded_redis() as redis_url,
        running_stand(
            folder,
            redis_url,
            clock=SystemClock(),
            operator_token=OPERATOR,
            player_token=PLAYER,
        ) as running,
    ):
        yield running


def sign_in(page: Page, stand: Running) -> None:
    page.goto(f"{stand.address}/live?token={OPERATOR}")
    expect(page.locator("h1")).to_contain_text("console")
    page.goto(f"{stand.address}/stands/north?token={PLAYER}")
    assert "token" not in page.url


def test_a_screen_with_its_token_shows_and_reports(page: Page, stand: Running) -> None:
    sign_in(page, stand)
    expect(page.locator("#stage > iframe.shown")).to_be_visible(timeout=20_000)
    before = len(stand.read(INTERACTIONS))
    page.locator("#glass").click()
    for _ in range(200):
        if len(stand.read(INTERACTIONS)) > before:
            return
        page.wait_for_timeout(50)
    raise AssertionError("the touch was not reported")


def test_another_port_frames_reads_and_changes_nothing(
    page: Page, stand: Running
) -> None:
    sign_in(page, stand)
    before = stand.read(INTERACTIONS)
    socket = stand.address.replace("http", "ws", 1)
    attack = ATTACK.format(stand=stand.address, socket=socket)
    with another_port(attack) as address:
        page.goto(address)
        page.wait_for_function("document.title !== ''")
        assert page.title() == "rejected, rejected, rejected, rejected"
        assert page.evaluate("document.images[0].naturalWidth") == 0
        # The browser's own page about an address that may not be framed.
        assert page.frames[1].url.startswith("chrome-error:")
    assert stand.read(INTERACTIONS) == before


def test_another_name_that_leads_here_shows_nothing(
    browser: Browser, chromium: str, stand: Running
) -> None:
    port = stand.address.rpartition(":")[2]
    rules = f"--host-resolver-rules=MAP {EVIL} 127.0.0.1"
    deceived = browser.browser_type.launch(
        executable_path=chromium, args=["--no-sandbox", rules]
    )
    page = deceived.new_page()
    answer = page.goto(f"http://{EVIL}:{port}/live?token={OPERATOR}")
    assert answer is not None
    assert answer.status == 421
    expect(page.locator("h1")).to_have_text("This server is not called so")
    expect(page.locator("p")).to_contain_text("VITRINE_HTTP_NAMES")
    deceived.close()
