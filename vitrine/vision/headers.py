"""The size of compressed pictures, by their headers.

A few bytes may claim a picture that fills the memory. The size is read from the header before
anything is decoded. A header that our reader and a decoder could read differently is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from vitrine.errors import Invalid

# Markers of ITU T.81 table B.1. Frames that decoders know: baseline, extended and progressive,
# by Huffman and by arithmetic codes.
START_OF_IMAGE: Final = b"\xff\xd8"
END_OF_IMAGE: Final = b"\xff\xd9"
START_OF_FRAME: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
# Tables, applications and comments have a length, and are all that an encoder writes before a
# frame. Decoders skip others in ways of their own.
BEFORE_A_FRAME: Final = frozenset({0xC4, 0xCC, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)})
FILL: Final = 0xFF

PNG: Final = b"\x89PNG\r\n\x1a\n"
# What a reader of WebP's three kinds of header has to have (RFC 9649, section 2).
WEBP_HEADER: Final = 30

Size = tuple[int, int]
"""Width and height, pixels."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Hold how large a picture may be."""

    side: int
    pixels: int

    def refuse(self, size: Size) -> str | None:
        """Return why a picture of this size is refused; None for one that is not."""
        width, height = size
        if width <= 0 or height <= 0:
            return f"it claims to be {width}×{height} pixels"
        if max(size) > self.side:
            return f"{width}×{height} is too large, at most {self.side} pixels a side"
        if width * height > self.pixels:
            most = self.pixels // 1_000_000
            return f"{width}×{height} is too large, at most {most} megapixels"
        return None


# An 8K camera has 7680×4320 pixels; decoded that are 100 MB.
OF_CAMERAS: Final = Bounds(side=8_192, pixels=36_000_000)
# Photographs of phones have up to 50 megapixels, or 200 in rare modes. OpenCV's limits in
# vitrine/__init__.py are the same.
OF_PHOTOGRAPHS: Final = Bounds(side=16_384, pixels=64_000_000)
# Of the topic `frames`: twice the pixels of a 4K camera; decoded they take 48 MiB.
OF_FRAMES: Final = Bounds(side=OF_CAMERAS.side, pixels=4096 * 4096)


def check(data: bytes, bounds: Bounds) -> Size:
    """Return the size that a picture's header claims.

    Raises Invalid for a size out of bounds, and for what is no JPEG, PNG, WebP or BMP.
    """
    if not data:
        raise Invalid("it holds no picture")
    size = size_of(data)
    if size is None:
        raise Invalid("not a JPEG, PNG, WebP or BMP picture")
    reason = bounds.refuse(size)
    if reason is not None:
        raise Invalid(reason)
    return size


def check_frame(
    jpeg: bytes,
    width: int,
    height: int,
) -> None:
    """Raise Invalid for anything but a whole JPEG of the announced size, by its header."""
    if not jpeg:
        raise Invalid("the frame holds no picture")
    if not jpeg.startswith(START_OF_IMAGE):
        raise Invalid("the frame holds no JPEG")
    size = check(jpeg, OF_FRAMES)
    if size != (width, height):
        found = f"{size[0]}×{size[1]}"
        raise Invalid(f"the picture is {found}, announced was {width}×{height}")
    if not jpeg.endswith(END_OF_IMAGE):
        raise Invalid("the JPEG is cut off")


def size_of(data: bytes) -> Size | None:
    """Return the size that a header claims; None for what is no JPEG, PNG, WebP or BMP."""
    for magic, read in READERS.items():
        if data.startswith(magic):
            return read(data)
    return None


def jpeg_size(data: bytes) -> Size | None:
    """Return width and height from the frame header (ITU T.81 B.2.2), or None without one."""
    at = len(START_OF_IMAGE)
    while at + 9 <= len(data) and data[at] == FILL:
        marker = data[at + 1]
        if marker == FILL:
            # Any number of fill bytes may stand before a marker.
            at += 1
            continue
        if marker in START_OF_FRAME:
            height = int.from_bytes(data[at + 5 : at + 7])
            width = int.from_bytes(data[at + 7 : at + 9])
            return width, height
        length = int.from_bytes(data[at + 2 : at + 4])
        # The length counts its own two bytes.
        if marker not in BEFORE_A_FRAME or length < 2:
            return None
        at += 2 + length
    return None


def _png_size(data: bytes) -> Size | None:
    """Return the size from the first chunk (PNG specification, 11.2.1)."""
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    width = int.from_bytes(data[16:20])
    height = int.from_bytes(data[20:24])
    return width, height


def _webp_size(data: bytes) -> Size | None:
    """Return the size of the canvas, or of the only picture (RFC 9649, section 2)."""
    if data[8:12] != b"WEBP" or len(data) < WEBP_HEADER:
        return None
    kind = data[12:16]
    if kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
        return width, height
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width = (bits & 0x3FFF) + 1
        height = (bits >> 14 & 0x3FFF) + 1
        return width, height
    if kind == b"VP8 ":
        width = int.from_bytes(data[26:28], "little") & 0x3FFF
        height = int.from_bytes(data[28:30], "little") & 0x3FFF
        return width, height
    return None


def _bmp_size(data: bytes) -> Size | None:
    """Return the size from a Windows header; a negative height means top to bottom."""
    # Headers of 12 bytes are OS/2's, of the years before 1990.
    if len(data) < 26 or int.from_bytes(data[14:18], "little") < 40:
        return None
    width = int.from_bytes(data[18:22], "little", signed=True)
    height = int.from_bytes(data[22:26], "little", signed=True)
    return width, abs(height)


READERS: Final[dict[bytes, Callable[[bytes], Size | None]]] = {
    START_OF_IMAGE: jpeg_size,
    PNG: _png_size,
    b"RIFF": _webp_size,
    b"BM": _bmp_size,
}
"""First bytes of a file and what reads its header."""
