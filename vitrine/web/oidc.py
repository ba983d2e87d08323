"""Ask an identity provider who somebody is: OpenID Connect Core 1.0, code flow with PKCE."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import SecretStr

from vitrine.people.accounts import Identity
from vitrine.settings import Settings

DISCOVERY: Final = "/.well-known/openid-configuration"
SCOPE: Final = "openid email"
# By keys that the provider publishes. `none` and what is signed with a shared secret are not
# among them.
ALGORITHMS: Final = ("RS256", "PS256", "ES256")
# Of each question. Chosen, not measured: people wait for it.
ANSWER_LIMIT_S: Final = 5.0
# How far two clocks may be apart. Chosen, not measured.
LEEWAY_S: Final = 60
# RFC 7636, section 4.1, asks for 43 to 128 letters.
RANDOM_BYTES: Final = 32


class ProviderFailed(Exception):
    """An identity provider that is away, or whose answer proves nothing."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Hold what one sign-in has to come back with. All but `next_address` is random."""

    next_address: str
    return_address: str
    """Of this server, as the provider is told."""
    state: str = field(default_factory=lambda: secrets.token_urlsafe(RANDOM_BYTES))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(RANDOM_BYTES))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(RANDOM_BYTES))

    @property
    def challenge(self) -> str:
        """Return the verifier's digest, as RFC 7636 has it for S256."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def provider_of(settings: Settings) -> Provider | None:
    """Return the identity provider of the settings; None without one."""
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    return Provider(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_client_secret,
    )


class Provider:
    """Ask one identity provider; its addresses and keys are read anew for each sign-in."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: SecretStr | None,
        clock_s: Callable[[], float] = time.time,
    ) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._clock_s = clock_s

    def address(self, flow: Flow) -> str:
        """Return where a browser has to go. Raises ProviderFailed."""
        with self._client() as http:
            endpoint = _endpoint(self._metadata(http), "authorization_endpoint")
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client_id,
                "redirect_uri": flow.return_address,
                "scope": SCOPE,
                "state": flow.state,
                "nonce": flow.nonce,
                "code_challenge": flow.challenge,
                "code_challenge_method": "S256",
            }
        )
        joint = "&" if "?" in endpoint else "?"
        return f"{endpoint}{joint}{query}"

    def identity(self, flow: Flow, code: str) -> Identity:
        """Return whose code this is. Raises ProviderFailed."""
        with self._client() as http:
            metadata = self._metadata(http)
            token = self._token(http, metadata, flow, code)
            published = _endpoint(metadata, "jwks_uri")
            keys = _json(_asked(lambda: http.get(published)))
        claims = self._claims(token, keys, flow)
        email = claims.get("email")
        if claims.get("email_verified") is not True or not isinstance(email, str):
            email = ""
        return Identity(str(claims["sub"]), email)

    def _client(self) -> httpx.Client:
        return httpx.Client(timeout=ANSWER_LIMIT_S)

    def _metadata(self, http: httpx.Client) -> Mapping[str, Any]:
        address = self._issuer.rstrip("/") + DISCOVERY
        metadata = _json(_asked(lambda: http.get(address)))
        if metadata.get("issuer") != self._issuer:
            raise ProviderFailed(
                "the provider has another name than VITRINE_OIDC_ISSUER"
            )
        return metadata

    def _token(
        self,
        http: httpx.Client,
        metadata: Mapping[str, Any],
        flow: Flow,
        code: str,
    ) -> str:
        """Return the ID token for a code."""
        endpoint = _endpoint(metadata, "token_endpoint")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.return_address,
            "code_verifier": flow.verifier,
            "client_id": self._client_id,
        }
        # Without a secret nothing is added.
        password = httpx.Auth()
        if self._client_secret is not None:
            # RFC 6749, section 2.3.1: both are encoded as in a form.
            secret = quote(self._client_secret.get_secret_value(), safe="")
            password = httpx.BasicAuth(quote(self._client_id, safe=""), secret)
        answer = _json(_asked(lambda: http.post(endpoint, data=form, auth=password)))
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise ProviderFailed("the provider gave no ID token")
        return token

    def _claims(
        self,
        token: str,
        keys: Mapping[str, Any],
        flow: Flow,
    ) -> Mapping[str, Any]:
        """Return what a token says, once signature and claims are proved."""
        expected = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock_s()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            nonce={"essential": True, "value": flow.nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            key_set = KeySet.import_key_set(dict(keys))  # type: ignore[arg-type]
            decoded = jwt.decode(token, key_set, algorithms=list(ALGORITHMS))
            claims: Mapping[str, Any] = decoded.claims
            expected.validate(decoded.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            reason = f"the provider's ID token proves nothing ({error})"
            raise ProviderFailed(reason) from None
        if claims.get("azp", self._client_id) != self._client_id:
            raise ProviderFailed("the provider's ID token is for another program")
        return claims


def _asked(ask: Callable[[], httpx.Response]) -> httpx.Response:
    try:
        return ask()
    except httpx.HTTPError as error:
        raise ProviderFailed(f"the provider does not answer ({error!r})") from None


def _json(answer: httpx.Response) -> Mapping[str, Any]:
    """Return what an answer of 200 says."""
    if answer.status_code != 200:
        raise ProviderFailed(f"the provider answers {answer.status_code}")
    try:
        content = answer.json()
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ProviderFailed("the provider answers no JSON object")
    return content


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    endpoint = metadata.get(name)
    if not isinstance(endpoint, str):
        raise ProviderFailed(f"the provider names no {name}")
    return endpoint
