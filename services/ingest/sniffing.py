"""Tell by its first bytes what a file or an answer is, where it is no video."""

from __future__ import annotations

import re
from typing import Final

# Enough for a doctype behind a comment or two.
HEAD_BYTES: Final = 512

HTML: Final = re.compile(rb"<!doctype html|<html|<head|<body", re.IGNORECASE)
HEIF: Final = re.compile(
    rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", re.DOTALL
)
IMAGES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"BM")
PLAYLIST: Final = b"#EXTM3U"
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def is_image(head: bytes) -> bool:
    """Return True for the beginning of a JPEG, PNG, BMP or WebP."""
    if head.startswith(IMAGES):
        return True
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def is_playlist(head: bytes) -> bool:
    """Return True for the beginning of an HLS playlist."""
    return head.removeprefix(BYTE_ORDER_MARK).startswith(PLAYLIST)


def what_else(head: bytes) -> str | None:
    """Return what these first bytes are if they are known to be no video, in words."""
    if not head:
        return "is empty"
    if HTML.search(head[:HEAD_BYTES]):
        return (
            "is an HTML page, not a video: the address is that of a page for people, "
            "such as the camera's login"
        )
    if HEIF.match(head):
        return "is a HEIC picture, which is not read here: save it as JPEG"
    return None
