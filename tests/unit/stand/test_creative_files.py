"""The policy of creatives: no network, unless a campaign and the operator say so."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.stand_builders import make_campaign, mall_of
from vitrine.services.stand.creative_files import creative_policy, hosts_of
from vitrine.services.stand.settings import StandSettings

CDN = "cdn.example.com"


def directives(policy: str) -> dict[str, list[str]]:
    found = {}
    for part in policy.split("; "):
        name, *values = part.split(" ")
        assert name not in found
        found[name] = values
    return found


def test_a_creative_reaches_its_own_files_only() -> None:
    found = directives(creative_policy())
    assert found["sandbox"] == ["allow-scripts"]
    assert found["default-src"] == ["'none'"]
    assert found["connect-src"] == ["'none'"]
    assert found["form-action"] == ["'none'"]
    assert found["img-src"] == ["'self'", "data:", "blob:"]
    assert "http" not in creative_policy()


def test_with_hosts_it_reaches_them_by_tls() -> None:
    found = directives(creative_policy([CDN]))
    assert found["connect-src"] == [f"https://{CDN}", f"wss://{CDN}"]
    assert found["img-src"][-1] == f"https://{CDN}"
    assert found["default-src"] == ["'none'"]
    assert found["form-action"] == ["'none'"]


@pytest.mark.parametrize(
    ("file", "hosts"),
    [
        ("both.html", {"a.example"}),
        ("spring/shoe.html", {"a.example", "b.example"}),
        ("other.html", set()),
    ],
)
def test_a_file_reaches_what_all_its_campaigns_name(file: str, hosts: set[str]) -> None:
    both = {"id": "both", "file": "both.html"}
    shoe = {"id": "shoe", "file": "spring/shoe.html"}
    spring = make_campaign("spring", both, shoe, hosts=["a.example", "b.example"])
    autumn = make_campaign("autumn", both, hosts=["a.example"])
    assert hosts_of(mall_of(spring, autumn), file) == hosts


def test_the_operator_allows_public_hosts_only() -> None:
    settings = StandSettings(creative_hosts="CDN.example.com, b.example")
    assert settings.allowed_hosts() == ["cdn.example.com", "b.example"]
    with pytest.raises(ValidationError, match="a host on the Internet"):
        StandSettings(creative_hosts="192.168.1.2")
