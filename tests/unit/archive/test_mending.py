"""Dates are written with a copy, byte by byte, and can be brought back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image as Pillow

from tests.archive_builders import DATE, EXIF, ToyFinder, scanned, write_photo
from vitrine.errors import Invalid
from vitrine.lab.archive.archive_command import archive
from vitrine.lab.archive.dates import Change
from vitrine.lab.archive.mending import mend, proposed, undo_dates, with_date
from vitrine.lab.archive.store import Store, opened

NOW = datetime.fromisoformat("2026-12-01T12:00:00")
WRONG = datetime.fromisoformat("2026-01-15T20:00:00")
RIGHT = datetime.fromisoformat("2024-01-31T14:22:33")
NAME = "phone/IMG_20240131_142233.jpg"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VITRINE_STATE", str(tmp_path / "user"))
    root = tmp_path / "photos"
    write_photo(root / NAME, taken=WRONG)
    write_photo(root / "good.jpg", taken=RIGHT)
    return root


@pytest.fixture
def store(root: Path) -> Iterator[Store]:
    with opened(root, root / ".vitrine", create=True) as store:
        scanned(root, store, ToyFinder())
        yield store


def taken(path: Path) -> str:
    with Pillow.open(path) as picture:
        return str(picture.getexif().get_ifd(EXIF)[DATE])


def test_only_the_characters_of_the_date_change(root: Path) -> None:
    before = (root / NAME).read_bytes()
    after = with_date(before, RIGHT)
    assert len(after) == len(before)
    old, new = b"2026:01:15 20:00:00", b"2024:01:31 14:22:33"
    assert before.replace(old, new) == after


def test_the_date_of_a_program_that_changed_the_file_stays(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", taken=WRONG)
    content = path.read_bytes().replace(
        b"2026:01:15 20:00:00", b"2026:03:03 03:03:03", 1
    )
    assert with_date(content, RIGHT).count(b"2026:03:03 03:03:03") == 1


def test_a_jpeg_without_metadata_gets_a_block_and_keeps_its_picture(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.jpg"
    Pillow.new("RGB", (40, 30), (10, 200, 30)).save(path)
    before = path.read_bytes()
    after = with_date(before, RIGHT)
    path.write_bytes(after)
    assert taken(path) == "2024:01:31 14:22:33"
    picture = before[before.index(b"\xff\xdb") :]
    assert after.endswith(picture)


def test_what_has_no_place_for_a_date_is_refused(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", orientation=3)
    with pytest.raises(Invalid, match="no place for a date"):
        with_date(path.read_bytes(), RIGHT)
    with pytest.raises(Invalid, match="only the dates of JPEG"):
        with_date(b"\x89PNG", RIGHT)


def test_written_dates_can_be_brought_back(root: Path, store: Store) -> None:
    before = (root / NAME).read_bytes()
    mtime = (root / NAME).stat().st_mtime_ns
    changes = proposed(store, NOW)
    assert [change.path for change in changes] == [NAME]
    outcomes, copies = mend(root, root / ".vitrine", store, changes, NOW)
    assert [outcome.problem for outcome in outcomes] == [None]
    assert taken(root / NAME) == "2024:01:31 14:22:33"
    assert (root / NAME).stat().st_mtime_ns == mtime
    assert (copies / NAME).read_bytes() == before
    # The state knows, and nothing is read or mended again.
    assert proposed(store, NOW) == []
    assert scanned(root, store, ToyFinder()).read == 0
    assert undo_dates(root, root / ".vitrine", store) == [f"{NAME}: brought back"]
    assert (root / NAME).read_bytes() == before
    assert len(proposed(store, NOW)) == 1


def test_a_photo_that_was_changed_since_is_left_as_it_is(
    root: Path, store: Store
) -> None:
    mend(root, root / ".vitrine", store, proposed(store, NOW), NOW)
    (root / NAME).write_bytes((root / NAME).read_bytes() + b"more")
    told = undo_dates(root, root / ".vitrine", store)
    assert told == [f"{NAME}: changed since, left as it is"]
    assert (root / NAME).read_bytes().endswith(b"more")


def test_a_photo_that_cannot_be_written_does_not_stop_the_others(
    root: Path, store: Store
) -> None:
    gone = Change("gone.jpg", None, RIGHT, "no date", "the name")
    unknown = Change("good.jpg", None, None, "no date", "nothing says")
    changes = [gone, unknown, *proposed(store, NOW)]
    outcomes, _ = mend(root, root / ".vitrine", store, changes, NOW)
    problems = [outcome.problem for outcome in outcomes]
    assert problems[0] is not None
    assert problems[0].startswith("it cannot be opened")
    assert problems[1:] == ["nothing says", None]


def test_other_files_are_told_and_not_to_be_changed(root: Path, store: Store) -> None:
    picture = root / "IMG_20240131_142233.png"
    Pillow.new("RGB", (40, 30)).save(picture)
    scanned(root, store, ToyFinder())
    (change,) = [one for one in proposed(store, NOW) if one.path == picture.name]
    assert (change.after, change.why) == (None, "no date")
    assert change.source == "only the dates of JPEG files are written"


def test_without_write_nothing_is_changed(root: Path, store: Store) -> None:
    before = (root / NAME).read_bytes()
    report = root.parent / "report.csv"
    arguments = ["dates", str(root), "--report", str(report)]
    shown = CliRunner().invoke(archive, arguments, catch_exceptions=False)
    expected = f"{NAME}: 2026-01-15 20:00:00 → 2024-01-31 14:22:33"
    assert expected in shown.output
    assert "nothing was written" in shown.output
    assert (root / NAME).read_bytes() == before
    assert report.read_text().splitlines()[1].startswith(f"{NAME},2026-01-15T20:00:00")
