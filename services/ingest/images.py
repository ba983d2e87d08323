"""Pictures from a folder of images, or from a single one."""

from __future__ import annotations

import logging
import re
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Camera
from vitrine.services.ingest.shots import Picture, Shot, Shots, Unreadable
from vitrine.services.ingest.sniffing import HEAD_BYTES, is_image, what_else
from vitrine.services.ingest.stills import decode_photograph
from vitrine.telemetry import metrics
from vitrine.vision.photographs import FORMATS, is_further_format

logger = logging.getLogger(__name__)

DIGITS: Final = re.compile(r"(\d+)")
OTHER_FORMAT: Final = f"no {FORMATS} picture"


def folder_shots(camera: Camera) -> Shots:
    """Yield the images of a folder in the order of their names, at the camera's rate.

    `img2` comes before `img10`.
    """
    images = []
    unused: Counter[str] = Counter()
    for path in _files(camera):
        reason = _why_not(path)
        if reason is None:
            images.append(path)
        else:
            unused[reason] += 1
    _report(camera, unused)
    if not images:
        raise Unreadable(f"folder {camera.uri} has no images ({FORMATS})", "no-video")
    yield from _shots(camera, images)


def image_shots(camera: Camera) -> Shots:
    """Yield the one picture of a file."""
    return _shots(camera, [Path(camera.uri.target)])


def is_image_file(path: Path) -> bool:
    """Return True for a file that holds a still picture."""
    return path.is_file() and _why_not(path) is None


def natural_order(path: Path) -> list[tuple[int, str]]:
    """Return a key by which names sort with their numbers as numbers."""
    key = []
    for part in DIGITS.split(path.name.casefold()):
        number = -1
        if part.isdecimal():
            number = int(part)
        key.append((number, part))
    return key


def _shots(camera: Camera, images: list[Path]) -> Shots:
    for number, path in enumerate(images):
        at_ns = round(number * SECOND_NS / camera.fps)
        yield Shot(at_ns, partial(_read_image, path))


def _files(camera: Camera) -> list[Path]:
    try:
        entries = list(Path(camera.uri.target).iterdir())
    except OSError as error:
        name = type(error).__name__
        raise Unreadable(
            f"folder {camera.uri} cannot be listed ({name})", "missing"
        ) from None
    return sorted(entries, key=natural_order)


def _why_not(path: Path) -> str | None:
    """Return why a file of a folder is not used; None if it is."""
    if path.name.startswith("."):
        return "hidden"
    if path.is_dir():
        return "a folder"
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:
        return "not readable"
    if is_image(head) or is_further_format(head):
        return None
    reason = what_else(head)
    if reason is None:
        return OTHER_FORMAT
    return reason.removeprefix("is ")


def _report(camera: Camera, unused: Counter[str]) -> None:
    """Log and count the files that are not used."""
    for reason, number in unused.most_common():
        logger.warning(
            "camera %s: %d files were not used: %s",
            camera.id,
            number,
            reason,
        )
    counter = metrics.FRAMES_DROPPED.labels(camera.id, "unreadable")
    counter.inc(unused.total())


def _read_image(path: Path) -> Picture:
    try:
        data = path.read_bytes()
    except OSError as error:
        name = type(error).__name__
        raise Unreadable(f"image {path.name}: {name}", "missing") from None
    try:
        return decode_photograph(data), None
    except Unreadable as error:
        reason = str(error).removeprefix("it ")
        raise Unreadable(f"image {path.name} {reason}", error.cause) from None
