"""Folders and archives, which all readers share; anything else is refused."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data_sets import (
    STORED,
    Contents,
    archive,
    folder,
    keypoint_files,
    keypoints_row,
    picture,
    pictures,
)
from training.datasets.faces import DatasetError, Files, decoded
from training.datasets.ferplus import read_ferplus
from training.datasets.formats import READERS
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.people import read_people
from training.datasets.pictures import read_pictures

ALL = [*READERS.values(), read_people, read_ferplus, read_pictures]


@pytest.mark.parametrize("reader", ALL)
def test_what_is_no_data_set_is_refused(
    reader: Callable[[Path], object], tmp_path: Path
) -> None:
    with pytest.raises(DatasetError, match=r"holds no "):
        reader(tmp_path)
    with pytest.raises(DatasetError, match="neither a folder nor a zip archive"):
        reader(tmp_path / "missing.zip")
    (tmp_path / "text.zip").write_text("text")
    with pytest.raises(DatasetError, match="neither a folder nor a zip archive"):
        reader(tmp_path / "text.zip")


def test_an_archive_that_ends_early_is_refused(tmp_path: Path) -> None:
    whole = archive(tmp_path, {"Ann_Lee/Ann_Lee_0001.jpg": picture()})
    whole.write_bytes(whole.read_bytes()[:-30])
    with pytest.raises(
        DatasetError, match=r"faces.zip: neither a folder nor a zip archive"
    ):
        read_people(whole)


def test_an_archive_of_an_unknown_version_is_refused(tmp_path: Path) -> None:
    future = archive(tmp_path, {"Ann_Lee/Ann_Lee_0001.jpg": picture()})
    listed = bytearray(future.read_bytes())
    listed[listed.rindex(b"PK\x01\x02") + 6] = 99
    future.write_bytes(listed)
    with pytest.raises(
        DatasetError,
        match=r"faces.zip: neither a folder nor a zip archive \(zip file version",
    ):
        read_people(future)


def test_a_damaged_file_in_an_archive_is_named(tmp_path: Path) -> None:
    content = picture()
    broken = archive(tmp_path, {"Ann_Lee/1.jpg": content})
    whole = broken.read_bytes()
    at = whole.index(content) + len(content) // 2
    damaged = bytearray(whole)
    damaged[at] ^= 255
    broken.write_bytes(damaged)
    with pytest.raises(
        DatasetError, match=r"Ann_Lee/1.jpg: cannot be read \(Bad CRC-32"
    ):
        read_people(broken)


@pytest.mark.parametrize(
    "name", ["../Ann_Lee/1.jpg", "/etc/1.jpg", "Ann_Lee/../../1.jpg", "..\\\\1.jpg"]
)
def test_an_archive_leads_nowhere_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="leads out of the archive"):
        read_people(archive(tmp_path, {name: picture()}))


def test_a_table_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(picture())
    files = keypoint_files("training", keypoints_row("../../secret.jpg"))
    with pytest.raises(
        DatasetError, match=r"row 2: no picture training/../../secret.jpg"
    ):
        read_keypoints_csv(folder(tmp_path / "set", files))
    votes = ",".join(["10", *"000000000"])
    row = f'{tmp_path}/secret.jpg,"(0, 0, 48, 48)",{votes}'
    files = {"FER2013Test/label.csv": row.encode()}
    with pytest.raises(DatasetError, match=r"row 1: no picture"):
        read_ferplus(folder(tmp_path / "votes", files))


def test_a_file_that_comes_twice_is_named(tmp_path: Path) -> None:
    twice = archive(
        tmp_path,
        {
            "Ann_Lee/1.jpg": picture(),
            "Ann_Lee/2.jpg": picture(),
        },
    )
    twice.write_bytes(twice.read_bytes().replace(b"/2.jpg", b"/1.jpg"))
    with pytest.raises(DatasetError, match=r"Ann_Lee/1.jpg appears a second time"):
        read_people(twice)


def test_an_archive_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    bomb = archive(tmp_path, {"Ann_Lee/1.jpg": b"x"})
    listed = bytearray(bomb.read_bytes())
    # The size once unpacked.
    size_at = listed.rindex(b"PK\x01\x02") + 24
    struct.pack_into("<I", listed, size_at, 2**31)
    bomb.write_bytes(listed)
    with pytest.raises(
        DatasetError, match=r"Ann_Lee/1.jpg would unpack to 2147483648 bytes"
    ):
        read_people(bomb)


@pytest.mark.parametrize("stored", STORED)
def test_hidden_files_are_none(
    stored: Callable[[Path, Contents], Path], tmp_path: Path
) -> None:
    names = [
        "Ann_Lee/1.jpg",
        "__MACOSX/Ann_Lee/._1.jpg",
        "Ann_Lee/.DS_Store",
        ".cache/x/1.jpg",
    ]
    path = stored(tmp_path, pictures(*names))
    assert Files(path).names == ["Ann_Lee/1.jpg"]


@pytest.mark.parametrize("content", [b"", b"no jpeg"])
def test_a_picture_that_does_not_decode_is_named(content: bytes) -> None:
    with pytest.raises(
        DatasetError, match=r"test/Ann_Lee_00.jpg: not a readable picture"
    ):
        decoded(content, "test/Ann_Lee_00.jpg")


def test_a_table_that_is_no_csv_is_named(tmp_path: Path) -> None:
    files = keypoint_files("test") | {
        "test_frames_keypoints.csv": b",0,1\n" + b"x" * 200_000
    }
    with pytest.raises(
        DatasetError,
        match=r"test_frames_keypoints.csv, row 2: is no CSV \(field larger",
    ):
        read_keypoints_csv(folder(tmp_path, files))
