"""Servers listen on IPv4 and IPv6."""

from __future__ import annotations

import socket
from threading import Event

import httpx
import pytest
from fastapi import FastAPI

from vitrine.errors import ConfigurationError
from vitrine.settings import Settings
from vitrine.telemetry.health import Health
from vitrine.telemetry.listening import at_port, listen_on
from vitrine.web.health_server import health_server
from vitrine.web.server import address_of, listen, web_server

pytestmark = pytest.mark.skipif(
    not socket.has_ipv6, reason="NO IPV6: needs its loopback"
)

# What to listen on, and what to reach it by.
HOSTS = pytest.mark.parametrize(
    ("host", "reached"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("::1", "[::1]"),
        ("::", "[::1]"),
        ("::", "127.0.0.1"),
    ],
)


@HOSTS
def test_health_is_served(host: str, reached: str) -> None:
    with health_server(Health(), host, 0) as port:
        assert httpx.get(f"http://{reached}:{port}/healthz").status_code == 200


@HOSTS
def test_pages_are_served(host: str, reached: str) -> None:
    listener = listen(host, 0, name="stand", variable="VITRINE_STAND_PORT")
    port = listener.getsockname()[1]
    with listener, web_server(FastAPI(), listener, Event(), name="stand"):
        assert httpx.get(f"http://{reached}:{port}/docs").status_code == 200


def test_an_address_of_ipv6_is_printed_in_brackets() -> None:
    with listen_on("::1", 0, 1) as listener:
        port = listener.getsockname()[1]
        assert address_of(listener) == f"http://[::1]:{port}"
    assert at_port("10.0.0.1", 80) == "10.0.0.1:80"


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 70, "::1::"])
def test_a_host_that_is_none_is_named(host: str) -> None:
    with pytest.raises(
        ConfigurationError, match="set VITRINE_STAND_PORT or VITRINE_HTTP_HOST"
    ):
        listen(host, 0, name="stand", variable="VITRINE_STAND_PORT")


def test_brackets_around_the_setting_are_taken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_HTTP_HOST", "[::1]")
    assert Settings.load().http_host == "::1"
