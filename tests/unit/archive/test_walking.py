"""Photos are found below a folder, whatever else lies there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vitrine.lab.archive.walking import Found, Problem, shown, walk


def paths(root: Path) -> list[bytes]:
    return [item.path for item in walk(bytes(root)) if isinstance(item, Found)]


def problems(root: Path) -> dict[bytes, str]:
    return {p.path: p.reason for p in walk(bytes(root)) if isinstance(p, Problem)}


def test_photos_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b/2.JPG", "a.heic", "b/1.nef", "notes.txt", ".vitrine/x.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    assert paths(tmp_path) == [b"a.heic", b"b/1.nef", b"b/2.JPG"]


def test_a_link_in_a_circle_is_followed_once_and_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.jpg").write_bytes(b"x")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self.jpg").symlink_to(tmp_path / "self.jpg")
    assert paths(tmp_path) == [b"a/1.jpg"]
    told = problems(tmp_path)
    assert told[b"a/up"] == "a link to a folder that was looked at already"
    assert told[b"self.jpg"].startswith("it cannot be opened: Too many levels")


def test_a_name_that_is_not_utf8_is_found_and_can_be_shown(tmp_path: Path) -> None:
    name = b"Gr\xfc\xdfe.jpg"
    try:
        with open(os.path.join(bytes(tmp_path), name), "wb") as file:
            file.write(b"x")
    except OSError:
        pytest.skip("NO SUCH NAMES: the file system takes UTF-8 only")
    assert paths(tmp_path) == [name]
    assert shown(name) == "Gr\\xfc\\xdfe.jpg"


def test_a_folder_that_cannot_be_read_is_told_and_the_rest_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "z.jpg").write_bytes(b"x")
    scandir = os.scandir

    def refuse(place: bytes) -> object:
        if place.endswith(b"locked"):
            raise PermissionError(13, "Permission denied")
        return scandir(place)

    # The owner of this process may be root, whom no mode of a folder stops.
    monkeypatch.setattr(os, "scandir", refuse)
    assert paths(tmp_path) == [b"z.jpg"]
    assert problems(tmp_path) == {
        b"locked": "the folder cannot be read: Permission denied"
    }
