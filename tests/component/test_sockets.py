"""The WebSocket of a player: who may open it, and what ends it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.proxies import proxy_to
from tests.stand_builders import Running, running_stand
from tests.stand_players import HANDSHAKE, SPRING, until
from vitrine.web import limits
from vitrine.web.headers import COMMON

PLAYER = "the screens' token"
PATH = "/stands/north/events?player=page&player_id=page-1"
TOKEN = {"Authorization": f"Bearer {PLAYER}"}


@pytest.fixture
def stand(folder: Path, redis_url: str) -> Iterator[Running]:
    with running_stand(folder, redis_url, SPRING, player_token=PLAYER) as running:
        until(lambda: not running.health.reasons(), "the stand to be ready")
        yield running


@pytest.fixture
def impatient(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """A stand that pings every second, and waits as long for an answer."""
    monkeypatch.setattr(limits, "PING_S", 1)
    with running_stand(folder, redis_url, SPRING, player_token=PLAYER) as running:
        until(lambda: not running.health.reasons(), "the stand to be ready")
        yield running


def socket_to(address: str, player_id: str = "page-1") -> ClientConnection:
    """A player's socket that has heard `hello`."""
    path = PATH.replace("page-1", player_id)
    url = f"{address.replace('http', 'ws', 1)}{path}"
    client = connect(url, additional_headers=TOKEN, ping_interval=None, legacy=True)
    client.recv(10)
    return client


@contextmanager
def raw_socket(stand: Running, **headers: str) -> Iterator[socket.socket]:
    """A connection that has asked for a WebSocket."""
    url = httpx.URL(stand.address)
    lines = [f"GET {PATH} HTTP/1.1", f"Host: {url.host}:{url.port}"]
    for name, value in (HANDSHAKE | TOKEN | headers).items():
        lines.append(f"{name}: {value}")
    with socket.create_connection((url.host, url.port or 0), 10) as client:
        request = "\r\n".join(lines)
        client.sendall(f"{request}\r\n\r\n".encode())
        yield client


def players() -> float:
    """Pages that are connected to `north`."""
    labels = {"stand": "north", "player": "page"}
    return REGISTRY.get_sample_value("vitrine_players", labels) or 0


def refused(reason: str) -> float:
    labels = {"reason": reason}
    return REGISTRY.get_sample_value("vitrine_http_refused_total", labels) or 0


def heard_until_end(client: ClientConnection) -> None:
    with pytest.raises(ConnectionClosed):  # noqa: PT012 - events may come before the end
        while True:
            client.recv(10)


# Who may open it


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_page_of_another_origin_opens_no_socket_with_a_screens_cookie(
    stand: Running, headers: dict[str, str]
) -> None:
    before = refused("origin")
    entered = stand.http.get("/stands/north", params={"token": PLAYER})
    assert entered.status_code == 303
    answer = stand.http.get(PATH, headers=HANDSHAKE | headers)
    assert answer.status_code == 403
    assert "of another site" in answer.json()["detail"]
    assert refused("origin") == before + 1
    own = {"Origin": stand.address, "Sec-Fetch-Site": "same-origin"}
    with stand.http.stream("GET", PATH, headers=HANDSHAKE | own) as opened:
        assert opened.status_code == 101


def test_a_handshake_by_tls_finds_the_cookie_of_this_host_only(stand: Running) -> None:
    by_tls = {"X-Forwarded-Proto": "wss"}
    entered = stand.http.get("/stands/north", params={"token": PLAYER}, headers=by_tls)
    cookie = entered.headers["Set-Cookie"].partition(";")[0]
    assert cookie.startswith("__Host-")
    stand.http.cookies.clear()
    headers = HANDSHAKE | by_tls | {"Cookie": cookie}
    with stand.http.stream("GET", PATH, headers=headers) as opened:
        assert opened.status_code == 101


