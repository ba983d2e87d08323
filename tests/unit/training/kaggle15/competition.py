"""Builders of small files in the competition's form."""

from pathlib import Path

import numpy as np

from tests.unit.training.small import labelled_faces, people_of
from training.datasets.keypoints_csv import read_keypoints_csv
from training.kaggle15.derive import write_files
from training.kaggle15.files import COLUMNS, IMAGE, PIXELS


def people() -> list[str]:
    """Return people of all parts."""
    kept = [*people_of("train", 8), *people_of("validation", 2)]
    return [*kept, *people_of("held-out", 2)]


def small_files(
    folder: Path,
    rows: int = 60,
    test_rows: int = 4,
) -> Path:
    """Write derived files of faces that are drawn as dots."""
    faces = read_keypoints_csv(labelled_faces(folder, people()))
    files = folder / "files"
    write_files(faces, files, rows, test_rows)
    return files


def training_line(
    pixels: str | None = None,
    **locations: str,
) -> str:
    """Return a row of training.csv; points that are not given are missing."""
    values = [locations.get(column, "") for column in COLUMNS]
    text = " ".join(["7"] * PIXELS) if pixels is None else pixels
    return ",".join([*values, text])


def training_table(folder: Path, *lines: str) -> Path:
    """Write training.csv with these rows."""
    header = ",".join([*COLUMNS, IMAGE])
    path = folder / "training.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return folder


def some_points(count: int, seed: int = 1) -> np.ndarray:
    """Return faces that differ by a shift and a size, (n, 15, 2) float32."""
    rng = np.random.default_rng(seed)
    shape = rng.uniform(-30, 30, (15, 2))
    sizes = rng.uniform(0.8, 1.1, (count, 1, 1))
    shifts = rng.uniform(-5, 5, (count, 1, 2))
    return np.asarray(48 + shape * sizes + shifts, np.float32)
