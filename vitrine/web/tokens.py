"""Tokens that open pages, whatever server answers them."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from vitrine.errors import ConfigurationError

# Of a random token nobody finds the text by trying, so that no slow hash is needed.
HASHED: Final = "sha256:"
"""Before the digest of a token in a setting that does not hold the token itself."""


@dataclass(frozen=True, slots=True)
class TokenGuard:
    """Compare what a request brings with the token that opens its pages."""

    token: SecretStr | None

    @property
    def has_token(self) -> bool:
        """True when a token was set; without one, each page decides to be open or off."""
        return self.token is not None

    def admits(self, *given: str) -> bool:
        """Return True when one of the given texts is the token; False without a token.

        The time it takes tells nothing about the token.
        """
        if self.token is None:
            return False
        expected = self.token.get_secret_value().encode()
        is_hashed = expected.startswith(HASHED.encode())
        admitted = False
        for text in given:
            brought = text
            if is_hashed:
                brought = HASHED + hashlib.sha256(text.encode()).hexdigest()
            admitted |= hmac.compare_digest(brought.encode(), expected)
        return admitted


def is_hashed(token: SecretStr | None) -> bool:
    """Return True for the digest of a token in place of the token."""
    return token is not None and token.get_secret_value().startswith(HASHED)


def signing_secret(
    token: SecretStr | None,
    services: SecretStr | None,
    variable: str,
) -> SecretStr | None:
    """Return what signs the sessions of a token; None without a token and a secret.

    The token does, and for a digest the secret of our services: who reads a digest must not
    be able to sign. Raises ConfigurationError for a digest without that secret.
    """
    if token is not None and not is_hashed(token):
        return token
    if services is None and token is not None:
        raise ConfigurationError(
            f"{variable} is a digest: set VITRINE_SERVICES_TOKEN too, a secret of 16 "
            "characters or more, with which sessions are signed"
        )
    if services is None or token is None:
        return services
    return SecretStr(f"{token.get_secret_value()} {services.get_secret_value()}")


def require_clear(token: SecretStr | None, purpose: str) -> None:
    """Raise ConfigurationError for a digest, where the token itself has to be sent."""
    if is_hashed(token):
        raise ConfigurationError(
            f"{purpose} needs the token itself, and not its digest"
        )


def bearer_token(authorization: str) -> str:
    """Return the token of the header `Authorization: Bearer TOKEN`; otherwise an empty text."""
    kind, _, value = authorization.partition(" ")
    if kind != "Bearer":
        return ""
    return value


def require_tokens(host: str, **tokens: SecretStr | None) -> None:
    """Refuse pages that other machines could open without one of the tokens.

    The names are those of the variables, in lower case. Raises ConfigurationError.
    """
    if is_loopback(host):
        return
    missing = []
    for name, token in tokens.items():
        if token is None:
            missing.append(name.upper())
    if missing:
        names = " and ".join(missing)
        raise ConfigurationError(
            "pages that show people are to be reached from other machines "
            f"(VITRINE_HTTP_HOST={host}): "
            f"set {names} to secrets of 16 characters or more"
        )


def is_loopback(host: str) -> bool:
    """Return True for an address that only this machine reaches."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback
