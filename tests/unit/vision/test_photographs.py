"""Photographs and scans: more formats than cameras send, bounded by their headers."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import pytest

from vitrine.errors import Invalid
from vitrine.vision.photographs import decode, is_further_format


def picture(suffix: str) -> bytes:
    pixels = np.full((24, 40, 3), 90, np.uint8)
    good, data = cv2.imencode(suffix, pixels)
    assert good
    return data.tobytes()


def tiff(width: int, height: int, *, order: str = "<", tile: int = 0) -> bytes:
    """Return the header of a TIFF that claims a size."""
    entries = [(256, width), (257, height)]
    if tile:
        entries.append((322, tile))
    mark = b"II*\0" if order == "<" else b"MM\0*"
    data = mark + struct.pack(order + "IH", 8, len(entries))
    for tag, value in entries:
        data += struct.pack(order + "HHII", tag, 4, 1, value)
    return data + bytes(4)


@pytest.mark.parametrize(
    "suffix", [".jpg", ".png", ".webp", ".bmp", ".tif", ".gif", ".avif"]
)
def test_every_format_becomes_its_picture(suffix: str) -> None:
    pixels = decode(picture(suffix))
    assert pixels.shape == (24, 40, 3)
    assert abs(float(pixels.mean()) - 90) < 12


def test_the_further_formats_are_known_by_their_beginning() -> None:
    further = [".jpg", ".tif", ".gif", ".avif", ".png"]
    known = [is_further_format(picture(suffix)[:512]) for suffix in further]
    assert known == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tiff(60_000, 60_000), "too large"),
        (tiff(60_000, 60_000, order=">"), "too large"),
        (tiff(40, 24, tile=1 << 20), "tiles are too large"),
        (tiff(0, 24), "not a picture"),
        (tiff(40, 24), "damaged or cut off"),
        (b"II*\0", "not a picture"),
        (b"GIF89a" + struct.pack("<HH", 60_000, 60_000), "too large"),
        (b"GIF89a" + bytes(40), "not a picture"),
        (
            picture(".avif").replace(
                struct.pack(">II", 40, 24), struct.pack(">II", 60_000, 60_000)
            ),
            "too large",
        ),
        (b"\0\0\0\x20ftypavif", "not a picture"),
        (b"hello", "not a picture"),
    ],
)
def test_what_is_out_of_bounds_or_damaged_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        decode(data)
