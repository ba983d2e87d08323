"""The figures of the operator's console, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.builders import make_engagement, make_person
from tests.stand_builders import Running, running_stand, write_creatives
from tests.stand_players import (
    SPRING,
    Listener,
    listening,
    live,
    look,
    post,
    report_of,
    sent_events,
    until,
)
from vitrine.topics import ENGAGEMENT


@pytest.fixture
def stand(tmp_path: Path, redis_url: str) -> Iterator[Running]:
    write_creatives(tmp_path, SPRING)
    with running_stand(tmp_path, redis_url, SPRING) as running:
        until(lambda: not running.health.reasons(), "the stand to be ready")
        yield running


def detail(stand: Running, stand_id: str = "north") -> Any:
    """The next detail of a stand; None when two overviews come without it."""
    url = f"{stand.address}/live/events?stand={stand_id}"
    with httpx.stream("GET", url, timeout=10) as response:
        response.raise_for_status()
        overviews = 0
        for name, data in sent_events(response):
            if name == "detail":
                return data
            overviews += name == "live"
            if overviews == 2:
                break
    return None


def test_the_detail_has_the_history_and_the_window_of_the_player(
    stand: Running,
) -> None:
    stand.publish(ENGAGEMENT, make_engagement(0, make_person("a", score=42)))
    until(lambda: live(stand)["stands"][0]["people"], "the person")
    assert detail(stand)["shape"] == {"width": 1920, "height": 1120}
    with listening(stand, window="&width=1080&height=1920") as page:
        play = page.next("play")
        look(stand, 1, 9, score=42)
        post(stand, report_of(play, 1, 9))
        until(lambda: detail(stand)["recent"], "the play")
        found = detail(stand)
    assert found["shape"] == {"width": 1080, "height": 1920}
    assert {tuple(point[1:]) for point in found["history"]} == {(1, 1, 42)}
    assert found["recent"][0]["creative"] == "Der Schuh"
    assert "track" not in json.dumps(found)


def test_the_detail_says_what_the_page_keeps_for_when_the_stand_is_away(
    stand: Running,
) -> None:
    with listening(stand) as page:
        play = page.next("play")
        body = {
            "plays": [report_of(play, 0, 0.5, completed=False)],
            "files": {"kept": 1, "licensed": 2},
        }
        stand.http.post("/stands/north/plays", json=body)
        until(lambda: detail(stand)["without_stand"], "what it keeps")
        told = detail(stand)["without_stand"]
    assert told == "Would go on without the stand: 1 of 2 creatives kept."


def test_a_stand_that_is_not_there_has_no_detail(stand: Running) -> None:
    assert detail(stand, "nowhere") is None


@pytest.mark.parametrize("size", ["&width=0&height=9", "&width=wide&height=9"])
def test_a_window_that_cannot_be_is_refused(stand: Running, size: str) -> None:
    player = Listener(stand.address, "page-1", "page", window=size)
    with pytest.raises(InvalidStatus) as caught:
        player.read()
    assert caught.value.response.status_code == 404
