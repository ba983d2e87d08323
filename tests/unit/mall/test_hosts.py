"""Hosts that a campaign may name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.stand_builders import make_campaign
from vitrine.mall.hosts import public_host


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("cdn.example.com", "cdn.example.com"),
        ("CDN.Example.COM", "cdn.example.com"),
        ("a-b.xn--mller-kva.de", "a-b.xn--mller-kva.de"),
    ],
)
def test_names_on_the_internet_may_be_named(given: str, host: str) -> None:
    assert public_host(given) == host


@pytest.mark.parametrize(
    "given",
    [
        "",
        "localhost",
        "redis",
        "*",
        "*.example.com",
        "https://cdn.example.com",
        "cdn.example.com/path",
        "cdn.example.com:8443",
        "cdn.example.com.",
        "cdn.example.com; script-src *",
        "cdn.example.com 'unsafe-eval'",
        "192.168.1.2",
        "127.1",
        "0x7f.1",
        "[::1]",
        "printer.local",
        "nas.lan",
        "pos.internal",
        "router.home.arpa",
        "1.0.0.127.in-addr.arpa",
        "-a.example",
        "a" * 64 + ".example",
        5,
        None,
    ],
)
def test_nothing_else_may(given: Any) -> None:
    with pytest.raises(ValueError, match="expected the name of a host on the Internet"):
        public_host(given)


def test_a_campaign_names_hosts() -> None:
    campaign = make_campaign("spring", hosts=["CDN.example.com"])
    assert campaign.hosts == ("cdn.example.com",)
    with pytest.raises(ValidationError, match=r"such as cdn\.example\.com"):
        make_campaign("spring", hosts=["http://cdn.example.com"])
