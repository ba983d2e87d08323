"""Seal with AES-256-GCM what nobody may read on the bus or in the store: embeddings, templates."""

from __future__ import annotations

import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray
from pydantic import TypeAdapter

from vitrine.errors import ConfigurationError, Invalid
from vitrine.private_files import read_private
from vitrine.schemas import Id, SealedVector

# The nonce that NIST SP 800-38D recommends for GCM: 96 bits, drawn anew for each seal.
NONCE_BYTES: Final = 12
# AES-256.
KEY_BYTES: Final = 32
KEY_ID: Final[TypeAdapter[Id]] = TypeAdapter(Id)
FLOAT_BYTES: Final = 4
HOW_TO: Final = (
    'create one with: (umask 077; echo "k1 $(openssl rand -base64 32)" > FILE)'
)

Vector = NDArray[np.float32]


class Sealer:
    """Seal with the active key and open with any it knows, so that keys can be rotated.

    `about` says what the sealed bytes belong to: `view_reference` for an embedding, the customer
    for a template. It is authenticated, not stored: opened with another `about`, they are refused.
    """

    def __init__(self, keys: Mapping[str, bytes], active: str) -> None:
        """Take 32 bytes for each key id. Raises ConfigurationError for a key of another length."""
        for key_id, key in keys.items():
            if len(key) != KEY_BYTES:
                raise ConfigurationError(
                    f"key {key_id!r} has {len(key)} bytes, expected {KEY_BYTES}"
                )
        self._ciphers: dict[str, AESGCM] = {}
        for key_id, key in keys.items():
            self._ciphers[key_id] = AESGCM(key)
        self.active_id = active
        """Of the key that seals."""
        self.key_ids = frozenset(keys)
        """Of all keys that open."""
        self._active = self._ciphers[active]
        self._proving = hmac.digest(keys[active], b"vitrine: proof", "sha256")

    @classmethod
    def load(cls, path: Path) -> Sealer:
        """Read keys from a file: on each line an id and 32 bytes in base64; the last is active.

        Raises ConfigurationError that says what to do.
        """
        try:
            lines = read_private(path).decode("ascii").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"cannot read the key file {path} ({error}); {HOW_TO}"
            ) from None
        keys: dict[str, bytes] = {}
        active = None
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            active, key = _parse(f"{path}:{number}", line)
            if active in keys:
                # Which of the two sealed what is there, nobody could tell.
                raise ConfigurationError(f"{path}:{number}: a second key {active!r}")
            if key in keys.values():
                # Who has the old one would open all that is sealed anew.
                raise ConfigurationError(f"{path}:{number}: a key from above; {HOW_TO}")
            keys[active] = key
        if active is None:
            raise ConfigurationError(f"the key file {path} holds no key; {HOW_TO}")
        return cls(keys, active)

    def encrypt(self, plain: bytes, about: str) -> tuple[str, str]:
        """Return the id of the active key, and base64 of nonce and ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        ciphertext = self._active.encrypt(nonce, plain, about.encode())
        sealed = b64encode(nonce + ciphertext)
        return self.active_id, sealed.decode()

    def proof(self, text: str, about: str) -> str:
        """Return what only a holder of the active key can say of a text; always the same.

        It is of what `about` says: of another thing's text it is another one.
        """
        content = "\x1f".join((about, text)).encode()
        return hmac.new(self._proving, content, "sha256").hexdigest()

    def decrypt(
        self,
        key_id: str,
        sealed: str,
        about: str,
    ) -> bytes:
        """Return what `encrypt` sealed.

        Raises Invalid when the key is unknown, `about` is another one, or any byte was altered.
        """
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise Invalid("sealed with a key that this process does not hold")
        try:
            content = b64decode(sealed, validate=True)
            nonce = content[:NONCE_BYTES]
            ciphertext = content[NONCE_BYTES:]
            return cipher.decrypt(nonce, ciphertext, about.encode())
        except (Base64Error, InvalidTag, ValueError):
            raise Invalid(
                "sealed content was altered, or belongs to something else"
            ) from None

    def seal(
        self,
        vector: Vector,
        model: str,
        about: str,
    ) -> SealedVector:
        """Seal a float32 vector of `model` for the bus."""
        plain = np.asarray(vector, "<f4").tobytes()
        key_id, sealed = self.encrypt(plain, _of_model(model, about))
        return SealedVector(
            model=model,
            key_id=key_id,
            sealed=sealed,
        )

    def open(self, embedding: SealedVector, about: str) -> Vector:
        """Return the vector that `seal` was given. Raises Invalid as `decrypt` does."""
        plain = self.decrypt(
            embedding.key_id,
            embedding.sealed,
            _of_model(embedding.model, about),
        )
        if len(plain) % FLOAT_BYTES:
            raise Invalid("sealed content is no float32 vector")
        vector = np.frombuffer(plain, "<f4")
        return vector.astype(np.float32)


class Picture(Protocol):
    """Represent a picture by where and when it was taken."""

    @property
    def stand_id(self) -> str:
        """The stand of the camera."""

    @property
    def camera_id(self) -> str:
        """The camera."""

    @property
    def captured_at_ns(self) -> int:
        """The capture time."""


def view_reference(picture: Picture, track_id: str) -> str:
    """Return the `about` of what is sealed of a face in a picture: it is of no other moment."""
    return f"{picture.stand_id}|{picture.camera_id}|{track_id}|{picture.captured_at_ns}"


def _of_model(model: str, about: str) -> str:
    """Bind a vector to its model too: vectors of two models must never be compared."""
    return f"{model}|{about}"


def _parse(place: str, line: str) -> tuple[str, bytes]:
    """Return id and key of a line. Raises ConfigurationError that names `place`, never the key."""
    try:
        key_id, encoded = line.split()
        # No topic could hold what another one has sealed.
        KEY_ID.validate_python(key_id)
        key = b64decode(encoded, validate=True)
    except ValueError:
        raise ConfigurationError(f"{place}: expected `id base64`; {HOW_TO}") from None
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"{place}: the key has {len(key)} bytes, expected {KEY_BYTES}; {HOW_TO}"
        )
    return key_id, key
