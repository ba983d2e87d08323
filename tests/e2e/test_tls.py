"""The stand's page over TLS, in a browser that trusts the site's own authority."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
from playwright.sync_api import Browser, Error, expect

from tests.e2e.pages import LIMIT_MS, plays_of, stand_with
from tests.e2e.trust import trusting_browser
from tests.stand_players import until
from vitrine.services.stand.virtual_player import VirtualPlayer
from vitrine.topics import PLAYS
from vitrine.web.authority import make_site_certificate

pytestmark = pytest.mark.browser

TOKEN = "the token of players"  # noqa: S105 - of the test


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    folder = tmp_path / "tls"
    make_site_certificate(folder, ["screens.example"])
    return folder


@pytest.fixture
def trusting(
    tls: Path, tmp_path: Path, chromium: str, certutil: str
) -> Iterator[Browser]:
    """A browser that was told of the authority as docs/site.md says."""
    with trusting_browser(tmp_path, tls / "authority.pem", chromium, certutil) as own:
        yield own


def test_a_screen_that_trusts_the_authority_plays(
    trusting: Browser, tls: Path, tmp_path: Path, store_url: str
) -> None:
    creative = {"id": "one", "file": "one.html", "seconds": 1}
    with stand_with(
        tmp_path, store_url, creative, served={"tls": tls, "player_token": TOKEN}
    ) as stand:
        assert stand.address.startswith("https://")
        page = trusting.new_page()
        page.goto(f"{stand.address}/stands/north?token={TOKEN}")
        expect(page.locator("iframe.shown").first).to_be_visible(timeout=LIMIT_MS)
        assert page.evaluate("isSecureContext")
        names = [cookie.get("name", "") for cookie in page.context.cookies()]
        assert names == ["__Host-vitrine-player"]
        plays_of(page, stand, 2)


def test_a_browser_that_was_not_told_refuses(
    browser: Browser, tls: Path, tmp_path: Path, store_url: str
) -> None:
    creative = {"id": "one", "file": "one.html", "seconds": 1}
    with stand_with(tmp_path, store_url, creative, served={"tls": tls}) as stand:
        page = browser.new_page()
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(f"{stand.address}/stands/north")
        page.close()


def test_players_without_a_screen_trust_the_site_or_a_file(
    tls: Path, tmp_path: Path, store_url: str
) -> None:
    creative = {"id": "one", "file": "one.html", "seconds": 1}
    authority = ssl.create_default_context(cafile=tls / "authority.pem")
    with stand_with(tmp_path, store_url, creative, served={"tls": tls}) as stand:
        answer = httpx.get(f"{stand.address}/stands/north", verify=authority)
        assert answer.status_code == 200
        stop = Event()
        player = VirtualPlayer(
            stand.address, ["north"], stand.clock, trust=lambda: authority
        )
        thread = Thread(target=player.run, args=(stop,))
        thread.start()
        until(lambda: len(stand.read(PLAYS)) > 0, "a play")
        stop.set()
        thread.join(30)
