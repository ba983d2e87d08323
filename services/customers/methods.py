"""Ways to tell people apart, compared on pictures and videos of somebody's own."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final

import click
import cv2
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from vitrine.customers.enrolment import FaceReader
from vitrine.customers.methods import KEPT, Result, Sample, compare
from vitrine.errors import ConfigurationError, Invalid
from vitrine.mall import Camera
from vitrine.services.customers.enrolling import load_reader, read_picture
from vitrine.settings import Settings
from vitrine.vision.crop import Image

PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
VIDEOS: Final = frozenset({".mp4", ".mov", ".mkv", ".avi", ".webm"})
# Chosen, not measured: three looks a second, for ten seconds.
FRAME_EVERY: Final = 10
MOST_FRAMES: Final = 30
# Chosen, not measured: a detector wants some room around a face.
ROOM: Final = 0.5
"""Around the box of a drawn face, in its sides."""
SYNTHETIC: Final = "synthetic:"
WHY: Final = (
    "68 points tell how a head is turned and what a mouth does, and hardly whose they are. Frames "
    "of one video are much alike, so that a split at random looks good all the same. Only sessions "
    "that are left out say what happens when a customer comes back."
)

Person = tuple[str, str, Image]
"""Whose picture it is, in which session, (H, W, 3) BGR."""


def print_methods(source: str) -> None:
    """Print a table of all methods on the faces of a source. Raises ConfigurationError."""
    samples = list(samples_of(source, load_reader(Settings.load())))
    try:
        results = list(compare(samples))
    except ValueError as error:
        raise ConfigurationError(f"{source}: {error}") from None
    people = len({sample.person for sample in samples})
    console = Console()
    console.print(f"{len(samples)} faces of {people} people")
    console.print(table_of(results))
    console.print(WHY)


def table_of(results: list[Result]) -> Table:
    """Return the table of some results."""
    table = Table(
        "method",
        "on",
        "split",
        "right person",
        f"strangers refused (keeping {KEPT:.0%})",
    )
    for result in results:
        table.add_row(
            result.method,
            result.features,
            result.split,
            f"{result.right:.1%} of {result.faces}",
            f"{result.refused:.1%}",
        )
    return table


def samples_of(source: str, reader: FaceReader) -> Iterator[Sample]:
    """Yield the faces of a source; pictures without exactly one are left out.

    Raises ConfigurationError.
    """
    is_drawn = source.startswith(SYNTHETIC)
    pictures = drawn(source) if is_drawn else in_folder(Path(source))
    for person, session, image in pictures:
        try:
            view = reader.read(image)
        except Invalid:
            continue
        if view.is_good:
            yield Sample(person, session, view.vector, view.points)


def in_folder(folder: Path) -> Iterator[Person]:
    """Yield the pictures of a folder that has a folder for each person.

    Raises ConfigurationError.
    """
    if not folder.is_dir():
        raise ConfigurationError(
            f"{folder}: found no folder, expected one with a folder for each person"
        )
    files = sorted(path for path in folder.glob("*/*") if path.is_file())
    for path in track(files, "looking", console=Console(stderr=True)):
        person = path.parent.name
        suffix = path.suffix.lower()
        if suffix in VIDEOS:
            for image in frames_of(path):
                yield person, path.name, image
        elif suffix in PICTURES:
            try:
                yield person, path.name, read_picture(path)
            except Invalid as error:
                # Without its path, which would name a person.
                click.echo(f"a picture is left out: {error}", err=True)


def frames_of(path: Path) -> Iterator[Image]:
    """Yield some frames of a video, evenly apart."""
    video = cv2.VideoCapture(str(path))
    try:
        for number in range(FRAME_EVERY * MOST_FRAMES):
            found, image = video.read()
            if not found:
                return
            if number % FRAME_EVERY == 0:
                yield np.asarray(image, np.uint8)
    finally:
        video.release()


def drawn(address: str) -> Iterator[Person]:
    """Yield the people of a synthetic mall, cut from its pictures; a visit is a session.

    Raises ConfigurationError.
    """
    camera = Camera.model_validate(
        {"id": "methods", "uri": address, "stand": "methods", "fps": 1, "width": 960}
    )
    # Found by entry point, as by `ingest`: no service knows the drawn mall.
    source: Any = entry_points(group="vitrine.sources")["synthetic"].load()()
    try:
        shots = list(source.shots(camera))
    except ValueError as error:
        raise ConfigurationError(f"{address}: {error}") from None
    for _, shot in track(shots, "drawing", console=Console(stderr=True)):
        image, truth = shot()
        for person in truth.people:
            if person.visible and person.present:
                face = around(image, person.box)
                yield person.person, str(person.visit), face


def around(image: Image, box: tuple[float, float, float, float]) -> Image:
    """Return the part of a picture (H, W, 3) around a box x, y, width, height."""
    x, y, width, height = box
    left = max(0, round(x - ROOM * width))
    top = max(0, round(y - ROOM * height))
    right = round(x + (1 + ROOM) * width)
    bottom = round(y + (1 + ROOM) * height)
    return np.ascontiguousarray(image[top:bottom, left:right])
