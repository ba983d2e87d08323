"""Names under which a server may be asked."""

from __future__ import annotations

import socket

import pytest

from vitrine.errors import ConfigurationError
from vitrine.settings import Settings
from vitrine.web.names import ServerNames, host_name

NAMES = ServerNames(["stand.example.org", "Other.Example."])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "192.168.1.2:8000",
        "[::1]:8000",
        "[2001:db8::1]",
        "localhost:8000",
        "LOCALHOST",
        "localhost.",
        "demo.localhost",
        "stand",
        "landmarks:8080",
        "my_service:8000",
        "mall-pc.local:8000",
        "stand.vitrine.svc.cluster.local",
        "host.docker.internal:8080",
        "kiosk.home.arpa",
        "stand.example.org",
        "STAND.example.org:443",
        "stand.example.org.",
        "other.example",
        "",
        socket.gethostname(),
    ],
)
def test_ours(host: str) -> None:
    assert NAMES.admits(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "evil.example.",
        "stand.example.org.evil.example",
        "127.0.0.1.evil.example",
        "1.2.3",
        "evillocal.example",
        "localhost.evil.example",
        "evil.example@localhost",
        "localhost/evil.example",
        "localhost:80:80",
        "[::1",
        "a b",
        ".local",
        "-a",
        "localhost:evil",
    ],
)
def test_not_ours(host: str) -> None:
    assert not NAMES.admits(host)


def test_a_name_is_told_from_its_port() -> None:
    assert host_name("Stand.Example.Org.:8000") == "stand.example.org"
    assert host_name("[::1]:80") == "::1"
    assert host_name("http://stand") is None


def test_the_setting_takes_names_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_HTTP_NAMES", " a.example, ,b.example ")
    assert Settings.load().own_names() == ["a.example", "b.example"]
    for wrong in ("http://a.example", "a.example:80", "*.example", "a/b"):
        monkeypatch.setenv("VITRINE_HTTP_NAMES", wrong)
        with pytest.raises(ConfigurationError, match="without http:// and port"):
            Settings.load()
