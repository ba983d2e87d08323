"""Tiny data sets, and the shipped configurations made small enough to train in seconds."""

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import yaml
from numpy.random import default_rng

from tests.builders import face_points
from training.datasets.splits import Part, part_of
from training.rounds import config_path
from vitrine.vision.crop import Image
from vitrine.vision.expression_classes import CLASSES
from vitrine.vision.expression_classes import SIDE as EXPRESSION_SIDE

SMALL: Final = {"epochs": 1, "threads": 1, "workers": 0}


def small_config(
    folder: Path,
    network: str,
    **changes: object,
) -> Path:
    """Return the shipped configuration with these settings in all rounds."""
    settings = SMALL | changes
    content: dict[str, Any] = yaml.safe_load(config_path(network).read_text("utf-8"))
    for entry in content["rounds"]:
        for name in settings:
            entry.pop(name, None)
    content |= settings | {"runs": str(folder / "runs" / network)}
    path = folder / f"{network}.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def people_of(part: Part, count: int) -> list[str]:
    """Return the first names that fall into a part."""
    numbered = (f"Person_{number}" for number in range(1_000))
    return [name for name in numbered if part_of(name) == part][:count]


def everybody() -> list[str]:
    """Eight people who train and two who choose the weights."""
    return [*people_of("train", 8), *people_of("validation", 2)]


def drawn_face(points: np.ndarray, side: int = 120) -> bytes:
    """Return a JPEG with a dot on each point."""
    picture = np.full((side, side, 3), 60, np.uint8)
    for x, y in points:
        cv2.circle(picture, (round(x), round(y)), 2, (200, 180, 255), -1)
    return encoded(picture)


def encoded(picture: Image, kind: str = ".jpg") -> bytes:
    return cv2.imencode(kind, picture)[1].tobytes()


def labelled_faces(folder: Path, people: Iterable[str]) -> Path:
    """Write one frontal or slightly turned face of each person with 68 points."""
    path = folder / "faces.zip"
    rows = [","]
    with zipfile.ZipFile(path, "w") as archive:
        for number, person in enumerate(people):
            points = face_points(yaw=5 * number - 20, x=60, y=45, eyes=36)
            name = f"{person}_00.jpg"
            coordinates = ",".join(map(str, points.reshape(-1)))
            rows.append(f"{name},{coordinates}")
            archive.writestr(f"training/{name}", drawn_face(points))
        archive.writestr("training_frames_keypoints.csv", "\n".join(rows))
    return path


def aligned_people(
    folder: Path,
    people: Iterable[str],
    each: int = 2,
) -> Path:
    """Write `each` pictures of 144 pixels of each person, a folder a person."""
    root = folder / "people"
    for number, person in enumerate(people):
        rng = default_rng(number)
        coarse = rng.integers(30, 220, (12, 12, 3), dtype=np.uint8)
        face = cv2.resize(coarse, (144, 144), interpolation=cv2.INTER_CUBIC)
        (root / person).mkdir(parents=True)
        for photo in range(1, each + 1):
            noise = rng.normal(0, 4, face.shape)
            picture = np.clip(face + noise, 0, 255).astype(np.uint8)
            path = root / person / f"{person}_{photo:04}.jpg"
            path.write_bytes(encoded(picture))
    return root


def shelves(folder: Path, count: int = 3) -> Path:
    """Write pictures without a face."""
    root = folder / "shelves"
    root.mkdir()
    for number in range(count):
        rng = default_rng(number)
        coarse = rng.integers(0, 256, (30, 40, 3), dtype=np.uint8)
        picture = cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_NEAREST)
        (root / f"{number}.jpg").write_bytes(encoded(np.asarray(picture, np.uint8)))
    return root


def grey_face(seed: int) -> Image:
    """Return blurred noise, different for each seed."""
    rng = default_rng(seed)
    noise = rng.integers(0, 256, (EXPRESSION_SIDE, EXPRESSION_SIDE), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 3), dtype=np.uint8)


def votes(**given: int) -> list[int]:
    """Return the ten columns of FER+; `unknown` and `no_face` are the last two."""
    return [given.get(name, 0) for name in (*CLASSES, "unknown", "no_face")]


def expression_set(folder: Path, faces: Iterable[tuple[str, str, int]]) -> Path:
    """Write FER+ of faces: part, name, and the seed of the picture and its votes."""
    path = folder / "ferplus.zip"
    rows: dict[str, list[str]] = {}
    with zipfile.ZipFile(path, "w") as archive:
        for part, name, seed in faces:
            archive.writestr(f"{part}/{name}", encoded(grey_face(seed), ".png"))
            given = votes(**{CLASSES[seed % 3]: 8, "sadness": 2})
            counts = ",".join(map(str, given))
            rows.setdefault(part, []).append(f'{name},"(0, 0, 48, 48)",{counts}')
        for part, lines in rows.items():
            archive.writestr(f"{part}/label.csv", "\n".join(lines) + "\n")
    return path


def expression_names(count: int, *, validation: bool) -> list[str]:
    """Return names of FER2013Train that choose the weights, or that train."""
    found: list[str] = []
    for number in range(10_000):
        name = f"fer{number:07}.png"
        chooses = part_of(f"FER2013Train/{name}") == "validation"
        if chooses == validation:
            found.append(name)
        if len(found) == count:
            break
    return found
