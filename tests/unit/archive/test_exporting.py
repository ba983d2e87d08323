"""Photos are found by who is on them, and people are handed to other programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import cv2
import numpy as np
import pytest

from tests.archive_builders import ToyFinder, scanned, write_photo
from vitrine.errors import ConfigurationError
from vitrine.lab.archive.exporting import (
    export_people,
    folder_name,
    sidecar_name,
    stored_area,
)
from vitrine.lab.archive.people import name_person, people_of, regroup
from vitrine.lab.archive.searching import photos_named, search_photos
from vitrine.lab.archive.store import Store, opened

REGION = "{http://www.metadataworkinggroup.com/schemas/regions/}"
AREA = "{http://ns.adobe.com/xmp/sType/Area#}"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VITRINE_STATE", str(tmp_path / "user"))
    return tmp_path / "photos"


@pytest.fixture
def store(root: Path) -> Iterator[Store]:
    """Yield an archive of Ann & Ben with four photos, on one of which both are."""
    for number, who in enumerate([0, 0, 1, 1]):
        write_photo(root / "in" / f"{number}.jpg", (20 * who, 0, 0), orientation=6)
    with opened(root, None, create=True) as store:
        scanned(root, store, ToyFinder())
        regroup(store)
        ann, ben = people_of(store)
        name_person(store, ann.id, "Ann & Co")
        name_person(store, ben.id, "Ben")
        with store.transaction() as db:
            row = "INSERT INTO faces SELECT 99, photo, 1, box, points, score, quality, yaw, "
            row += "pitch, roll, dropped, key_id, sealed, ? FROM faces WHERE photo = 1"
            db.execute(row, (ben.id,))
            db.execute("UPDATE photos SET taken = '2024-05-0' || id || 'T10:00:00'")
        yield store


def names(store: Store, *said: str, **options: str) -> list[str]:
    found = search_photos(store, said, **options)  # type: ignore[arg-type]
    return [photo.path.decode() for photo in found]


def test_photos_with_both_with_either_and_of_a_time(store: Store) -> None:
    assert names(store, "ann & co") == ["in/0.jpg", "in/1.jpg"]
    assert names(store, "Ann & Co", "Ben") == ["in/0.jpg"]
    assert len(names(store, "Ann & Co", "Ben", anybody="yes")) == 4
    assert names(store, "Ben", first="2024-05-02", last="2024-05-03") == ["in/2.jpg"]
    with pytest.raises(ConfigurationError, match="'May' is no day"):
        names(store, "Ben", first="May")


def test_a_photo_that_is_not_there_is_told(store: Store) -> None:
    assert photos_named(store, ["in/1.jpg"])[0].path == b"in/1.jpg"
    with pytest.raises(ConfigurationError, match="no photo out/1"):
        photos_named(store, ["out/1.jpg"])


def test_folders_hold_copies_of_each_persons_photos(
    root: Path, store: Store, tmp_path: Path
) -> None:
    said = export_people(root, store, tmp_path / "out", "folders")
    assert said.startswith("5 copies of photos of 2 people")
    copy = tmp_path / "out" / "Ben" / "in_0.jpg"
    assert copy.read_bytes() == (root / "in" / "0.jpg").read_bytes()
    with pytest.raises(ConfigurationError, match="is in the archive"):
        export_people(root, store, root / "out", "folders")


def test_sidecars_name_the_faces_where_other_programs_look(
    root: Path, store: Store
) -> None:
    assert export_people(root, store, root, "xmp") == f"4 sidecars in {root}"
    tree = Xml.parse(root / "in" / "0.jpg.xmp")  # noqa: S314 - our own file
    found = {
        each.get(f"{REGION}Name"): each.find(f"{REGION}Area")
        for each in tree.iter()
        if each.get(f"{REGION}Type") == "Face"
    }
    assert set(found) == {"Ann & Co", "Ben"}
    area = found["Ben"]
    assert area is not None
    # The box 10, 10, 20, 24 of an upright photo of 40×60 pixels, turned back to 60×40.
    assert float(area.get(f"{AREA}x", "")) == pytest.approx(22 / 60, abs=1e-4)
    assert float(area.get(f"{AREA}y", "")) == pytest.approx(1 - 20 / 40, abs=1e-4)
    assert float(area.get(f"{AREA}w", "")) == pytest.approx(24 / 60, abs=1e-4)


def test_a_sidecar_of_another_program_is_left_alone(root: Path, store: Store) -> None:
    theirs = root / "in" / "0.jpg.xmp"
    theirs.write_text("<x:xmpmeta/>")
    said = export_people(root, store, root, "xmp")
    assert said.endswith("1 of another program were left as they are")
    assert theirs.read_text() == "<x:xmpmeta/>"
    # Ours are written anew.
    assert export_people(root, store, root, "xmp").startswith("3 sidecars")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_area_is_where_the_face_is_in_the_stored_picture(
    root: Path, store: Store, orientation: int
) -> None:
    path = write_photo(root / "turned.jpg", size=(80, 50), orientation=orientation)
    pixels = np.zeros((50, 80, 3), np.uint8)
    pixels[8:24, 56:72] = 255
    _, encoded = cv2.imencode(".jpg", pixels)
    # The same metadata, other pixels.
    head = path.read_bytes()
    start = head.index(b"\xff\xe1")
    length = 2 + int.from_bytes(head[start + 2 : start + 4])
    content = encoded.tobytes()
    upright = cv2.imdecode(
        np.frombuffer(
            content[:2] + head[start : start + length] + content[2:], np.uint8
        ),
        cv2.IMREAD_COLOR,
    )
    assert upright is not None
    rows, columns = np.nonzero(upright[..., 0] > 128)
    box = (
        float(columns.min()),
        float(rows.min()),
        float(np.ptp(columns) + 1),
        float(np.ptp(rows) + 1),
    )
    height, width = upright.shape[:2]
    photo = replace(
        store.photos()[0], width=width, height=height, orientation=orientation
    )
    expected = (64 / 80, 16 / 50, 16 / 80, 16 / 50)
    assert stored_area(box, photo) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("name", "folder"), [("Ann", "Ann"), ("a/b:c", "a_b_c"), ("..", "_")]
)
def test_a_folder_is_called_as_every_system_allows(name: str, folder: str) -> None:
    assert folder_name(name) == folder


def test_without_names_there_is_nothing_to_export(root: Path) -> None:
    write_photo(root / "a.jpg")
    with opened(root, None, create=True) as store:
        scanned(root, store, ToyFinder())
        regroup(store)
        with pytest.raises(ConfigurationError, match="nobody has a name yet"):
            export_people(root, store, root, "xmp")


def test_sidecars_are_called_as_programs_look_for_them() -> None:
    assert sidecar_name(b"in/a.jpg") == b"in/a.jpg.xmp"
    assert sidecar_name(b"in/a.NEF") == b"in/a.xmp"
