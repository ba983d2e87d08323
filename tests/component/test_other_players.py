"""A player of another maker tells what it showed, within the rules for our own pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from tests.builders import T0_NS
from tests.stand_builders import Running, running_stand
from tests.stand_players import SPRING, until
from vitrine.clock import SECOND_NS
from vitrine.schemas import Play
from vitrine.stores import screens
from vitrine.topics import PLAYS

SHARED = "the screens' shared token"
NOW = datetime.fromtimestamp(T0_NS // SECOND_NS, UTC)


class OtherPlayer:
    """A player at the stand `north`, with a token of its own."""

    def __init__(self, stand: Running, token: str) -> None:
        self._url = f"{stand.address}/stands/north/other-plays"
        self._headers = {"Authorization": f"Bearer {token}"}

    def post(self, *plays: Any) -> httpx.Response:
        content = {"plays": plays}
        return httpx.post(self._url, json=content, headers=self._headers, timeout=20)

    def tell(self, *plays: Any) -> tuple[int, list[str]]:
        """How many plays were accepted, and why the others were refused."""
        answer = self.post(*plays)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        reasons = [refused["code"] for refused in found["refused"]]
        return len(found["accepted"]), reasons


def shown(ago_s: float, seconds: float = 8, creative: str = "spring/shoe") -> Any:
    started = NOW - timedelta(seconds=ago_s)
    return {
        "creative": creative,
        "started_at": started.isoformat(),
        "seconds": seconds,
    }


@pytest.fixture
def stand(folder: Path, redis_url: str) -> Iterator[Running]:
    with running_stand(folder, redis_url, SPRING, player_token=SHARED) as running:
        until(lambda: not running.health.reasons(), "the stand to be ready")
        yield running


@pytest.fixture
def player(stand: Running, redis: Redis) -> OtherPlayer:
    _, token = screens.add(redis, "north", "Of another maker", 1_000)
    player = OtherPlayer(stand, token)
    until(lambda: player.post().status_code == 422, "the stand to know the screen")
    return player


def test_what_another_player_showed_is_a_play_of_the_stand_once(
    stand: Running, player: OtherPlayer
) -> None:
    for _ in range(2):
        assert player.tell(shown(60.25), shown(50)) == (2, [])
    first, second = stand.read(PLAYS)
    assert isinstance(first, Play)
    assert first.start_ns == T0_NS - 60_250_000_000
    assert first.end_ns == first.start_ns + 8 * SECOND_NS
    assert (first.campaign_id, first.creative_id) == ("spring", "shoe")
    assert (first.advertiser, first.reason) == ("spring-co", "other-player")
    assert (first.completed, first.doubtful) == (True, None)
    assert (first.proven_ns, first.probability) == (0, 1.0)
    assert first.play_id != second.play_id
    assert player.tell(shown(30, seconds=3)) == (1, [])
    *_, short = stand.read(PLAYS)
    assert (short.completed, short.doubtful) == (False, None)


def test_what_cannot_have_been_is_refused_with_its_reason(
    stand: Running, player: OtherPlayer
) -> None:
    assert player.tell(shown(60)) == (1, [])
    refused = [
        (shown(60, seconds=7), "used"),
        (shown(57, creative="spring/shoe-more", seconds=6), "overlap"),
        (shown(30, creative="spring/boot"), "creative"),
        (shown(26 * 3600), "expired"),
    ]
    for play, reason in refused:
        assert player.tell(play) == (0, [reason])
    assert len(stand.read(PLAYS)) == 1


def test_a_doubtful_time_is_cut_to_what_can_have_been(
    stand: Running, player: OtherPlayer
) -> None:
    assert player.tell(shown(60, seconds=20), shown(-100)) == (2, [])
    long, future = stand.read(PLAYS)
    assert (long.doubtful, long.end_ns - long.start_ns) == ("long", 8 * SECOND_NS)
    assert (future.doubtful, future.end_ns) == ("future", T0_NS)


@pytest.mark.parametrize(
    "play",
    [
        shown(60, seconds=0),
        shown(60, seconds=700),
        shown(60, creative="spring"),
        shown(60) | {"started_at": "2027-01-15T08:00:00"},
        shown(60) | {"started_at": "9999-01-15T08:00:00Z"},
    ],
)
def test_what_says_nothing_is_refused_as_a_whole(
    player: OtherPlayer, play: Any
) -> None:
    assert player.post(shown(30), play).status_code == 422


def test_the_token_that_screens_share_is_not_enough(stand: Running) -> None:
    answer = OtherPlayer(stand, SHARED).post(shown(60))
    assert answer.status_code == 403
    assert "vitrine screens add" in answer.json()["detail"]
