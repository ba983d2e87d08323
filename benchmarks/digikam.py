"""Let the real digiKam read the face tags that `vitrine archive export --as xmp` writes.

    apt install digikam xvfb dbus
    python -m benchmarks.digikam

Eight drawn photos, one for each EXIF orientation, show one face each. digiKam scans them with the
reading of sidecars switched on; what it then knows is read from its own data base.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from tests.archive_builders import ToyFinder, scanned, write_photo
from vitrine.lab.archive.exporting import export_people
from vitrine.lab.archive.people import name_person, people_of, regroup
from vitrine.lab.archive.store import opened

ORIENTATIONS: Final = 8
NAME: Final = "Bén & Co"
# The box of ToyFinder's face in the upright photo, as digiKam writes it.
REGION: Final = '<rect x="10" y="10" width="20" height="24"/>'
WAIT_S: Final = 240
SETTINGS: Final = """[General Settings]
Version=7.9.0

[Database Settings]
Database Type=QSQLITE
Database Name={folder}/digikam4.db
Internal Database Server=false

[Album Settings]
Scan At Start=true

[Metadata Settings]
Use XMP Sidecar For Reading=true
"""
READY: Final = "SELECT keyword FROM Settings WHERE keyword = 'DBVersion'"
REGIONS: Final = """
SELECT Images.name, Tags.name, ImageTagProperties.value FROM ImageTagProperties
JOIN Images ON Images.id = ImageTagProperties.imageid
JOIN Tags ON Tags.id = ImageTagProperties.tagid
WHERE property = 'tagRegion' ORDER BY Images.name
"""
Region = tuple[str, str, str]
"""Photo, person, rectangle."""


def main() -> None:
    """Print what digiKam read of each photo. Exit with 1 where that is not what was written."""
    for program in ("digikam", "xvfb-run", "dbus-run-session"):
        if not shutil.which(program):
            raise SystemExit(f"{program} is not there: apt install digikam xvfb dbus")
    with tempfile.TemporaryDirectory() as folder:
        found = read_by_digikam(Path(folder))
    wanted = [(photo_name(number), NAME, REGION) for number in range(ORIENTATIONS)]
    for photo, person, region in found:
        print(photo, person, region)
    right = len(set(found) & set(wanted))
    print(f"{right} of {ORIENTATIONS} faces have their name and place in digiKam")
    if found != wanted:
        raise SystemExit(1)


def read_by_digikam(folder: Path) -> list[Region]:
    """Return the face regions that digiKam finds beside drawn photos in a folder."""
    photos = folder / "photos"
    write_archive(photos)
    settings = folder / ".config" / "digikamrc"
    settings.parent.mkdir()
    settings.write_text(SETTINGS.format(folder=folder))
    base = folder / "digikam4.db"
    # The first start makes the data base, the second one knows of the photos.
    with running(folder):
        wait_for(base, READY, 1)
    root = ("photos", 0, 1, f"volumeid:?path={photos}", "/")
    with closing(sqlite3.connect(base)) as db, db:
        db.execute(
            "INSERT INTO AlbumRoots (label, status, type, identifier, specificPath)"
            " VALUES (?, ?, ?, ?, ?)",
            root,
        )
    with running(folder):
        return wait_for(base, REGIONS, ORIENTATIONS)


def write_archive(photos: Path) -> None:
    """Write photos of one named person, one for each orientation, with sidecars."""
    for number in range(ORIENTATIONS):
        write_photo(photos / photo_name(number), orientation=number + 1)
    with opened(photos, None, create=True) as store:
        scanned(photos, store, ToyFinder())
        regroup(store)
        [person] = people_of(store)
        name_person(store, person.id, NAME)
        export_people(photos, store, photos, "xmp")


def photo_name(number: int) -> str:
    """Return the name of a photo."""
    return f"{number}.jpg"


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """Keep digiKam running on a display of its own, with a folder as its home."""
    own = {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        # Chromium inside refuses to start as root otherwise.
        "QTWEBENGINE_DISABLE_SANDBOX": "1",
    }
    command = ["dbus-run-session", "--", "xvfb-run", "-a", "digikam"]
    process = subprocess.Popen(
        [*command, "--database-directory", str(folder)],
        env=os.environ | own,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        os.killpg(process.pid, 15)
        process.wait(timeout=60)


def wait_for(base: Path, query: str, count: int) -> list[Region]:
    """Return the rows of a query once there are so many, or what there is after four minutes."""
    rows: list[Region] = []
    until = time.monotonic() + WAIT_S
    while len(rows) < count and time.monotonic() < until:
        time.sleep(1)
        rows = asked(base, query)
    return rows


def asked(base: Path, query: str) -> list[Region]:
    """Return the rows of a query; none while digiKam has no tables yet."""
    if not base.exists():
        return []
    with closing(sqlite3.connect(base, timeout=10)) as db:
        try:
            return db.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []


if __name__ == "__main__":
    main()
