"""A small identity provider (OpenID Connect) of the tests, which lets in whom it is told."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT = "vitrine of the mall"
SECRET = "a secret: with signs % & +"  # noqa: S105 - of the tests


def make_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}, auto_kid=False)


@dataclass
class IdentityProvider:
    """Hold what the provider knows, and what it is to do wrong."""

    address: str
    subject: str = "248289761001"
    claims: dict[str, Any] = field(default_factory=dict)
    """Instead of the right ones; None leaves one out."""
    algorithm: str = "RS256"
    key: RSAKey = field(default_factory=make_key)
    signs: RSAKey | None = None
    """A key that is not the published one."""
    answers: int = 200
    """Of the tokens' address."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    """What was asked, by code."""
    token_requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Header `Authorization` and form."""

    def oidc(self) -> dict[str, Any]:
        """Return the settings of a server that trusts this provider."""
        return {
            "oidc_issuer": self.address,
            "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET,
        }

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize?tenant=1",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
        }

    def keys(self) -> Any:
        return KeySet([self.key]).as_dict(private=False)

    def authorize(self, query: dict[str, str]) -> str:
        """Return where a browser goes on: somebody has let the program in."""
        code = secrets.token_urlsafe()
        self.codes[code] = query
        returned = urlencode({"code": code, "state": query["state"]})
        return f"{query['redirect_uri']}?{returned}"

    def token(self, authorization: str, form: dict[str, str]) -> dict[str, Any] | None:
        """Return the answer to a code; None for one that is not right."""
        self.token_requests.append((authorization, form))
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != asked["code_challenge"]:
            return None
        return {"token_type": "Bearer", "id_token": self._id_token(asked["nonce"])}

    def _id_token(self, nonce: str) -> str:
        now_s = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.address,
            "sub": self.subject,
            "aud": CLIENT,
            "exp": now_s + 300,
            "iat": now_s,
            "nonce": nonce,
        } | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.algorithm == "none":
            parts = [_base64({"alg": "none", "kid": "one"}), _base64(claims), ""]
            return ".".join(parts)
        header = {"alg": self.algorithm, "kid": "one"}
        if self.algorithm == "HS256":
            # The old trick: the public key as a shared secret.
            shared = OctKey.import_key(self.key.as_pem(private=False))
            return jwt.encode(header, claims, shared, algorithms=["HS256"])
        return jwt.encode(header, claims, self.signs or self.key)


def _base64(content: dict[str, Any]) -> str:
    text = json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@contextmanager
def identity_provider(host: str = "localhost") -> Iterator[IdentityProvider]:
    """Run a provider at a free port while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: each[0] for name, each in parse_qs(parts.query).items()}
            if parts.path == "/.well-known/openid-configuration":
                self._json(provider.metadata())
            elif parts.path == "/keys":
                self._json(provider.keys())
            elif parts.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = dict(parse_qsl(self.rfile.read(length).decode()))
            authorization = self.headers.get("Authorization", "")
            answer = provider.token(authorization, form)
            if answer is None:
                self._json({"error": "invalid_grant"}, 400)
            else:
                self._json(answer, provider.answers)

        def log_message(self, *arguments: object) -> None:
            pass

        def _json(self, content: Any, status: int = 200) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = IdentityProvider(f"http://{host}:{server.server_port}")
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
