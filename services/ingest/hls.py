"""Playlists of HLS and what they name, all of it from the camera's own host."""

from __future__ import annotations

import os
from typing import Final, Protocol

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from vitrine.services.ingest.http_body import HttpBody
from vitrine.services.ingest.http_camera import HttpCamera
from vitrine.services.ingest.shots import Unreadable

HLS_OPTIONS: Final = {
    # Connections are kept by our own client.
    "http_persistent": "0",
    "http_multiple": "0",
    # Names of segments are the camera's affair; where they lie is checked below.
    "allowed_extensions": "ALL",
    "allowed_segment_extensions": "ALL",
    "extension_picky": "0",
}

ENCRYPTED: Final = "crypto"
LARGEST_SEGMENT: Final = 64_000_000


class Readable(Protocol):
    """Give bytes to FFmpeg."""

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; none at the end."""


class PlaylistFiles:
    """Open for FFmpeg what a playlist names: other playlists, segments and keys."""

    def __init__(self, client: HttpCamera) -> None:
        self._client = client

    def open(
        self,
        url: str,
        flags: int,  # noqa: ARG002 - part of the interface
        options: dict[str, str],
    ) -> Readable:
        """Return a file to read from. Raises Unreadable for another host."""
        scheme, _, rest = url.partition(":")
        if scheme == ENCRYPTED:
            return _decrypted(self._opened(rest, options), options)
        if scheme.startswith(ENCRYPTED + "+"):
            inner = url.removeprefix(ENCRYPTED + "+")
            return _decrypted(self._opened(inner, options), options)
        return self._opened(url, options)

    def _opened(self, url: str, options: dict[str, str]) -> HttpBody:
        body = HttpBody(self._client, url)
        first = int(options.get("offset", "0"))
        if first:
            body.seek(first, os.SEEK_SET)
        return body


class Decrypted:
    """Hold a decrypted segment."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes."""
        taken = self._content[self._at : self._at + size]
        self._at += len(taken)
        return taken


def _decrypted(body: HttpBody, options: dict[str, str]) -> Decrypted:
    """Return a segment in clear: AES-128 in CBC mode, padded (RFC 8216, 4.3.2.4)."""
    content = body.read_all(LARGEST_SEGMENT)
    body.close()
    try:
        key = bytes.fromhex(options["key"])
        start = bytes.fromhex(options["iv"])
        decryptor = Cipher(AES(key), CBC(start)).decryptor()
        padded = decryptor.update(content) + decryptor.finalize()
        unpadder = PKCS7(AES.block_size).unpadder()
        return Decrypted(unpadder.update(padded) + unpadder.finalize())
    except (KeyError, ValueError):
        raise Unreadable("a segment could not be decrypted", "damaged") from None
