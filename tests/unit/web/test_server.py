"""A served application: its limits, its headers, who may ask it, and its end."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import Body, FastAPI, Response
from prometheus_client import REGISTRY

from vitrine.errors import ConfigurationError
from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web import limits
from vitrine.web.answers import answer_problems
from vitrine.web.authority import make_site_certificate
from vitrine.web.certificate import Certificate
from vitrine.web.connections import BoundedConnection
from vitrine.web.headers import COMMON
from vitrine.web.limits import BODY_BYTES, REPORT_BYTES
from vitrine.web.names import ServerNames
from vitrine.web.server import address_of, listen, web_server

JSON = {"Content-Type": "application/json"}
CHANGE = "/length"


def make_app() -> FastAPI:
    app = FastAPI()
    answer_problems(app)

    @app.post("/length")
    @app.post("/plays")
    async def length(text: str = Body()) -> int:
        return len(text)

    @app.get("/nothing")
    @app.get("/files/picture")
    async def nothing() -> None:
        return None

    @app.get("/long")
    async def long() -> Response:
        return Response(bytes(50_000_000))

    @app.get("/falls")
    async def falls() -> None:
        raise KeyError("an error of ours")

    return app


@contextmanager
def served(tls: ssl.SSLContext | None = None) -> Iterator[str]:
    with (
        listen("127.0.0.1", 0, name="stand", variable="VITRINE_STAND_PORT") as listener,
        web_server(
            make_app(),
            listener,
            Event(),
            name="stand",
            names=ServerNames(["stand.example"]),
            body_bytes={"plays": REPORT_BYTES},
            open_files=("/files/",),
            tls=tls,
        ),
    ):
        yield address_of(listener, secure=tls is not None)


@pytest.fixture
def address() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture
def pair(tmp_path: Path) -> Certificate:
    make_site_certificate(tmp_path, [])
    return Certificate(tmp_path / "site.pem", tmp_path / "site-key.pem")


def refused(reason: str) -> float:
    labels = {"reason": reason}
    return REGISTRY.get_sample_value("vitrine_http_refused_total", labels) or 0


def connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    assert parts.port is not None
    client = socket.create_connection((parts.hostname, parts.port), 5)
    client.settimeout(5)
    return client


# TLS


def test_a_server_with_a_certificate_answers_over_tls_only(pair: Certificate) -> None:
    with served(pair.context) as address:
        trust = pair.client_context()
        with httpx.Client(verify=trust) as client:
            for text in ("a", "b" * 50_000):
                answer = client.post(f"{address}/length", json=text)
                assert answer.json() == len(text)
        before = refused("malformed")
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{address}/nothing".replace("https", "http"))
        assert refused("malformed") == before + 1
        assert httpx.get(f"{address}/nothing", verify=trust).status_code == 200


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01"])
def test_a_handshake_that_does_not_end_is_given_up(
    pair: Certificate, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(limits, "REQUEST_S", 0.3)
    with served(pair.context) as address, connected(address) as client:
        client.sendall(sent)
        while client.recv(4_000):
            pass


def test_handshakes_that_do_not_end_keep_nobody_out(
    pair: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 20)
    with served(pair.context) as address, ExitStack() as stack:
        idle = [stack.enter_context(connected(address)) for _ in range(60)]
        answer = httpx.get(f"{address}/nothing", verify=pair.client_context())
        assert answer.status_code == 200
        # The oldest went.
        assert idle[0].recv(1) == b""
        idle[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            idle[-1].recv(1)


def test_handshakes_that_were_given_up_leave_their_places(
    pair: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 4)
    monkeypatch.setattr(limits, "REQUEST_S", 0.2)
    crowded = HTTP_REFUSED.labels("crowded")
    with served(pair.context) as address:
        for _ in range(5):
            with connected(address) as client:
                assert client.recv(1) == b""
        before = crowded._value.get()
        monkeypatch.setattr(limits, "REQUEST_S", 15)
        answer = httpx.get(f"{address}/nothing", verify=pair.client_context())
        assert answer.status_code == 200
        assert crowded._value.get() == before


# Bodies


@pytest.mark.parametrize(
    ("path", "most"), [("/length", BODY_BYTES), ("/plays", REPORT_BYTES)]
)
def test_a_body_up_to_the_limit_is_read_and_a_larger_one_refused(
    address: str, path: str, most: int
) -> None:
    text = "x" * (most - 2)
    answer = httpx.post(f"{address}{path}", json=text)
    assert (answer.status_code, answer.json()) == (200, len(text))
    answer = httpx.post(f"{address}{path}", json="x" * most)
    assert answer.status_code == 413
    assert answer.json()["detail"] == f"at most {most} bytes"


@pytest.mark.parametrize("path", ["/length", "/nothing", "/no-such"])
def test_a_body_without_its_length_is_refused_on_every_route(
    address: str, path: str
) -> None:
    pieces = (b"x" * 10_000 for _ in range(12))
    answer = httpx.request("POST", f"{address}{path}", content=pieces, headers=JSON)
    assert answer.status_code == 413


def test_a_body_that_does_not_end_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "BODY_S", 0.2)
    with connected(address) as client:
        client.sendall(
            b"POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n12"
        )
        assert client.recv(4_000).startswith(b"HTTP/1.1 408")


# Connections


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /nothing HTTP/1.1\r\nHost: x\r\n",
        b"GET /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n",
    ],
)
def test_a_connection_without_a_whole_request_is_closed(
    address: str, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(limits, "REQUEST_S", 0.3)
    with connected(address) as client:
        client.sendall(sent)
        while client.recv(4_000):
            pass


def test_too_many_idle_connections_keep_nobody_out(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 20)
    threads = threading.active_count()
    with ExitStack() as stack:
        idle = [stack.enter_context(connected(address)) for _ in range(60)]
        began_s = time.monotonic()
        assert httpx.get(f"{address}/nothing").status_code == 200
        assert time.monotonic() - began_s < 2
        # The oldest went.
        assert idle[0].recv(1) == b""
        idle[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            idle[-1].recv(1)
    assert threading.active_count() == threads


def test_room_is_made_without_a_look_at_every_connection(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 20)
    looked_at = []

    def is_waiting(connection: BoundedConnection) -> bool:
        looked_at.append(connection)
        return True

    monkeypatch.setattr(BoundedConnection, "is_waiting", property(is_waiting))
    with ExitStack() as stack:
        idle = [stack.enter_context(connected(address)) for _ in range(60)]
        assert httpx.get(f"{address}/nothing").status_code == 200
        assert idle[0].recv(1) == b""
    # Forty had to go, and one for the request.
    assert len(looked_at) <= 41


def test_what_is_no_http_is_refused_with_headers(address: str) -> None:
    with connected(address) as client:
        client.sendall(b"no HTTP\r\n\r\n")
        answer = client.recv(4_000)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"X-Content-Type-Options: nosniff" in answer


def test_a_client_that_takes_no_answer_is_cut_off_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "SHUTDOWN_S", 0.1)
    with ExitStack() as stack:
        with served() as address:
            client = stack.enter_context(connected(address))
            client.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(1)
        # Times out where the server has left it open.
        while client.recv(1_000_000):
            pass


# Headers


@pytest.mark.parametrize("path", ["/nothing", "/no-such", "/falls", "/length"])
def test_every_answer_has_the_common_headers(address: str, path: str) -> None:
    answer = httpx.get(f"{address}{path}")
    for name, value in COMMON.items():
        assert answer.headers[name] == value


def test_people_get_a_page_and_programs_json(address: str) -> None:
    page = httpx.get(f"{address}/no-such", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "There is nothing here" in page.text
    assert httpx.get(f"{address}/no-such").json() == {
        "detail": "No page has this address."
    }


# Who may ask


@pytest.mark.parametrize("path", ["/nothing", "/no-such", "/length"])
def test_another_name_is_refused_on_every_route(address: str, path: str) -> None:
    answer = httpx.get(f"{address}{path}", headers={"Host": "evil.example:8000"})
    assert answer.status_code == 421
    assert "VITRINE_HTTP_NAMES" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 403),
        # Plain HTTP: browsers say no more than the origin.
        ({"Host": "stand:8000", "Origin": "http://stand:8000"}, 200),
        ({"Host": "stand:8000", "Origin": "http://stand:9000"}, 403),
        ({"Host": "stand:8000", "Origin": "http://evil.example"}, 403),
        ({"Host": "stand:8000", "Origin": "null"}, 403),
        # A proxy that asks by its own name for us.
        ({"Host": "stand:8000", "Origin": "https://stand.example"}, 200),
        ({"Host": "stand:8000", "Origin": "http://stand.example:81"}, 403),
    ],
)
def test_a_page_of_another_origin_changes_nothing(
    address: str, headers: dict[str, str], status: int
) -> None:
    answer = httpx.post(f"{address}{CHANGE}", json="x", headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/nothing", {"Sec-Fetch-Mode": "no-cors"}, 403),
        ("/nothing", {"Sec-Fetch-Mode": "navigate"}, 200),
        ("/files/picture", {"Sec-Fetch-Mode": "no-cors"}, 200),
    ],
)
def test_another_origin_may_follow_a_link_and_load_open_files(
    address: str, path: str, headers: dict[str, str], status: int
) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", **headers}
    assert httpx.get(f"{address}{path}", headers=headers).status_code == status


def test_a_taken_port_is_an_error_that_names_its_setting() -> None:
    with listen("127.0.0.1", 0, name="stand", variable="VITRINE_STAND_PORT") as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigurationError, match="set VITRINE_STAND_PORT"):
            listen(
                "127.0.0.1",
                port,
                name="stand",
                variable="VITRINE_STAND_PORT",
            )
