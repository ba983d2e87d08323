"""Photos are opened upright and within bounds, and refused with a reason."""

from __future__ import annotations

import io
import struct
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.archive_builders import jpeg, picture, write_photo
from vitrine.errors import Invalid
from vitrine.lab.archive.photos import Photo, open_photo

NO_PICTURE = "not a picture that can be read"
TURNED = {1: (30, 20), 3: (30, 20), 6: (20, 30), 8: (20, 30)}


def opened(path: Path) -> Photo:
    return open_photo(bytes(path))


def put(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_photo_is_upright_with_the_size_that_people_see(
    tmp_path: Path, orientation: int
) -> None:
    path = write_photo(tmp_path / "a.jpg", size=(30, 20), orientation=orientation)
    photo = opened(path)
    assert (photo.width, photo.height) == TURNED[orientation]
    assert photo.image.shape[:2] == (photo.height, photo.width)


def test_a_large_jpeg_is_decoded_smaller_and_knows_its_size(tmp_path: Path) -> None:
    photo = opened(put(tmp_path, "a.jpg", jpeg(picture(4000, 3000))))
    assert (photo.width, photo.height) == (4000, 3000)
    assert photo.image.shape[:2] == (1500, 2000)
    assert photo.scale == 2


def test_camera_and_date_are_read(tmp_path: Path) -> None:
    at = datetime.fromisoformat("2024-05-06T07:08:09")
    photo = opened(write_photo(tmp_path / "a.jpg", taken=at, model="X 100"))
    assert photo.tags.camera == "X 100"
    assert photo.tags.text(0x9003) == "2024:05:06 07:08:09"


def test_a_cut_jpeg_is_refused(tmp_path: Path) -> None:
    whole = jpeg(picture(200, 100))
    with pytest.raises(Invalid, match="the JPEG is cut off"):
        opened(put(tmp_path, "a.jpg", whole[: len(whole) // 2]))


def test_what_a_phone_writes_after_a_picture_does_no_harm(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jpg", jpeg(picture(200, 100)) + b"MotionPhoto" * 100)
    assert opened(path).width == 200


def test_a_decompression_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    small = bytearray(jpeg(picture(64, 64)))
    frame = small.index(b"\xff\xc0")
    small[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(Invalid, match="60000×60000 is too large"):
        opened(put(tmp_path, "a.jpg", bytes(small)))


def test_the_largest_preview_of_a_raw_file_is_taken_and_turned(tmp_path: Path) -> None:
    # TIFF: one entry, orientation 6; then a thumbnail, and the preview.
    entry = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    head = b"II*\0" + struct.pack("<IH", 8, 1) + entry + bytes(4)
    content = head + jpeg(picture(16, 12)) + bytes(99) + jpeg(picture(80, 40))
    photo = opened(put(tmp_path, "a.nef", content))
    assert (photo.width, photo.height) == (40, 80)
    # The bright corner was left above, and is right above once turned clockwise.
    assert photo.image[5, 35].min() > 200
    assert photo.image[5, 5].max() < 50


def test_a_raw_file_without_a_preview_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="a RAW file without a preview"):
        opened(put(tmp_path, "a.cr2", b"II*\0" + bytes(100)))


def test_a_heic_picture_is_opened_where_its_package_is(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif")
    rgb = Pillow.new("RGB", (64, 48), (200, 40, 40))
    content = io.BytesIO()
    heif.from_pillow(rgb).save(content)
    photo = opened(put(tmp_path, "a.heic", content.getvalue()))
    assert (photo.width, photo.height) == (64, 48)
    blue, green, red = np.median(photo.image, axis=(0, 1))
    assert red > 150 > green
    assert blue < 80


def test_without_the_package_a_heic_picture_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    with pytest.raises(Invalid, match="pip install 'vitrine\\[lab\\]'"):
        opened(put(tmp_path, "a.heic", b"\0\0\0\x18ftypheic" + bytes(50)))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.jpg", b"", "the file is empty"),
        ("a.jpg", b"no picture at all", NO_PICTURE),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(40), NO_PICTURE),
        ("a.heic", b"\0\0\0\x18ftypheic" + bytes(50), "a HEIC picture"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(Invalid, match=reason):
        opened(put(tmp_path, name, content))


def test_damaged_metadata_do_not_stop_a_photo(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", taken=datetime.fromisoformat("2024-05-06"))
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    exif = whole.index(b"Exif")
    for _ in range(200):
        damaged = bytearray(whole)
        for place in rng.integers(exif + 6, exif + 90, 4):
            damaged[place] = int(rng.integers(256))
        photo = opened(put(tmp_path, "b.jpg", bytes(damaged)))
        assert photo.image.size
