"""Tokens of the stand's pages: nobody sees or plays anything without them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr, ValidationError

from tests.stand_builders import TILL_TOKEN, Running, running_stand
from tests.stand_players import HANDSHAKE, SPRING, look, until
from vitrine.errors import ConfigurationError
from vitrine.services.stand.settings import StandSettings
from vitrine.services.stand.virtual_player import VirtualPlayer
from vitrine.topics import PLAYS
from vitrine.web.limits import STREAMS_PER_ADDRESS
from vitrine.web.sessions import Sessions
from vitrine.web.tokens import HASHED, require_tokens
from vitrine.web.wrong_tokens import WRONG_A_SECOND

OPERATOR = "the operator's token"
PLAYER = "the screens' token"
AUDIENCE = "the token of other players"
INSIDE = "the secret of our services"
PROTECTED = [
    ("GET", "/", OPERATOR),
    ("GET", "/live", OPERATOR),
    ("GET", "/live/events", OPERATOR),
    ("POST", "/live/north/refusals/seen", OPERATOR),
    ("GET", "/cameras", OPERATOR),
    ("GET", "/cameras/{path}", OPERATOR),
    ("GET", "/campaigns", OPERATOR),
    ("GET", "/campaigns/{path}", OPERATOR),
    ("GET", "/stands/north", PLAYER),
    ("GET", "/stands/north/manifest.webmanifest", PLAYER),
    ("GET", "/stands/north/events?player=page&player_id=p1", PLAYER),
    ("POST", "/stands/north/plays", PLAYER),
    ("POST", "/stands/north/failures", PLAYER),
    ("POST", "/stands/north/interactions", PLAYER),
    ("POST", "/stands/north/notices", PLAYER),
    ("GET", "/stands/north/privacy.svg", PLAYER),
    ("GET", "/audience/north", AUDIENCE),
]

OPENED = {101, 200, 204, 404, 422}


@pytest.fixture
def stand(folder: Path, redis_url: str) -> Iterator[Running]:
    with running_stand(
        folder,
        redis_url,
        SPRING,
        operator_token=OPERATOR,
        player_token=PLAYER,
        audience_token=AUDIENCE,
    ) as running:
        until(lambda: not running.health.reasons(), "the stand to be ready")
        yield running


def http_refused(reason: str) -> float:
    """The requests of this process's servers that were refused."""
    labels = {"reason": reason}
    return REGISTRY.get_sample_value("vitrine_http_refused_total", labels) or 0


def status(stand: Running, method: str, path: str, **headers: str) -> int:
    if "/events?" in path:
        headers |= HANDSHAKE
    with stand.http.stream(method, path, headers=headers) as response:
        return response.status_code


@pytest.mark.parametrize(("method", "path", "token"), PROTECTED)
def test_a_route_opens_with_its_own_token_only(
    stand: Running, method: str, path: str, token: str
) -> None:
    other = PLAYER if token == OPERATOR else OPERATOR
    assert status(stand, method, path) == 401
    assert (
        status(
            stand,
            method,
            path,
            Authorization=f"Bearer {other}",
        )
        == 401
    )
    assert (
        status(
            stand,
            method,
            path,
            Authorization=f"Bearer {token}",
        )
        in OPENED
    )


def test_tokens_need_not_be_at_the_stand_in_clear(folder: Path, redis_url: str) -> None:
    operator = digest_of(OPERATOR)
    player = digest_of(PLAYER)
    with running_stand(
        folder,
        redis_url,
        SPRING,
        operator_token=operator,
        player_token=player,
        services_token=INSIDE,
    ) as stand:
        until(lambda: not stand.health.reasons(), "the stand to be ready")
        for path, token, digest in (
            ("/live", OPERATOR, operator),
            ("/stands/north", PLAYER, player),
        ):
            http = httpx.Client(base_url=stand.address)
            assert http.get(path, params={"token": token}).status_code == 303
            assert http.get(path).status_code == 200
            cookie = next(iter(http.cookies))
            http.cookies.clear()
            for brought in (digest, INSIDE):
                bearer = {"Authorization": f"Bearer {brought}"}
                assert http.get(path, headers=bearer).status_code == 401
                forged = Sessions(cookie, SecretStr(brought)).new()
                http.cookies.set(cookie, forged)
                assert http.get(path).status_code == 401
                http.cookies.clear()
            http.close()


