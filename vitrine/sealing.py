"""AES-256-GCM for what may not be read on the bus or in the store: face embeddings and templates."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError, Invalid
from vitrine.schemas import SealedEmbedding

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32
HOW_TO: Final = 'create one with: echo "k1 $(openssl rand -base64 32)" > FILE'

Vector = NDArray[np.float32]


class Sealer:
    """Seals with the active key and opens with any it knows, so that keys can be rotated.

    `about` says what the sealed bytes belong to (for an embedding `track_reference`, for a template its
    customer); opened with another `about`, they are refused.
    """

    def __init__(self, keys: Mapping[str, bytes], active: str) -> None:
        """`keys` maps a key id to 32 bytes. Raises ConfigurationError for a key of another length."""
        for key_id, key in keys.items():
            if len(key) != KEY_BYTES:
                raise ConfigurationError(
                    f"key {key_id!r} has {len(key)} bytes, expected {KEY_BYTES}"
                )
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._active_id = active
        self._active = self._ciphers[active]

    @classmethod
    def load(cls, path: Path) -> Sealer:
        """Keys from a file: on each line an id and 32 bytes in base64; the last one is active.

        Raises ConfigurationError that says what to do.
        """
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"cannot read the key file {path} ({error}); {HOW_TO}"
            ) from None
        keys = dict(
            _parse(path, number, line)
            for number, line in enumerate(lines, 1)
            if line.strip()
        )
        if not keys:
            raise ConfigurationError(f"the key file {path} holds no key; {HOW_TO}")
        return cls(keys, list(keys)[-1])

    def encrypt(self, plain: bytes, about: str) -> tuple[str, str]:
        """Key id, and base64 of nonce and ciphertext."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + self._active.encrypt(nonce, plain, about.encode())
        return self._active_id, b64encode(sealed).decode()

    def decrypt(self, key_id: str, sealed: str, about: str) -> bytes:
        """The inverse of `encrypt`. Raises Invalid when the key is unknown or anything was altered."""
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise Invalid("sealed with a key that this process does not hold")
        try:
            content = b64decode(sealed, validate=True)
            return cipher.decrypt(
                content[:NONCE_BYTES], content[NONCE_BYTES:], about.encode()
            )
        except (Base64Error, InvalidTag, ValueError):
            raise Invalid(
                "sealed content was altered, or belongs to something else"
            ) from None

    def seal(self, vector: Vector, model: str, about: str) -> SealedEmbedding:
        """A float32 vector for the bus."""
        key_id, sealed = self.encrypt(
            np.asarray(vector, "<f4").tobytes(), f"{model}|{about}"
        )
        return SealedEmbedding(model=model, key_id=key_id, sealed=sealed)

    def open(self, embedding: SealedEmbedding, about: str) -> Vector:
        """The inverse of `seal`. Raises Invalid as `decrypt` does."""
        plain = self.decrypt(
            embedding.key_id, embedding.sealed, f"{embedding.model}|{about}"
        )
        if len(plain) % 4:
            raise Invalid("sealed content is no float32 vector")
        return np.frombuffer(plain, "<f4").astype(np.float32)


def track_reference(camera_id: str, track_id: str) -> str:
    """What a face's embedding is about."""
    return f"{camera_id}|{track_id}"


def _parse(path: Path, number: int, line: str) -> tuple[str, bytes]:
    try:
        key_id, encoded = line.split()
        key = b64decode(encoded, validate=True)
    except ValueError:
        raise ConfigurationError(
            f"{path}:{number}: expected `id base64`; {HOW_TO}"
        ) from None
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"{path}:{number}: the key has {len(key)} bytes, expected {KEY_BYTES}; {HOW_TO}"
        )
    return key_id, key
