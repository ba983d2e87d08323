"""Who may do what in containers: TLS, accounts and campaigns, with a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.trust import trusting_browser
from tests.stack.site import ComposeSite, wait_until
from vitrine.web.authority import make_site_certificate

pytestmark = [
    pytest.mark.docker,
    pytest.mark.browser,
    pytest.mark.timeout(1500),
]

STARTED = ("stand", "player", "console", "analytics", "prometheus")
BUILT = ("stand", "console", "analytics", "topics")
USERS = "/people/users.yaml"
PLAYS = 'vitrine_records_out_total{service="stand", topic="plays"}'


@pytest.fixture(scope="module")
def site(
    docker: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ComposeSite]:
    """The pages, without cameras, over TLS and with accounts."""
    folder = tmp_path_factory.mktemp("access")
    site = ComposeSite(
        folder,
        "deploy/compose.tls.yml",
        started=STARTED,
        USERS=USERS,
    )
    tls = site.secrets / "tls"
    make_site_certificate(tls, ["screens.example", "stand"])
    (tls / "site-key.pem").chmod(0o444)
    try:
        site.compose("build", *BUILT)
        site.up()
        yield site
    finally:
        site.down()


@pytest.fixture(scope="module")
def browser(
    site: ComposeSite,
    tmp_path_factory: pytest.TempPathFactory,
    chromium: str,
    certutil: str,
) -> Iterator[Browser]:
    authority = site.secrets / "tls" / "authority.pem"
    home = tmp_path_factory.mktemp("browser")
    with trusting_browser(home, authority, chromium, certutil) as browser:
        yield browser


def add(site: ComposeSite, name: str, *options: str) -> str:
    """Return the password of a new account."""
    told = site.compose(
        "exec", "-T", "stand", "vitrine", "users", "add", name, *options, "--generate"
    )
    found = re.search(r"shown only here: (\S+)", told)
    assert found is not None, told
    return found[1]


def test_a_screen_plays_over_tls_and_the_virtual_player_too(
    site: ComposeSite, browser: Browser
) -> None:
    wait_until(site, PLAYS, 1)
    page = browser.new_page(ignore_https_errors=False)
    stand = f"https://{site.address('stand', 8000)}"
    token = site.secret("player_token")
    page.goto(f"{stand}/stands/north?token={token}")
    expect(page.locator("iframe.shown, video.shown, img.shown").first).to_be_visible(
        timeout=60_000
    )
    assert page.evaluate("isSecureContext")
    names = [cookie.get("name", "") for cookie in page.context.cookies()]
    assert names == ["__Host-vitrine-player"]
    page.close()


def test_people_sign_in_over_tls_each_to_what_is_theirs(
    site: ComposeSite, browser: Browser
) -> None:
    stand = f"https://{site.address('stand', 8000)}"
    operator = add(site, "ada", "--role", "operator")
    advertiser = add(site, "ann", "--role", "advertiser", "--advertiser", "nobody-here")
    for name, password, path, title in (
        ("ada", operator, "/cameras", "Vitrine cameras"),
        ("ann", advertiser, "/campaigns", "Vitrine: campaigns"),
    ):
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{stand}{path}")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_title(title)
        names = [cookie.get("name", "") for cookie in context.cookies()]
        assert names == ["__Host-vitrine-person"]
        context.close()
    log = site.compose("exec", "-T", "stand", "cat", "/people/audit.jsonl")
    for line in (
        r'"stand", "who": "ada".*"sign-in"',
        r'"analytics", "who": "ann".*"opened the list of campaigns"',
    ):
        assert re.search(line, log), log


def test_prometheus_has_a_login(
    site: ComposeSite,
) -> None:
    told = site.prometheus.get("/api/v1/query", params={"query": "up"})
    assert told.status_code == 200
    address = site.address("prometheus", 9090)
    assert httpx.get(f"http://{address}/api/v1/query").status_code == 401
