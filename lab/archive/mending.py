"""Write mended dates into JPEG metadata: only the bytes of the date, with a copy and a way back."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from PIL import Image as Pillow

from vitrine.errors import ConfigurationError, Invalid
from vitrine.lab.archive.dates import Change, Dated, wrong_dates
from vitrine.lab.archive.exif import (
    CHANGED,
    DATES,
    DIGITISED,
    EXIF_FOLDER,
    TAKEN,
    read_tags,
)
from vitrine.lab.archive.photos import path_of, read_file
from vitrine.lab.archive.scanning import EXIF_TIME
from vitrine.lab.archive.store import Store
from vitrine.lab.archive.walking import suffix_of
from vitrine.vision.headers import START_OF_IMAGE

BACKUP: Final = "dates"
JOURNAL: Final = "journal.json"
TIME_BYTES: Final = 19
APP0: Final = b"\xff\xe0"
JPEG: Final = frozenset({".jpg", ".jpeg"})
NOT_JPEG: Final = "only the dates of JPEG files are written"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what became of a change; `problem` says why nothing was written."""

    change: Change
    problem: str | None


def proposed(store: Store, now: datetime) -> list[Change]:
    """Return the changes that the dates of an archive need."""
    photos = []
    for photo in store.photos():
        if photo.problem is not None:
            continue
        taken = datetime.fromisoformat(photo.taken) if photo.taken else None
        file_time = datetime.fromtimestamp(photo.mtime_ns / 1e9)  # noqa: DTZ006 - as cameras do
        path = os.fsdecode(photo.path)
        photos.append(Dated(path, taken, photo.camera, file_time))
    return [_writable(change) for change in wrong_dates(photos, now)]


def _writable(change: Change) -> Change:
    """Return a change of a JPEG as it is, and of another file as none."""
    if suffix_of(os.fsencode(change.path)) in JPEG:
        return change
    return replace(change, after=None, source=NOT_JPEG)


def mend(
    archive: Path,
    state: Path,
    store: Store,
    changes: Sequence[Change],
    now: datetime,
) -> tuple[list[Outcome], Path]:
    """Write changes; return what became of each, and the folder of the copies.

    The journal is written before the first photo is, and each photo is replaced in one step: what
    a power cut leaves can be undone. Raises ConfigurationError where no copy can be made.
    """
    folder = state / BACKUP / f"{now:%Y%m%d-%H%M%S}"
    try:
        folder.mkdir(parents=True, mode=0o700)
    except OSError as error:
        raise ConfigurationError(
            f"no copies can be made in {folder}: {error}"
        ) from None
    outcomes = []
    entries: list[dict[str, str]] = []
    for change in changes:
        problem = None
        try:
            _mend_one(archive, folder, store, change, entries)
        except (Invalid, OSError) as error:
            problem = str(error)
        outcomes.append(Outcome(change, problem))
    return outcomes, folder


def _mend_one(
    archive: Path,
    folder: Path,
    store: Store,
    change: Change,
    entries: list[dict[str, str]],
) -> None:
    if change.after is None:
        raise Invalid(change.source)
    name = os.fsencode(change.path)
    path = os.path.realpath(path_of(archive, name))
    before = read_file(path)
    after = with_date(before, change.after)
    copy = os.path.join(bytes(folder), name)
    os.makedirs(os.path.dirname(copy), exist_ok=True)
    shutil.copy2(path, copy)
    entries.append(
        {
            "path": change.path,
            "before": sha256(before).hexdigest(),
            "after": sha256(after).hexdigest(),
            "was": change.before.isoformat() if change.before else "",
            "is": change.after.isoformat(),
        }
    )
    (folder / JOURNAL).write_text(json.dumps(entries, indent=1), encoding="utf-8")
    _replace(path, after)
    _note(store, name, path, change.after.isoformat())


def with_date(jpeg: bytes, at: datetime) -> bytes:
    """Return a JPEG with another capture date; every other byte stays as it is.

    One without any metadata gets a block with the date. Raises Invalid for what is no JPEG, and for
    metadata without a place for a date.
    """
    if not jpeg.startswith(START_OF_IMAGE):
        raise Invalid(NOT_JPEG)
    text = at.strftime(EXIF_TIME).encode()
    tags = read_tags(jpeg)
    if not tags.values:
        return _with_block(jpeg, text.decode())
    taken = tags.text(TAKEN)
    changed = bytearray(jpeg)
    written = False
    for tag in DATES:
        value = tags.values.get(tag)
        if value is None or len(value.content) < TIME_BYTES:
            continue
        # `DateTime` is when a program changed the file, unless it is the capture's.
        if tag == CHANGED and taken and tags.text(tag) != taken:
            continue
        changed[value.at : value.at + TIME_BYTES] = text
        written = True
    if not written:
        raise Invalid("its metadata have no place for a date")
    return bytes(changed)


def _with_block(jpeg: bytes, text: str) -> bytes:
    exif = Pillow.Exif()
    inner = exif.get_ifd(EXIF_FOLDER)
    inner[TAKEN] = text
    inner[DIGITISED] = text
    content = io.BytesIO(exif.tobytes()).getvalue()
    block = b"\xff\xe1" + (len(content) + 2).to_bytes(2) + content
    at = len(START_OF_IMAGE)
    # JFIF wants to be first.
    if jpeg.startswith(APP0, at):
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return jpeg[:at] + block + jpeg[at:]


def _replace(path: bytes, content: bytes) -> None:
    """Replace a file in one step; its times and rights stay."""
    folder = os.path.dirname(path)
    with NamedTemporaryFile(dir=os.fsdecode(folder), prefix=".", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            shutil.copystat(path, os.fsencode(file.name))
            os.replace(os.fsencode(file.name), path)
        except OSError:
            os.unlink(file.name)
            raise


def _note(store: Store, name: bytes, path: bytes, taken: str) -> None:
    """Tell the state that a photo was changed by us: its faces are the same."""
    about = os.stat(path)
    with store.transaction() as db:
        db.execute(
            "UPDATE photos SET taken = ?, size = ?, mtime_ns = ? WHERE path = ?",
            (taken, about.st_size, about.st_mtime_ns, name),
        )


def undo_dates(archive: Path, state: Path, store: Store) -> list[str]:
    """Bring back the photos of the latest writing; return a line for each.

    A photo that was changed since is left as it is. Raises ConfigurationError without a writing.
    """
    journals = sorted((state / BACKUP).glob(f"*/{JOURNAL}"))
    if not journals:
        raise ConfigurationError("no dates were written, so there is nothing to undo")
    journal = journals[-1]
    entries = json.loads(journal.read_text(encoding="utf-8"))
    told = [_bring_back(archive, journal.parent, store, entry) for entry in entries]
    journal.rename(journal.with_suffix(".undone"))
    return told


def _bring_back(
    archive: Path, folder: Path, store: Store, entry: dict[str, str]
) -> str:
    name = os.fsencode(entry["path"])
    path = os.path.realpath(path_of(archive, name))
    try:
        now = sha256(read_file(path)).hexdigest()
        if now == entry["before"]:
            return f"{entry['path']}: is as it was"
        if now != entry["after"]:
            return f"{entry['path']}: changed since, left as it is"
        _replace(path, read_file(os.path.join(bytes(folder), name)))
        _note(store, name, path, entry["was"])
    except (Invalid, OSError) as error:
        return f"{entry['path']}: {error}"
    return f"{entry['path']}: brought back"
