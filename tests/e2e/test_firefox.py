"""The stand's page in Firefox."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.pages import LIMIT_MS, stand_with
from tests.firefox import running_firefox
from tests.stand_players import until
from vitrine.topics import PLAYS

pytestmark = pytest.mark.browser

CREATIVES = (
    {"id": "one", "file": "one.html", "seconds": 1},
    {"id": "two", "file": "two.svg", "seconds": 1},
    {"id": "three", "file": "three.webm", "seconds": 1},
)


def test_creatives_play_in_firefox_and_are_reported(
    firefox: str, tmp_path: Path, store_url: str
) -> None:
    every = {creative["id"] for creative in CREATIVES}
    with (
        stand_with(tmp_path, store_url, *CREATIVES) as stand,
        running_firefox(firefox, tmp_path) as browser,
    ):
        browser.open(f"{stand.address}/stands/north")
        until(
            lambda: {play.creative_id for play in stand.read(PLAYS)} >= every,
            "every creative to be reported",
            4 * LIMIT_MS / 1_000,
        )
        shown = browser.evaluate("document.querySelectorAll('#stage > .shown').length")
        plays = stand.read(PLAYS)
    assert shown >= 1
    assert browser.errors == []
    for play in plays:
        assert play.player == "page"
        assert play.completed
        assert play.doubtful is None
