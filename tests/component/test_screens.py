"""Screens with tokens of their own: bound to a stand, revoked while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from tests.stand_builders import Running, running_stand
from tests.stand_players import HANDSHAKE, SPRING, listening, until
from vitrine.services.stand.screen_watch import WRITE_EVERY_S, ScreenWatch
from vitrine.services.stand.screens import Screens
from vitrine.services.stand.switchboard import Switchboard
from vitrine.stores import screens as stored
from vitrine.stores.redis import connect
from vitrine.stores.screens import Screen

SHARED = "the screens' shared token"
NOWHERE = "redis://127.0.0.1:1/0"
PAGE = {"Accept": "text/html"}
ROUTES = [
    ("GET", "/stands/north"),
    ("GET", "/stands/north/events?player=page&player_id=p1"),
    ("POST", "/stands/north/plays"),
    ("POST", "/stands/north/other-plays"),
    ("POST", "/stands/north/failures"),
    ("POST", "/stands/north/interactions"),
]


@pytest.fixture
def stand(folder: Path, redis_url: str) -> Iterator[Running]:
    with running_stand(folder, redis_url, SPRING, player_token=SHARED) as running:
        until(lambda: not running.health.reasons(), "the stand to be ready")
        yield running


def status(
    stand: Running,
    method: str,
    path: str,
    token: str = "",
    cookie: str = "",
) -> int:
    """Ask once, without the cookies of the stand's client."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if cookie:
        headers["Cookie"] = cookie
    if "/events?" in path:
        headers |= HANDSHAKE
    url = f"{stand.address}{path}"
    with httpx.stream(method, url, headers=headers, timeout=20) as answer:
        return answer.status_code


def add(redis: Redis, stand_id: str = "north") -> tuple[Screen, str]:
    return stored.add(redis, stand_id, "Entrance", 1_000)


def known_at(stand: Running, token: str) -> None:
    """Wait until the stand lets this token in."""
    until(
        lambda: status(stand, "GET", "/stands/north", token) == 200,
        "the stand to know the screen",
    )


# The door


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stand_with_screens_takes_their_tokens_only(
    stand: Running, redis: Redis, method: str, path: str
) -> None:
    assert status(stand, method, path, SHARED) in {101, 200, 422}
    _, own = add(redis)
    _, other = add(redis, "south")
    known_at(stand, own)
    assert status(stand, method, path, own) in {101, 200, 422}
    assert status(stand, method, path, other) == 401
    assert status(stand, method, path, SHARED) == 401
    assert status(stand, method, path) == 401


def test_a_screen_gets_a_cookie_that_is_good_for_it_alone(
    stand: Running, redis: Redis
) -> None:
    first, token = add(redis)
    second, _ = add(redis)
    known_at(stand, token)
    url = f"{stand.address}/stands/north"
    entered = httpx.get(url, params={"token": token}, headers=PAGE)
    assert entered.status_code == 303
    assert entered.headers["Location"] == "/stands/north"
    cookie = entered.headers["Set-Cookie"].partition(";")[0]
    assert cookie.startswith("vitrine-screen-north=")
    assert token not in cookie
    assert status(stand, "GET", "/stands/north", cookie=cookie) == 200
    of_second = cookie.replace(first.screen_id, second.screen_id)
    assert status(stand, "GET", "/stands/north", cookie=of_second) == 401
    assert status(stand, "GET", "/stands/north", token=cookie.partition("=")[2]) == 401


def test_a_revoked_screen_is_told_so_and_its_streams_end(
    stand: Running, redis: Redis
) -> None:
    screen, token = add(redis)
    _, other = add(redis)
    known_at(stand, token)
    stand.http.get("/stands/north", params={"token": token})
    assert stand.http.get("/stands/north").status_code == 200
    with (
        listening(stand, "page-1", token=token) as revoked,
        listening(stand, "page-2", token=other) as stays,
    ):
        revoked.next("play")
        stays.next("hello")
        stored.revoke(redis, screen.screen_id, 2_000)
        revoked.next("end")
        stays.next("play")
    page = stand.http.get("/stands/north", headers=PAGE)
    assert page.status_code == 401
    assert "The token of this screen was revoked" in page.text
    by_address = httpx.get(
        f"{stand.address}/stands/north", params={"token": token}, headers=PAGE
    )
    assert by_address.status_code == 401
    assert "was revoked" in by_address.text
    assert status(stand, "POST", "/stands/north/plays", token) == 401


def test_a_stand_whose_only_screen_was_revoked_does_not_open_again(
    folder: Path, redis_url: str, redis: Redis
) -> None:
    screen, _ = add(redis)
    stored.revoke(redis, screen.screen_id, 2_000)
    # Without a shared token pages are open, here on this machine.
    with running_stand(folder, redis_url, SPRING) as stand:
        assert status(stand, "GET", "/stands/north") == 401


def test_streams_with_the_shared_token_end_when_the_stand_gets_a_screen(
    stand: Running, redis: Redis
) -> None:
    with listening(stand, token=SHARED) as page:
        page.next("play")
        add(redis)
        page.next("end")


def test_guesses_at_a_screens_token_are_slowed_down(
    stand: Running, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    _, token = add(redis)
    known_at(stand, token)
    found = []
    while 429 not in found:
        found.append(status(stand, "GET", "/stands/north", "a guess"))
    assert "a wrong token for screens came from 127.0.0.1" in caplog.text
    assert "a guess" not in caplog.text
    known_at(stand, token)


# The list


def test_while_the_store_is_away_the_last_list_stays_in_force(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    screen, token = add(redis)
    screens = Screens(stored.listed(redis))
    watch = ScreenWatch(connect(NOWHERE), screens, Switchboard())
    watch.look()
    watch.look()
    assert screens.by_token("north", token) == screen
    assert screens.admits("north", screen.screen_id)
    assert not screens.admits("north", None)
    told = [one for one in caplog.messages if "stay let in" in one]
    assert len(told) == 1


def test_with_a_record_that_cannot_be_read_the_last_list_stays_in_force(
    redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    screen, token = add(redis)
    screens = Screens(stored.listed(redis))
    redis.hset(stored.SCREENS, screen.screen_id, "{}")
    ScreenWatch(redis, screens, Switchboard()).look()
    assert screens.by_token("north", token) == screen
    assert f"revoke {screen.screen_id}` removes it" in caplog.text


def test_the_last_use_is_written_once_a_minute(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen, _ = add(redis)
    screens = Screens(stored.listed(redis))
    watch = ScreenWatch(redis, screens, Switchboard())
    written = []
    for second in (0, 1, WRITE_EVERY_S - 1, WRITE_EVERY_S):
        monkeypatch.setattr("time.time", lambda second=second: 5_000.0 + second)
        screens.used(screen)
        watch.look()
        written.append(stored.last_uses(redis)[screen.screen_id] - 5_000)
    assert written == [0, 0, 0, WRITE_EVERY_S]


def test_no_token_is_in_the_store(redis: Redis) -> None:
    _, token = add(redis)
    assert len(token) >= 43
    records = redis.hgetall(stored.SCREENS)
    assert records
    assert token not in str(records)
