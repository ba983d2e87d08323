"""The state of an archive: photos, faces and people in one SQLite file, readable by its owner only.

The file is `archive.sqlite` in the state folder, by default `.vitrine` in the archive itself.
Embeddings are sealed with a key that lies elsewhere, so that a copy of the archive's folder opens
none of them. Originals are never in it.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.lab.archive.faces import PhotoFace, Vector
from vitrine.lab.archive.walking import STATE_NAME, Found, Problem
from vitrine.sealing import KEY_BYTES, Sealer
from vitrine.settings import Settings

FILE: Final = "archive.sqlite"
KEY_FILE: Final = "archive.key"
VERSION: Final = 1
OWNER_ONLY: Final = 0o700
# Another process may write meanwhile. Chosen, not measured.
LOCK_S: Final = 30.0
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS photos (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,      -- relative to the archive, as the file system has it
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    orientation INTEGER NOT NULL DEFAULT 1,
    taken TEXT NOT NULL DEFAULT '',  -- local time of the camera, 2026-11-30T14:05:00
    camera TEXT NOT NULL DEFAULT '',
    problem TEXT                     -- why it could not be read; NULL where it was
) STRICT;
CREATE TABLE IF NOT EXISTS people (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    kept INTEGER NOT NULL DEFAULT 0  -- 1 once the user has named, joined or parted them
) STRICT;
CREATE TABLE IF NOT EXISTS faces (
    id INTEGER PRIMARY KEY,
    photo INTEGER NOT NULL REFERENCES photos(id) ON DELETE CASCADE,
    number INTEGER NOT NULL,         -- within its photo, the surest is 0
    box TEXT NOT NULL,               -- JSON [x, y, width, height], pixels of the upright photo
    points BLOB NOT NULL,            -- (68, 2) float32, likewise
    score REAL NOT NULL,
    quality REAL NOT NULL,
    yaw REAL NOT NULL, pitch REAL NOT NULL, roll REAL NOT NULL,
    dropped TEXT,                    -- why it takes no part in grouping
    key_id TEXT, sealed TEXT,        -- the embedding
    person INTEGER REFERENCES people(id) ON DELETE SET NULL,
    UNIQUE (photo, number)
) STRICT;
CREATE INDEX IF NOT EXISTS faces_of_person ON faces(person);
CREATE TABLE IF NOT EXISTS actions (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL DEFAULT (datetime('now')),
    said TEXT NOT NULL,
    before TEXT NOT NULL             -- JSON: what undoing it restores
) STRICT;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""

PHOTOS: Final = (
    "SELECT id, path, size, mtime_ns, width, height, orientation, taken, camera, problem "
    "FROM photos "
)


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """Hold what is known of a photo."""

    id: int
    path: bytes
    size: int
    mtime_ns: int
    width: int
    height: int
    orientation: int
    taken: str
    camera: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class StoredFace:
    """Hold what is known of a face, without its embedding."""

    id: int
    photo: int
    number: int
    box: tuple[float, float, float, float]
    points: NDArray[np.float32]
    """(68, 2), pixels of the whole upright photo."""
    quality: float
    yaw: float
    pitch: float
    dropped: str | None
    person: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold what a scan read of a photo that can be opened."""

    width: int
    height: int
    orientation: int
    taken: str
    camera: str
    faces: Sequence[PhotoFace]


