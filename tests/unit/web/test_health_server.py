"""The health server answers what an orchestrator and Prometheus ask."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest

from vitrine.errors import ConfigurationError
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health
from vitrine.web import bounded_server
from vitrine.web.bounded_server import CONNECTIONS
from vitrine.web.headers import COMMON
from vitrine.web.health_server import health_server

HOST = "127.0.0.1"


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def http(health: Health) -> Iterator[httpx.Client]:
    """Yield a client of the health server of `health`."""
    with (
        health_server(health, HOST, port=0) as port,
        httpx.Client(base_url=f"http://{HOST}:{port}") as client,
    ):
        yield client


def test_a_process_without_reasons_is_ready(http: httpx.Client) -> None:
    answer = http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "reasons": {}}
    assert "vitrine_ready 1.0" in http.get("/metrics").text


def test_a_process_with_a_reason_is_alive_and_not_ready(
    http: httpx.Client, health: Health
) -> None:
    health.unready("stand", "Redis is away")
    answer = http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "reasons": {"stand": "Redis is away"}}
    assert "vitrine_ready 0.0" in http.get("/metrics").text
    assert http.get("/healthz").status_code == 200


def test_a_component_that_works_again_is_no_reason_any_more(
    http: httpx.Client, health: Health
) -> None:
    health.unready("stand", "Redis is away")
    health.ready("stand")
    assert http.get("/readyz").status_code == 200


def test_counters_are_shown(http: httpx.Client) -> None:
    metrics.RETRIES.labels("stand").inc()
    assert 'vitrine_retries_total{service="stand"}' in http.get("/metrics").text


def test_another_address_is_not_found(http: httpx.Client) -> None:
    assert http.get("/favicon.ico").status_code == 404


def test_a_taken_port_is_named_with_the_setting_for_it(http: httpx.Client) -> None:
    port = http.base_url.port
    assert port is not None
    expected = rf"127\.0\.0\.1:{port}.*VITRINE_HEALTH_PORT"
    server = health_server(Health(), HOST, port)
    with pytest.raises(ConfigurationError, match=expected), server:
        pass


def asked_with(http: httpx.Client, **headers: str) -> httpx.Response:
    return http.get("/readyz", headers=headers)


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/favicon.ico"])
def test_every_answer_has_the_common_headers(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    for name, value in COMMON.items():
        assert answer.headers[name] == value


def test_people_get_a_page_where_nothing_is(http: httpx.Client) -> None:
    answer = http.get("/no-such", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("landmarks:8080", 200),
        ("", 200),
        ("evil.example:8080", 421),
    ],
)
def test_the_name_of_another_site_is_refused(
    http: httpx.Client, host: str, status: int
) -> None:
    answer = asked_with(http, Host=host)
    assert answer.status_code == status
    if status == 421:
        assert "VITRINE_HTTP_NAMES" in answer.json()["error"]


def test_a_probe_of_a_shell_sends_no_host(http: httpx.Client) -> None:
    with connected(http) as probe:
        probe.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
        assert probe.recv(1_000).startswith(b"HTTP/1.0 200")


def test_another_method_is_refused_with_headers_and_its_body_is_not_read(
    http: httpx.Client,
) -> None:
    with connected(http) as client:
        client.sendall(b"POST /metrics HTTP/1.1\r\nContent-Length: 300000000\r\n\r\n")
        answer = client.recv(4_000)
    assert b" 501 " in answer
    assert b"X-Content-Type-Options: nosniff" in answer


def test_idle_connections_keep_nobody_out_and_take_few_threads(
    http: httpx.Client,
) -> None:
    before = threading.active_count()
    with ExitStack() as stack:
        for _ in range(256):
            stack.enter_context(connected(http))
        began_s = time.monotonic()
        assert http.get("/readyz").status_code == 200
        assert time.monotonic() - began_s < 2
        until_few = before + CONNECTIONS + 2
        while threading.active_count() > until_few:
            assert time.monotonic() - began_s < 10
            time.sleep(0.01)


@pytest.mark.parametrize("sent", [b"", b"GET /readyz HTTP/1.1\r\nA: b\r\n"])
def test_a_connection_without_a_whole_request_is_closed(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(bounded_server, "LIFE_S", 0.3)
    with connected(http) as client:
        client.sendall(sent)
        client.settimeout(5)
        assert client.recv(1_000) == b""


def connected(http: httpx.Client) -> socket.socket:
    port = http.base_url.port
    assert port is not None
    return socket.create_connection((HOST, port), 5)