@pytest.mark.parametrize(
    ("path", "headers", "status", "detail"),
    [
        (PATH, {}, 401, "a token is needed"),
        (PATH, TOKEN | {"Host": "evil.example"}, 421, "not called 'evil.example'"),
        ("/stands/north/events", TOKEN, 404, "no stream has this address"),
        ("/no/such", TOKEN, 404, "no stream has this address"),
    ],
)
def test_a_socket_that_does_not_open_says_why(
    stand: Running, path: str, headers: dict[str, str], status: int, detail: str
) -> None:
    answer = stand.http.get(path, headers=HANDSHAKE | headers)
    assert answer.status_code == status
    assert detail in answer.json()["detail"]
    for name in COMMON:
        assert name in answer.headers


def test_an_address_has_so_many_sockets_and_no_more(stand: Running) -> None:
    places = range(limits.STREAMS_PER_ADDRESS)
    sockets = [socket_to(stand.address, f"page-{place}") for place in places]
    with pytest.raises(InvalidStatus, match="429"):
        socket_to(stand.address)
    for each in sockets:
        each.close()
    until(lambda: players() == 0, "the sockets to be closed")
    socket_to(stand.address).close()


# What ends it


@pytest.mark.parametrize("message", ["hello", b"hello", "x" * 10_000, ["he", "llo"]])
def test_a_player_that_sends_something_is_disconnected(
    stand: Running, message: Any
) -> None:
    before = refused("malformed")
    client = socket_to(stand.address)
    # It may be disconnected after the first part of it.
    with suppress(ConnectionClosed):
        client.send(message)
    heard_until_end(client)
    assert refused("malformed") == before + 1
    until(lambda: players() == 0, "the player to be gone")


def test_what_is_no_frame_ends_the_connection(stand: Running) -> None:
    with raw_socket(stand) as client:
        assert b" 101 " in client.recv(4096)
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        until(lambda: players() == 0, "the player to be gone")


def test_a_client_that_pings_and_does_not_read_is_disconnected(
    stand: Running,
) -> None:
    ping = bytes([0x89, 0xFD, 0, 0, 0, 0]) + bytes(125)
    with raw_socket(stand) as client:
        client.settimeout(5)
        with pytest.raises(OSError, match=r"reset|pipe"):  # noqa: PT012 - as its buffers
            for _ in range(100_000):
                client.sendall(ping * 10)
    until(lambda: players() == 0, "the player to be gone")


def test_a_client_that_answers_no_ping_is_disconnected(impatient: Running) -> None:
    with raw_socket(impatient) as client:
        until(lambda: players() == 1, "the player to be connected")
        until(lambda: players() == 0, "the player to be gone", 10)
        client.recv(4096)


def test_the_stand_notices_that_the_network_has_forgotten_a_player(
    impatient: Running,
) -> None:
    with proxy_to(impatient.address) as proxy:
        client = socket_to(proxy.address)
        assert players() == 1
        proxy.forget()
        until(lambda: players() == 0, "the player to be gone", 10)
        client.close_timeout = 0.1
        client.close()


def test_a_player_whose_network_works_stays(impatient: Running) -> None:
    client = socket_to(impatient.address)
    # Four seconds: several pings.
    for _ in range(16):
        client.recv(10)
    assert players() == 1
    client.close()
    until(lambda: players() == 0, "the player to be gone")


def test_a_handshake_that_the_library_cannot_read_ends_the_connection(
    stand: Running,
) -> None:
    before = refused("malformed")
    with raw_socket(stand, Cookie="x" * 20_000) as client:
        assert client.recv(4096) == b""
    assert refused("malformed") == before + 1


def test_sockets_end_with_the_stand(folder: Path, redis_url: str) -> None:
    with running_stand(folder, redis_url, SPRING) as stand:
        until(lambda: not stand.health.reasons(), "the stand to be ready")
        client = socket_to(stand.address)
        begun_s = time.monotonic()
    assert time.monotonic() - begun_s < limits.SHUTDOWN_S
    heard_until_end(client)


def test_a_player_without_a_token_is_no_error_of_the_server(
    stand: Running, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"{stand.address.replace('http', 'ws', 1)}{PATH}"
    with pytest.raises(InvalidStatus, match="401"):
        connect(url)
    # Another one: the line of the first would have been written by now.
    with pytest.raises(InvalidStatus, match="401"):
        connect(url)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
