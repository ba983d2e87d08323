"""Read the photos of an archive: each once, in order, so that a killed scan goes on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Final, Protocol

import cv2

from vitrine.errors import ConfigurationError, Invalid
from vitrine.lab.archive.exif import CHANGED, DIGITISED, TAKEN, Tags
from vitrine.lab.archive.faces import PhotoFace
from vitrine.lab.archive.photos import Photo, open_photo, path_of
from vitrine.lab.archive.store import Reading, Store
from vitrine.lab.archive.walking import Found, Problem, walk

# What a killed scan reads again at most. Chosen, not measured.
BATCH: Final = 16
EXIF_TIME: Final = "%Y:%m:%d %H:%M:%S"


class Finder(Protocol):
    """Represent what finds and embeds faces; several threads use it."""

    @property
    def model(self) -> str:
        """Return the name of the embedding's weights."""

    def faces(self, photo: Photo) -> list[PhotoFace]:
        """Return the faces of a photo."""


@dataclass(slots=True)
class Scan:
    """Count what a scan did."""

    read: int = 0
    unchanged: int = 0
    gone: int = 0
    faces: int = 0
    dropped: int = 0
    problems: list[Problem] = field(default_factory=list)


def scan(
    root: Path,
    store: Store,
    finder: Finder,
    *,
    threads: int,
    stop: Event,
    begun: Callable[[int], None],
    done: Callable[[int], None],
) -> Scan:
    """Read what is new or changed below `root`, and forget what is gone.

    `begun` is told how many photos there are to read, `done` how many were read since it was told
    last. Stops early once `stop` is set. Raises ConfigurationError where the archive was scanned
    with another network: its vectors could not be compared.
    """
    _same_model(store, finder.model)
    counted = Scan()
    due = _due(root, store, counted)
    begun(len(due))
    # Networks run in threads of ours: OpenCV's own would fight with them.
    cv2.setNumThreads(1)
    batch: list[tuple[Found, Reading | Problem]] = []
    with ThreadPoolExecutor(threads, "photos") as pool:
        for found, read in _read_in_order(root, due, finder, pool, 2 * threads):
            batch.append((found, read))
            if len(batch) == BATCH or stop.is_set():
                _keep(store, batch, finder.model, counted)
                done(len(batch))
                batch = []
            if stop.is_set():
                pool.shutdown(cancel_futures=True)
                return counted
    _keep(store, batch, finder.model, counted)
    done(len(batch))
    return counted


def _same_model(store: Store, model: str) -> None:
    before = store.fact("model")
    if before is None:
        store.put_fact("model", model)
    elif before != model:
        raise ConfigurationError(
            f"the archive was scanned with the network {before}, and vectors of {model} cannot be "
            "compared with those; name another folder with --state"
        )


def _due(root: Path, store: Store, counted: Scan) -> list[Found]:
    """Return what has to be read; forget what is gone."""
    known = store.known()
    due = []
    seen = set()
    unread = []
    for item in walk(bytes(root)):
        if isinstance(item, Problem):
            counted.problems.append(item)
            unread.append(item.path)
            continue
        seen.add(item.path)
        if known.get(item.path) == (item.size, item.mtime_ns):
            counted.unchanged += 1
        else:
            due.append(item)
    # What lies in a folder that cannot be read today is not gone.
    gone = [path for path in known if path not in seen and not _is_below(path, unread)]
    with store.transaction() as db:
        store.forget_photos(db, gone)
    counted.gone = len(gone)
    return due


def _is_below(path: bytes, folders: Sequence[bytes]) -> bool:
    return any(
        folder in {b".", path} or path.startswith(folder + b"/") for folder in folders
    )


def _read_in_order(
    root: Path,
    due: Sequence[Found],
    finder: Finder,
    pool: ThreadPoolExecutor,
    ahead: int,
) -> Iterator[tuple[Found, Reading | Problem]]:
    """Yield each photo with what was read of it; at most `ahead` of them are in memory."""
    waiting: deque[tuple[Found, Future[Reading | Problem]]] = deque()
    for found in due:
        waiting.append((found, pool.submit(_read, root, found, finder)))
        if len(waiting) >= ahead:
            first, future = waiting.popleft()
            yield first, future.result()
    while waiting:
        first, future = waiting.popleft()
        yield first, future.result()


def _read(root: Path, found: Found, finder: Finder) -> Reading | Problem:
    try:
        photo = open_photo(path_of(root, found.path))
    except Invalid as error:
        return Problem(found.path, str(error))
    return Reading(
        width=photo.width,
        height=photo.height,
        orientation=photo.tags.orientation,
        taken=taken_of(photo.tags),
        camera=photo.tags.camera,
        faces=finder.faces(photo),
    )


def taken_of(tags: Tags) -> str:
    """Return when a photo says it was taken, 2026-11-30T14:05:00; empty where it does not."""
    for tag in (TAKEN, DIGITISED, CHANGED):
        try:
            at = datetime.strptime(tags.text(tag), EXIF_TIME)  # noqa: DTZ007 - local time
        except ValueError:
            continue
        return at.isoformat()
    return ""


def _keep(
    store: Store,
    batch: Sequence[tuple[Found, Reading | Problem]],
    model: str,
    counted: Scan,
) -> None:
    """Write a batch in one step."""
    with store.transaction() as db:
        for found, read in batch:
            store.put_photo(db, found, read, model)
    for _, read in batch:
        counted.read += 1
        if isinstance(read, Problem):
            counted.problems.append(read)
            continue
        counted.faces += len(read.faces)
        dropped = [face for face in read.faces if face.dropped is not None]
        counted.dropped += len(dropped)
