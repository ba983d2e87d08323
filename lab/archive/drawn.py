"""Draw an archive of people who do not exist, with dates that are wrong as real ones are."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image as Pillow

from vitrine.errors import ConfigurationError
from vitrine.synthetic.figure import Look, draw_figure, draw_look
from vitrine.synthetic.head import Stance
from vitrine.synthetic.mesh import EYE_DISTANCE, Mesh, head_mesh
from vitrine.synthetic.people import Basis, load_basis
from vitrine.synthetic.shop import draw_shop
from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose

TRUTH: Final = "truth.csv"
SIZES: Final = {"2mp": (1632, 1224), "small": (640, 480)}
FIRST: Final = datetime.fromisoformat("2024-03-01T10:00:00")
RESET: Final = datetime.fromisoformat("2000-01-01")
COPIED: Final = datetime.fromisoformat("2026-01-15T20:00:00")
QUALITY: Final = 90
# Tags of Exif 2.32.
MAKE: Final = 271
MODEL: Final = 272
CHANGED: Final = 306
EXIF: Final = 0x8769
TAKEN: Final = 36867


@dataclass(frozen=True, slots=True)
class DrawnPhoto:
    """Hold what is true of a drawn photo."""

    name: str
    people: tuple[int, ...]
    taken: datetime
    claimed: datetime | None
    """What its metadata say; None for a photo that says nothing."""


def draw_archive(
    folder: Path,
    *,
    people: int,
    photos: int,
    seed: int = 0,
    size: str = "2mp",
) -> Iterator[DrawnPhoto]:
    """Draw photos into an empty folder, one after the other, and `truth.csv` at the end.

    Every second photo is a phone's, whose names tell the time. The camera's clock fell back to the
    year 2000 for the middle third of its photos, and a fifth of the phone's photos carry the date
    at which they were copied. Raises ConfigurationError for a folder that is not empty.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"{folder} is not empty; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    basis = load_basis()
    mesh = head_mesh(basis.mean_shape)
    drawn = []
    for number in range(photos):
        rng = np.random.default_rng([seed, number])
        shown = _people(people, number, rng)
        picture = _picture(basis, mesh, shown, SIZES[size], seed, number, rng)
        photo = _dated(number, photos, shown, rng)
        path = folder / photo.name
        path.parent.mkdir(exist_ok=True)
        _write(path, picture, photo.claimed, number)
        drawn.append(photo)
        yield photo
    _write_truth(folder / TRUTH, drawn)


def _people(people: int, number: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Return who is on a photo: everybody in turn, and up to two others."""
    first = number % people
    others = int(rng.choice([0, 0, 1, 2]))
    drawn = rng.permutation(people)[:others].tolist()
    return (first, *(one for one in drawn if one != first))


def _picture(
    basis: Basis,
    mesh: Mesh,
    people: tuple[int, ...],
    size: tuple[int, int],
    seed: int,
    number: int,
    rng: np.random.Generator,
) -> Image:
    width, height = size
    picture = draw_shop(width, height, rng)
    for place, person in enumerate(people):
        # What stays of a person, what a day changes, and clothes have streams of their own.
        look = draw_look(
            basis,
            mesh,
            np.random.default_rng([seed, 1, person]),
            np.random.default_rng([seed, 2, person, number]),
            np.random.default_rng([seed, 3, person, number]),
        )
        x = width * (place + 1) / (len(people) + 1)
        _paste(picture, look, x, basis, rng)
    noise = rng.normal(0, 3, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def _paste(
    picture: Image,
    look: Look,
    x: float,
    basis: Basis,
    rng: np.random.Generator,
) -> None:
    height, width = picture.shape[:2]
    pose = HeadPose(
        yaw=rng.normal(0, 12), pitch=rng.normal(-2, 5), roll=rng.normal(0, 5)
    )
    tall = height * rng.uniform(0.16, 0.26)
    shape_height = float(np.ptp(basis.mean_shape[:, 1]))
    stance = Stance(
        pose,
        (x, height * rng.uniform(0.38, 0.5)),
        tall / shape_height * EYE_DISTANCE,
        smile=float(np.clip(rng.normal(0, 0.4), 0, 1)),
    )
    layers, _ = draw_figure(look, stance, stance, (width, height), float(width))
    for layer in layers:
        layer.paste(picture)


def _dated(
    number: int,
    photos: int,
    people: tuple[int, ...],
    rng: np.random.Generator,
) -> DrawnPhoto:
    taken = FIRST + timedelta(days=7 * number, minutes=int(rng.integers(600)))
    if number % 2:
        name = f"phone/IMG_{taken:%Y%m%d_%H%M%S}.jpg"
        copied = COPIED + timedelta(seconds=number)
        claimed = copied if number % 10 == 1 else taken
        return DrawnPhoto(name, people, taken, claimed)
    name = f"camera/DSC_{number + 100:04d}.JPG"
    claimed = taken
    if photos / 3 <= number < 2 * photos / 3:
        claimed = RESET + timedelta(minutes=number)
    return DrawnPhoto(name, people, taken, claimed)


def _write(
    path: Path,
    picture: Image,
    claimed: datetime | None,
    number: int,
) -> None:
    exif = Pillow.Exif()
    if claimed is not None:
        text = claimed.strftime("%Y:%m:%d %H:%M:%S")
        exif[MAKE] = "Drawn"
        exif[MODEL] = "Phone" if number % 2 else "Camera"
        exif[CHANGED] = text
        exif.get_ifd(EXIF)[TAKEN] = text
    rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    Pillow.fromarray(rgb).save(path, quality=QUALITY, exif=exif)


def _write_truth(path: Path, drawn: list[DrawnPhoto]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "people", "taken", "claimed"])
        for photo in drawn:
            people = " ".join(str(person) for person in photo.people)
            claimed = "" if photo.claimed is None else photo.claimed.isoformat()
            writer.writerow([photo.name, people, photo.taken.isoformat(), claimed])
