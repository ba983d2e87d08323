"""Photographs and scans that people keep in folders, in more formats than cameras send.

Their headers bound them as those of cameras do, and OpenCV's own limits stand behind that. They
come from the operator's disks, never from a network.
"""

from __future__ import annotations

import re
from typing import Final

import cv2
import numpy as np

from vitrine.errors import Invalid
from vitrine.vision import stills
from vitrine.vision.crop import Image
from vitrine.vision.headers import OF_PHOTOGRAPHS, Size, size_of

FORMATS: Final = "JPEG, PNG, WebP, BMP, TIFF, GIF or AVIF"
NO_PICTURE: Final = f"not a picture that can be read ({FORMATS})"

GIF: Final = (b"GIF87a", b"GIF89a")
LITTLE_TIFF: Final = b"II*\0"
BIG_TIFF: Final = b"MM\0*"
AVIF: Final = re.compile(rb"....ftypavi[fs]", re.DOTALL)
# ISO/IEC 23008-12, annex B: the brands of HEVC, and those of any coding.
HEIC: Final = re.compile(rb"....ftyp(hei[cxms]|hev[cx]|mif1|msf1)", re.DOTALL)

# TIFF 6.0, section 2: tags of width and height, and of those of a tile.
WIDTH: Final = 256
HEIGHT: Final = 257
TILES: Final = frozenset({322, 323})
ENTRY_BYTES: Final = 12
SHORT: Final = 3
# Tiles in use have 128 to 512 pixels a side. Chosen, not measured.
LARGEST_TILE: Final = 4096

# ISO/IEC 23008-12, 6.5.3: width and height come after the name, the version and the flags.
EXTENTS: Final = re.compile(rb"ispe....(.{4})(.{4})", re.DOTALL)


def decode(data: bytes) -> Image:
    """Return a photograph as (H, W, 3) BGR, upright by its own metadata; of films the first one.

    Raises Invalid for one that is out of bounds, of another format, damaged or cut off.
    """
    size = _further_size(data)
    if size is None:
        if HEIC.match(data):
            raise Invalid("a HEIC picture, which cannot be read; save it as JPEG")
        if size_of(data) is None:
            raise Invalid(NO_PICTURE)
        return stills.decode(data, OF_PHOTOGRAPHS)
    if 0 in size:
        raise Invalid(NO_PICTURE)
    reason = OF_PHOTOGRAPHS.refuse(size)
    if reason is not None:
        raise Invalid(reason)
    content = np.frombuffer(data, np.uint8)
    try:
        pixels = cv2.imdecode(content, cv2.IMREAD_COLOR)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise Invalid("it is damaged or cut off")
    return np.asarray(pixels, np.uint8)


def is_further_format(head: bytes) -> bool:
    """Return True for the beginning of a TIFF, GIF or AVIF picture."""
    if head.startswith((*GIF, LITTLE_TIFF, BIG_TIFF)):
        return True
    return AVIF.match(head) is not None


def _further_size(data: bytes) -> Size | None:
    """Return the size that a TIFF, GIF or AVIF picture claims; None for all others."""
    if data.startswith(GIF):
        width = int.from_bytes(data[6:8], "little")
        height = int.from_bytes(data[8:10], "little")
        return width, height
    if data.startswith(LITTLE_TIFF):
        return _tiff_size(data, "little")
    if data.startswith(BIG_TIFF):
        return _tiff_size(data, "big")
    if AVIF.match(data):
        return _avif_size(data)
    return None


def _tiff_size(data: bytes, order: str) -> Size:
    """Return the size of the first picture (TIFF 6.0, section 2)."""
    little = order == "little"
    start = _number(data[4:8], little=little)
    entries = _number(data[start : start + 2], little=little)
    found: dict[int, int] = {}
    for index in range(entries):
        at = start + 2 + index * ENTRY_BYTES
        entry = data[at : at + ENTRY_BYTES]
        tag = _number(entry[:2], little=little)
        end = 12
        if _number(entry[2:4], little=little) == SHORT:
            end = 10
        # Of two entries of a tag, readers may take either.
        value = _number(entry[8:end], little=little)
        found[tag] = max(value, found.get(tag, 0))
    for tag in TILES:
        if found.get(tag, 0) > LARGEST_TILE:
            raise Invalid("its tiles are too large")
    return found.get(WIDTH, 0), found.get(HEIGHT, 0)


def _avif_size(data: bytes) -> Size:
    """Return the largest width and height of its parts."""
    largest = (0, 0)
    for found in EXTENTS.finditer(data):
        width = int.from_bytes(found.group(1))
        height = int.from_bytes(found.group(2))
        largest = (max(width, largest[0]), max(height, largest[1]))
    return largest


def _number(part: bytes, *, little: bool) -> int:
    if little:
        return int.from_bytes(part, "little")
    return int.from_bytes(part, "big")
