"""Compressed pictures: sizes by their headers, and what is refused before it is decoded."""

from __future__ import annotations

import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest

from vitrine.errors import Invalid
from vitrine.vision.headers import OF_CAMERAS, OF_PHOTOGRAPHS, Bounds, size_of
from vitrine.vision.stills import decode

PICTURE = np.full((24, 40, 3), 90, np.uint8)


def encoded(suffix: str, *options: int) -> bytes:
    """Return the picture of 40×24 pixels in a format."""
    done, content = cv2.imencode(suffix, PICTURE, options)
    assert done
    return content.tobytes()


JPEG = encoded(".jpg")
PNG = encoded(".png")
FORMATS = {
    "jpeg": JPEG,
    "progressive": encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "png": PNG,
    "lossy webp": encoded(".webp", cv2.IMWRITE_WEBP_QUALITY, 80),
    "lossless webp": encoded(".webp", cv2.IMWRITE_WEBP_QUALITY, 101),
    "bmp": encoded(".bmp"),
}


def jpeg_of(width: int, height: int) -> bytes:
    """Return the JPEG with another size in its frame header."""
    at = JPEG.index(b"\xff\xc0") + 5
    size = height.to_bytes(2) + width.to_bytes(2)
    return JPEG[:at] + size + JPEG[at + 4 :]


def png_of(width: int, height: int) -> bytes:
    """Return the PNG with another size in its header."""
    size = width.to_bytes(4) + height.to_bytes(4)
    header = PNG[12:16] + size + PNG[24:29]
    checksum = zlib.crc32(header).to_bytes(4)
    return PNG[:12] + header + checksum + PNG[33:]


def after_start(inserted: bytes) -> bytes:
    """Return the JPEG with bytes between its first marker and the next."""
    return JPEG[:2] + inserted + JPEG[2:]


# A frame header of 8×8 pixels, as the content of something that decoders do not skip alike.
SMALL_FRAME = b"\xff\xc0\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_tells_its_size_and_becomes_its_picture(name: str) -> None:
    data = FORMATS[name]
    assert size_of(data) == (40, 24)
    difference = decode(data, OF_CAMERAS).astype(int) - PICTURE
    assert np.abs(difference).max() < 4


def test_fill_bytes_before_a_marker_are_allowed() -> None:
    assert size_of(after_start(b"\xff\xff")) == (40, 24)


@pytest.mark.parametrize(
    ("width", "height", "bounds", "reason"),
    [
        (500, 70_000, OF_CAMERAS, "500×70000 is too large, at most 8192 pixels a side"),
        (8_192, 8_000, OF_CAMERAS, "8192×8000 is too large, at most 36 megapixels"),
        (60_000, 60_000, OF_PHOTOGRAPHS, "at most 16384 pixels a side"),
        (9_000, 8_000, OF_PHOTOGRAPHS, "at most 64 megapixels"),
        (0, 24, OF_CAMERAS, "claims to be 0×24 pixels"),
    ],
)
def test_a_picture_out_of_bounds_is_refused_by_its_header(
    width: int, height: int, bounds: Bounds, reason: str
) -> None:
    with pytest.raises(Invalid, match=reason):
        decode(png_of(width, height), bounds)


def test_a_frame_of_sixteen_thousand_pixels_a_side_is_refused() -> None:
    with pytest.raises(Invalid, match="16000×16000 is too large"):
        decode(jpeg_of(16_000, 16_000), OF_CAMERAS)


@pytest.mark.parametrize(
    "inserted",
    [
        # TEM and restart markers have no length; a reader that takes one skips what follows.
        b"\xff\x01" + b"\x00\x02" + SMALL_FRAME,
        b"\xff\xd0" + b"\x00\x02" + SMALL_FRAME,
        # A reserved marker, a length of less than its own two bytes, and bytes of no segment.
        b"\xff\x02\x00\x02",
        b"\xff\xe0\x00\x00",
        b"noise",
    ],
)
def test_a_header_that_decoders_could_read_differently_is_refused(
    inserted: bytes,
) -> None:
    with pytest.raises(Invalid, match="not a JPEG, PNG, WebP or BMP picture"):
        decode(after_start(inserted), OF_CAMERAS)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "holds no picture"),
        (b"<html>", "not a JPEG, PNG, WebP or BMP picture"),
        (b"GIF89a" + bytes(40), "not a JPEG, PNG, WebP or BMP picture"),
        (PNG[:40], "damaged or cut off"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "not a JPEG, PNG, WebP or BMP picture"),
        (b"BM", "not a JPEG, PNG, WebP or BMP picture"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        decode(data, OF_CAMERAS)


BEHIND_THE_CHECK = """
import vitrine, cv2, numpy as np
for name in ("huge.jpg", "huge.png"):
    try:
        cv2.imread(name)
    except cv2.error as error:
        print("refused", "validateInputImageSize" in str(error))
"""


def test_the_decoder_itself_refuses_what_is_out_of_bounds(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("huge")
    (folder / "huge.jpg").write_bytes(jpeg_of(16_000, 16_000))
    (folder / "huge.png").write_bytes(png_of(60_000, 60_000))
    ran = subprocess.run(
        [sys.executable, "-c", BEHIND_THE_CHECK],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == ["refused True", "refused True"]