def digest_of(token: str) -> str:
    """Return what a setting may hold in place of a token."""
    return HASHED + hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"operator_token": digest_of(OPERATOR)}, "VITRINE_OPERATOR_TOKEN"),
        ({"player_token": digest_of(PLAYER)}, "VITRINE_STAND_PLAYER_TOKEN"),
    ],
)
def test_a_digest_without_the_secret_that_signs_is_refused(
    folder: Path, redis_url: str, settings: dict[str, str], variable: str
) -> None:
    with (
        pytest.raises(ConfigurationError, match=f"{variable} is a digest"),
        running_stand(folder, redis_url, SPRING, **settings),  # type: ignore[arg-type]
    ):
        pass


def test_a_virtual_player_cannot_bring_a_digest(stand: Running) -> None:
    digest = SecretStr(digest_of(PLAYER))
    with pytest.raises(ConfigurationError, match="needs the token itself"):
        VirtualPlayer(stand.address, ["north"], stand.clock, token=digest)


def test_a_browser_is_asked_once_and_the_token_leaves_the_address(
    stand: Running,
) -> None:
    page = {"Accept": "text/html"}
    locked = stand.http.get("/live?view=1", headers=page)
    assert locked.status_code == 401
    assert "A token is needed" in locked.text
    entered = stand.http.get(
        "/live", params={"view": "1", "token": OPERATOR}, headers=page
    )
    assert entered.status_code == 303
    assert entered.headers["Location"] == "/live?view=1"
    cookie = entered.headers["Set-Cookie"]
    assert cookie.startswith("vitrine-operator=")
    assert OPERATOR not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert stand.http.get("/live?view=1", headers=page).status_code == 200
    assert stand.http.get("/stands/north", headers=page).status_code == 401


def test_a_cookie_is_no_token(stand: Running) -> None:
    stand.http.get("/live", params={"token": OPERATOR})
    (value,) = stand.http.cookies.values()
    as_bearer = {"Authorization": f"Bearer {value}"}
    assert httpx.get(f"{stand.address}/live", headers=as_bearer).status_code == 401
    as_query = httpx.get(f"{stand.address}/live", params={"token": value})
    assert as_query.status_code == 401


def test_behind_a_proxy_with_tls_the_cookie_is_of_this_host_only(
    stand: Running,
) -> None:
    by_tls = {"X-Forwarded-Proto": "https"}
    entered = stand.http.get("/live", params={"token": OPERATOR}, headers=by_tls)
    cookie = entered.headers["Set-Cookie"]
    assert cookie.startswith("__Host-vitrine-operator=")
    assert "Path=/" in cookie
    assert "Secure" in cookie
    assert "Domain" not in cookie
    by_tls["Cookie"] = cookie.partition(";")[0]
    answer = httpx.get(f"{stand.address}/live", headers=by_tls)
    assert answer.status_code == 200


def test_a_wrong_token_is_called_wrong(stand: Running) -> None:
    page = {"Accept": "text/html"}
    answer = stand.http.get("/live?token=wrong", headers=page)
    assert answer.status_code == 401
    assert "This token is wrong" in answer.text
    wrong = {"Authorization": "Bearer wrong"}
    detail = stand.http.get("/live", headers=wrong).json()["detail"]
    assert "the token is wrong" in detail


@pytest.mark.parametrize(
    ("method", "path", "token"),
    [*PROTECTED, ("POST", "/stands/north/redeem", TILL_TOKEN)],
)
def test_wrong_tokens_of_an_address_are_slowed_down(
    stand: Running,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    token: str,
) -> None:
    before = http_refused("tries")
    wrong = {"Authorization": "Bearer a guess of somebody"}
    right = {"Authorization": f"Bearer {token}"}
    found = []
    while 429 not in found:
        found.append(status(stand, method, path, **wrong))
    assert found.count(401) >= WRONG_A_SECOND
    assert http_refused("tries") == before + 1
    until(
        lambda: status(stand, method, path, **right) in OPENED,
        "the right token in the next second",
    )
    assert "a wrong token for" in caplog.text
    assert "came from 127.0.0.1" in caplog.text
    assert "guess" not in caplog.text


