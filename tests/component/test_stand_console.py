"""The figures of the operator's console, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders import make_engagement, make_person
from tests.stand_builders import Running, running_stand, write_creatives
from tests.stand_players import SPRING, live, look, post, report_of, until
from vitrine.services.stand.virtual_player import server_sent_events
from vitrine.topics import ENGAGEMENT

PLAYER = "/stands/north/events?player=page&player_id=page-1"


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
        for name, data in server_sent_events(response.iter_lines()):
            if name == "detail":
                return json.loads(data)
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
    url = f"{stand.address}{PLAYER}&width=1080&height=1920"
    with httpx.stream("GET", url, timeout=10) as response:
        events = server_sent_events(response.iter_lines())
        play = next(json.loads(data) for name, data in events if name == "play")
        look(stand, 1, 9, score=42)
        post(stand, report_of(play, 1, 9))
        until(lambda: detail(stand)["recent"], "the play")
        found = detail(stand)
    assert found["shape"] == {"width": 1080, "height": 1920}
    assert {tuple(point[1:]) for point in found["history"]} == {(1, 1, 42)}
    assert found["recent"][0]["creative"] == "Der Schuh"
    assert "track" not in json.dumps(found)


def test_a_stand_that_is_not_there_has_no_detail(stand: Running) -> None:
    assert detail(stand, "nowhere") is None


@pytest.mark.parametrize("size", ["&width=0&height=9", "&width=wide&height=9"])
def test_a_window_that_cannot_be_is_refused(stand: Running, size: str) -> None:
    assert stand.http.get(f"{PLAYER}{size}").status_code == 422