class Store:
    """Keep the state of one archive."""

    def __init__(self, connection: sqlite3.Connection, sealer: Sealer) -> None:
        self._db = connection
        self._sealer = sealer

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Do all of the block, or nothing of it."""
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db

    # -- photos

    def known(self) -> dict[bytes, tuple[int, int]]:
        """Return size and time of change of each photo that was read, by path."""
        rows = self._db.execute("SELECT path, size, mtime_ns FROM photos")
        return {path: (size, mtime_ns) for path, size, mtime_ns in rows}

    def photos(self) -> list[StoredPhoto]:
        """Return all photos in the order of their paths."""
        rows = self._db.execute(PHOTOS + "ORDER BY path")
        return [StoredPhoto(*row) for row in rows]

    def photo(self, number: int) -> StoredPhoto | None:
        """Return a photo by its id."""
        row = self._db.execute(PHOTOS + "WHERE id = ?", (number,)).fetchone()
        return None if row is None else StoredPhoto(*row)

    def put_photo(
        self,
        db: sqlite3.Connection,
        found: Found,
        read: Reading | Problem,
        model: str,
    ) -> None:
        """Write what was read of a photo, in place of what was known of an earlier one there."""
        db.execute("DELETE FROM photos WHERE path = ?", (found.path,))
        if isinstance(read, Problem):
            db.execute(
                "INSERT INTO photos (path, size, mtime_ns, problem) VALUES (?, ?, ?, ?)",
                (found.path, found.size, found.mtime_ns, read.reason),
            )
            return
        row = db.execute(
            "INSERT INTO photos (path, size, mtime_ns, width, height, orientation, taken, "
            "camera) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(found.path, found.size, found.mtime_ns, read.width, read.height),
                *(read.orientation, read.taken, read.camera),
            ),
        )
        assert row.lastrowid is not None  # noqa: S101
        for number, face in enumerate(read.faces):
            self._put_face(db, row.lastrowid, number, face, model)

    def _put_face(
        self,
        db: sqlite3.Connection,
        photo: int,
        number: int,
        face: PhotoFace,
        model: str,
    ) -> None:
        key_id = sealed = None
        if face.vector is not None:
            plain = np.asarray(face.vector, "<f4").tobytes()
            key_id, sealed = self._sealer.encrypt(plain, _about(photo, number, model))
        box = [round(float(side), 2) for side in face.box]
        db.execute(
            "INSERT INTO faces (photo, number, box, points, score, quality, yaw, pitch, roll, "
            "dropped, key_id, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(photo, number, json.dumps(box)),
                np.asarray(face.points, "<f4").tobytes(),
                *(face.score, face.quality),
                *(face.pose.yaw, face.pose.pitch, face.pose.roll),
                *(face.dropped, key_id, sealed),
            ),
        )

    def forget_photos(self, db: sqlite3.Connection, paths: Sequence[bytes]) -> None:
        """Remove photos whose files are gone, with their faces."""
        for path in paths:
            db.execute("DELETE FROM photos WHERE path = ?", (path,))

    # -- faces

    def faces(self) -> list[StoredFace]:
        """Return all faces, by the paths of their photos and their numbers there."""
        rows = self._db.execute(
            "SELECT f.id, f.photo, f.number, f.box, f.points, f.quality, f.yaw, f.pitch, "
            "f.dropped, f.person FROM faces f JOIN photos p ON p.id = f.photo "
            "ORDER BY p.path, f.number"
        )
        faces = []
        for number, photo, of_photo, box, points, *rest in rows:
            array = np.frombuffer(points, "<f4").reshape(-1, 2)
            faces.append(
                StoredFace(
                    number, photo, of_photo, tuple(json.loads(box)), array, *rest
                )
            )
        return faces

    def vectors(self, faces: Sequence[StoredFace], model: str) -> NDArray[np.float32]:
        """Return the embeddings (n, 128) of faces that were not dropped. Raises Invalid."""
        rows = self._db.execute(
            "SELECT id, key_id, sealed FROM faces WHERE sealed IS NOT NULL"
        )
        sealed = {number: (key_id, text) for number, key_id, text in rows}
        vectors: list[Vector] = []
        for face in faces:
            key_id, text = sealed[face.id]
            plain = self._sealer.decrypt(
                key_id, text, _about(face.photo, face.number, model)
            )
            vectors.append(np.frombuffer(plain, "<f4"))
        if not vectors:
            return np.zeros((0, 1), np.float32)
        return np.stack(vectors).astype(np.float32)

    # -- facts

    def fact(self, name: str) -> str | None:
        """Return a fact of the archive by its name."""
        row = self._db.execute(
            "SELECT value FROM facts WHERE name = ?", (name,)
        ).fetchone()
        return None if row is None else str(row[0])

    def put_fact(self, name: str, value: str) -> None:
        """Write a fact of the archive."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def execute(self, question: str, *values: Any) -> list[Any]:
        """Return the rows of a question."""
        return self._db.execute(question, values).fetchall()


def _about(photo: int, number: int, model: str) -> str:
    """Return what a sealed embedding belongs to: it opens for no other face and no other model."""
    return f"archive|{photo}|{number}|{model}"


def state_folder(archive: Path, given: Path | None) -> Path:
    """Return the folder of an archive's state."""
    return given or archive / STATE_NAME


@contextmanager
def opened(
    archive: Path, state: Path | None, *, create: bool = False
) -> Iterator[Store]:
    """Open the state of an archive. Raises ConfigurationError that says what to do."""
    folder = state_folder(archive, state)
    path = folder / FILE
    if not create and not path.exists():
        raise ConfigurationError(
            f"{archive} was not scanned yet; run: vitrine archive scan {archive}"
        )
    sealer = _sealer()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        connection = _connected(path)
    except (OSError, sqlite3.Error) as error:
        raise ConfigurationError(
            f"the state {path} cannot be opened ({error}); "
            "for an archive that cannot be written, name a folder with --state"
        ) from None
    try:
        yield Store(connection, sealer)
    finally:
        connection.close()


def _connected(path: Path) -> sqlite3.Connection:
    # Made before SQLite makes it, with a mode of its own.
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(
        path, LOCK_S, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA foreign_keys = ON")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version == 0:
        connection.executescript(
            f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;"
        )
    elif version != VERSION:
        connection.close()
        raise sqlite3.DatabaseError(f"it is of version {version}, expected {VERSION}")
    return connection


def _sealer() -> Sealer:
    """Return what seals embeddings, with the key of this user; it is made at the first use."""
    folder = Settings.load().state_folder()
    if folder is None:
        raise ConfigurationError("no place for the key of archives; set VITRINE_STATE")
    path = folder / KEY_FILE
    if not path.exists():
        line = f"k1 {b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError:
            # Another process has just made it.
            return Sealer.load(path)
        except OSError as error:
            raise ConfigurationError(
                f"the key {path} cannot be made: {error}"
            ) from None
        with os.fdopen(descriptor, "w") as file:
            file.write(line)
    return Sealer.load(path)
