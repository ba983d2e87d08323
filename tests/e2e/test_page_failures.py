"""The stand's page in a real browser, with a network, creatives and browsers that fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.pages import LIMIT_MS, plays_of, stand_with, wait_until
from tests.proxies import proxy_to
from vitrine.stores.embedded import embedded_redis
from vitrine.topics import PLAYS

pytestmark = pytest.mark.browser

SHORT = {"id": "one", "file": "one.html", "seconds": 1}


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with embedded_redis() as url:
        yield url


# The network


def test_a_page_whose_connections_the_network_forgot_opens_new_ones(
    page: Page, tmp_path: Path, redis_url: str
) -> None:
    with (
        stand_with(tmp_path, redis_url, SHORT) as stand,
        proxy_to(stand.address) as proxy,
    ):
        page.goto(f"{proxy.address}/stands/north")
        before = len(plays_of(page, stand, 2))
        proxy.forget()
        page.wait_for_timeout(1_000)
        known = len(stand.read(PLAYS))
        wait_until(
            page,
            lambda: len(stand.read(PLAYS)) > known + 1,
            "plays over new connections",
        )
        plays = stand.read(PLAYS)
    assert before >= 2
    assert len({play.play_id for play in plays}) == len(plays)