def test_a_browser_that_is_signed_in_goes_on_beside_a_guesser(stand: Running) -> None:
    stand.http.get("/live", params={"token": OPERATOR})
    wrong = {"Authorization": "Bearer a guess of somebody"}
    while httpx.get(f"{stand.address}/live", headers=wrong).status_code != 429:
        pass
    assert stand.http.get("/live").status_code == 200


def test_a_virtual_player_with_the_token_plays(stand: Running) -> None:
    stop = Event()
    player = VirtualPlayer(
        stand.address, ["north"], stand.clock, token=SecretStr(PLAYER)
    )
    thread = Thread(target=player.run, args=(stop,))
    thread.start()
    try:
        second = 0.0
        while not stand.read(PLAYS):
            second = look(stand, second + 0.25, second + 1)
            assert second < 600
    finally:
        stop.set()
        thread.join(30)


def test_pages_for_other_machines_need_both_tokens() -> None:
    given = SecretStr(OPERATOR)
    for host in ("127.0.0.1", "::1", "localhost"):
        require_tokens(host, vitrine_operator_token=None)
    for host in ("0.0.0.0", "192.168.1.2", "::", "stand.example"):  # noqa: S104
        require_tokens(host, vitrine_operator_token=given)
        with pytest.raises(
            ConfigurationError, match="set VITRINE_STAND_PLAYER_TOKEN to"
        ):
            require_tokens(
                host, vitrine_operator_token=given, vitrine_stand_player_token=None
            )


def test_a_creative_reaches_hosts_that_campaign_and_operator_name(
    folder: Path, redis_url: str
) -> None:
    hosts = ["a.example", "b.example"]
    campaign = SPRING.model_copy(update={"hosts": tuple(hosts)})
    with running_stand(
        folder, redis_url, campaign, creative_hosts="b.example,c.example"
    ) as stand:
        answer = stand.http.get("/creatives/shoe.html")
    policy = answer.headers["Content-Security-Policy"]
    assert "connect-src https://b.example wss://b.example" in policy
    assert "a.example" not in policy
    assert "c.example" not in policy


def test_another_signage_system_may_frame_the_page_where_it_is_named(
    folder: Path, redis_url: str
) -> None:
    origins = "https://signage.example, http://10.0.0.2:8080"
    with running_stand(folder, redis_url, framed_by=origins) as stand:
        page = stand.http.get("/stands/north")
        live = stand.http.get("/live")
    ancestors = "frame-ancestors https://signage.example http://10.0.0.2:8080"
    assert page.headers["Content-Security-Policy"].endswith(ancestors)
    assert live.headers["Content-Security-Policy"].endswith("'none'")


@pytest.mark.parametrize("wrong", ["signage.example", "https://a/b", "*", "https://*"])
def test_only_an_origin_may_be_named(wrong: str) -> None:
    with pytest.raises(ValidationError, match="without a path"):
        StandSettings(framed_by=wrong)


def test_an_address_has_so_many_streams_and_no_more(
    stand: Running,
) -> None:
    path = "/live/events"
    before = http_refused("streams")
    token = {"Authorization": f"Bearer {OPERATOR}"}
    with ExitStack() as streams:
        for _ in range(STREAMS_PER_ADDRESS):
            opened = httpx.stream("GET", f"{stand.address}{path}", headers=token)
            assert streams.enter_context(opened).status_code == 200
        refused = stand.http.get(path, headers=token | {"Accept": "text/html"})
        assert refused.status_code == 429
        assert http_refused("streams") == before + 1
        assert "as many pages are open at this address as may" in refused.text
    until(
        lambda: status(stand, "GET", path, **token) == 200,
        "the places of streams that ended",
    )
