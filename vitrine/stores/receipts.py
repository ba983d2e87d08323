"""Receipts of an erasure, which anybody can check: signed with Ed25519 (RFC 8032).

The key that signs is the site's, and no service has it: only the command that erases.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from vitrine.errors import ConfigurationError, Invalid
from vitrine.private_files import read_private

HOW_TO: Final = (
    "create one with: (umask 077; openssl genpkey -algorithm ed25519 -out FILE)"
)

Content = dict[str, Any]


class ReceiptKey:
    """Sign receipts. Who has `public` can check them, and can make none."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = b64encode(key.public_key().public_bytes_raw()).decode()
        """The 32 bytes of the public key, in base64."""

    @classmethod
    def load(cls, path: Path) -> ReceiptKey:
        """Read a key in PEM. Raises ConfigurationError that says what to do."""
        try:
            key = load_pem_private_key(read_private(path), None)
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(
                f"cannot read the receipt key {path} ({error}); {HOW_TO}"
            ) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigurationError(f"{path} is no Ed25519 key; {HOW_TO}")
        return cls(key)

    def sign(self, content: Content) -> Content:
        """Return the content with the `public_key` and a `signature` over both."""
        signed = content | {"public_key": self.public}
        signature = self._key.sign(_bytes(signed))
        return signed | {"signature": b64encode(signature).decode()}


def new_key() -> str:
    """Return a new key in PEM."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    return pem.decode()


def check(receipt: Content, public: str) -> None:
    """Raise Invalid for a receipt that the holder of the key with this `public` did not sign."""
    content = dict(receipt)
    signature = content.pop("signature", None)
    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(public, validate=True))
    except ValueError:
        raise Invalid(f"{public!r} is no public key") from None
    if not isinstance(signature, str):
        raise Invalid("the receipt is not signed")
    try:
        key.verify(b64decode(signature, validate=True), _bytes(content))
    except (InvalidSignature, ValueError):
        raise Invalid("altered, or signed with another key") from None


def _bytes(content: Content) -> bytes:
    return json.dumps(content, sort_keys=True).encode()
