"""The body of an answer over HTTP, as FFmpeg and the reader of parts want it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import httpx

from vitrine.services.ingest.http_camera import HttpCamera
from vitrine.services.ingest.shots import Unreadable
from vitrine.services.ingest.sniffing import HEAD_BYTES

# Some servers of endless streams declare a length that is none.
LONGEST: Final = 2**46

# A recording whose connection breaks is read on from there, so often at most.
MOST_RESUMPTIONS: Final = 3


class HttpBody:
    """Read the body of an answer. Raises Unreadable."""

    def __init__(self, camera: HttpCamera, url: str) -> None:
        self._camera = camera
        self._url = url
        self._response: httpx.Response | None = None
        self._chunks: Iterator[bytes] = iter(())
        self._buffer = bytearray()
        self._at = 0
        self._resumptions = 0
        response = self._open(0)
        self.content_type: str = response.headers.get("Content-Type", "").lower()
        self.length = _length(response)
        """None for a stream without an end."""
        ranges = response.headers.get("Accept-Ranges", "").lower()
        self._has_ranges = ranges == "bytes" and self.length is not None

    def head(self) -> bytes:
        """Return the first bytes without taking them, as many as come at once."""
        self._fill(8)
        return bytes(self._buffer[:HEAD_BYTES])

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes, at least one until the end."""
        self._fill(1)
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._at += len(taken)
        return taken

    def read_all(self, limit: int) -> bytes:
        """Return the whole rest. Raises Unreadable above `limit` bytes."""
        self._fill(limit + 1)
        if len(self._buffer) > limit:
            raise Unreadable(f"it is larger than {limit:,} bytes", "damaged")
        return self.read(limit)

    def read_before(self, mark: bytes, limit: int) -> bytes:
        """Return what comes before a mark, and leave the mark; at the end, the rest.

        Raises Unreadable where the mark does not come within `limit` bytes.
        """
        searched = 0
        while (found := self._buffer.find(mark, searched)) < 0:
            size = len(self._buffer)
            if size > limit:
                raise Unreadable("it sends something else than pictures", "damaged")
            searched = max(0, size - len(mark))
            if not self._fill(size + 1):
                found = size
                break
        return self.read_exactly(found)

    def read_line(self, limit: int) -> bytes:
        """Return the next line with its end; at the end, nothing."""
        line = self.read_before(b"\n", limit)
        return line + self.read_exactly(1)

    def read_exactly(self, size: int) -> bytes:
        """Return so many bytes; fewer at the end."""
        self._fill(size)
        return self.read(size)

    def seekable(self) -> bool:
        """Return True if the camera gives any part of it that is asked for."""
        return self._has_ranges

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go on reading elsewhere."""
        if whence == os.SEEK_CUR:
            offset += self._at
        elif whence == os.SEEK_END:
            offset += self.length or 0
        if offset != self._at:
            self._at = offset
            self._buffer.clear()
            self.close()
        return offset

    def tell(self) -> int:
        """Return where reading goes on."""
        return self._at

    def close(self) -> None:
        """Close the answer."""
        if self._response is not None:
            self._response.close()
            self._response = None

    def _open(self, first_byte: int) -> httpx.Response:
        response = self._camera.get(self._url, first_byte)
        self._response = response
        self._chunks = response.iter_raw()
        if first_byte and response.status_code != httpx.codes.PARTIAL_CONTENT:
            self.close()
            raise Unreadable("the camera does not give parts of the recording")
        return response

    def _fill(self, size: int) -> bool:
        """Read until the buffer holds `size` bytes; return False at the end."""
        while len(self._buffer) < size:
            chunk = self._next_chunk()
            if not chunk:
                return False
            self._buffer += chunk
        return True

    def _next_chunk(self) -> bytes:
        here = self._at + len(self._buffer)
        if self.length is not None and here >= self.length:
            return b""
        if self._response is None:
            self._open(here)
        try:
            with self._camera.in_our_words():
                return next(self._chunks, b"")
        except Unreadable:
            if not self._has_ranges or self._resumptions >= MOST_RESUMPTIONS:
                raise
            self._resumptions += 1
            self.close()
        return self._next_chunk()


def _length(response: httpx.Response) -> int | None:
    text = response.headers.get("Content-Length", "")
    if not text.isdecimal():
        return None
    length = int(text)
    if length >= LONGEST:
        return None
    return length
