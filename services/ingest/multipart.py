"""Pictures of cameras that send one JPEG after the other (MJPEG over HTTP)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vitrine.services.ingest.http_body import HttpBody

# A JPEG of 4096 by 4096 pixels at quality 95 has some 8 MB.
LARGEST_PART: Final = 16_000_000
LARGEST_HEAD: Final = 10_000

BOUNDARY: Final = b"--"
CONTENT_LENGTH: Final = re.compile(
    rb"content-length\s*:\s*(\d{1,9})\s*$", re.IGNORECASE
)


def parts(body: HttpBody) -> Iterator[bytes]:
    """Yield what lies between the boundaries, until the end.

    The boundary is that of the body: many cameras announce another one. Raises Unreadable where
    none comes, or a part is too large.
    """
    while (boundary := _boundary(body)) is not None:
        length = _length(body)
        if length is None:
            yield body.read_before(b"\r\n" + boundary, LARGEST_PART)
        else:
            yield body.read_exactly(min(length, LARGEST_PART))


def _boundary(body: HttpBody) -> bytes | None:
    """Return the next line that is a boundary; None at the end."""
    while line := body.read_line(LARGEST_HEAD):
        if line.startswith(BOUNDARY):
            return line.rstrip()
    return None


def _length(body: HttpBody) -> int | None:
    """Read the head of a part; return the length that it states."""
    length = None
    while line := body.read_line(LARGEST_HEAD).strip():
        found = CONTENT_LENGTH.match(line)
        if found:
            length = int(found.group(1))
    return length
