"""One comparison of tokens for all pages."""

from __future__ import annotations

import hashlib

import pytest
from pydantic import SecretStr

from vitrine.errors import ConfigurationError
from vitrine.web.tokens import (
    TokenGuard,
    bearer_token,
    is_loopback,
    signing_secret,
)

TOKEN = "a secret of the house"  # noqa: S105


def test_a_guard_admits_its_token_among_what_is_given() -> None:
    guard = TokenGuard(SecretStr(TOKEN))
    assert guard.admits(TOKEN)
    assert guard.admits("", TOKEN)
    assert not guard.admits("", TOKEN + "x", TOKEN[:-1])
    assert not guard.admits()


def test_a_setting_may_hold_the_digest_of_the_token() -> None:
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    guard = TokenGuard(SecretStr(f"sha256:{digest}"))
    assert guard.admits("", TOKEN)
    assert not guard.admits("", TOKEN + "x", digest, f"sha256:{digest}")


def test_a_guard_without_a_token_admits_nothing() -> None:
    guard = TokenGuard(None)
    assert not guard.has_token
    assert not guard.admits("", "anything")


@pytest.mark.parametrize(
    ("authorization", "bearer"),
    [
        (f"Bearer {TOKEN}", TOKEN),
        ("Basic bWU6cGFzc3dvcmQ=", ""),
        ("", ""),
        (TOKEN, ""),
        (f"bearer{TOKEN}", ""),
    ],
)
def test_a_header_brings_a_bearer_token(authorization: str, bearer: str) -> None:
    assert bearer_token(authorization) == bearer


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104
        ("stand.example", False),
    ],
)
def test_only_a_loopback_address_is_hidden_from_other_machines(
    host: str, loopback: bool
) -> None:
    assert is_loopback(host) is loopback


def test_the_digest_of_a_token_signs_nothing_by_itself() -> None:
    digest = SecretStr("sha256:" + "0" * 64)
    services = SecretStr("the secret of our services")
    token = SecretStr(TOKEN)
    assert signing_secret(None, None, "X") is None
    assert signing_secret(None, services, "X") == services
    assert signing_secret(token, services, "X") == token
    with pytest.raises(ConfigurationError, match="X is a digest: set VITRINE_SERVICES"):
        signing_secret(digest, None, "X")
    signs = signing_secret(digest, services, "X")
    assert signs is not None
    assert services.get_secret_value() in signs.get_secret_value()
    assert digest.get_secret_value() in signs.get_secret_value()
