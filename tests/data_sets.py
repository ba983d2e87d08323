"""Small generated data sets for tests: files by their path, as a folder or as an archive."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.builders import face_points

Contents = dict[str, bytes]


def picture(value: int = 90, shape: tuple[int, ...] = (40, 60, 3)) -> bytes:
    """A JPEG of one grey."""
    return cv2.imencode(".jpg", np.full(shape, value, np.uint8))[1].tobytes()


def folder(path: Path, files: Contents) -> Path:
    """The files below a folder, which is the data set."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def archive(path: Path, files: Contents) -> Path:
    """The files in a zip archive, which is the data set."""
    with zipfile.ZipFile(path / "faces.zip", "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return path / "faces.zip"


STORED = [folder, archive]


def keypoints_row(name: str, points: NDArray[np.float64] | None = None) -> str:
    """A row of a published keypoint table."""
    values = face_points() if points is None else points
    return name + "," + ",".join(str(v) for v in values.reshape(-1))


def keypoint_files(
    split: str,
    *rows: str,
    pictures: tuple[str, ...] = ("Ann_Lee_00.jpg",),
) -> Contents:
    """A published split: its table and its pictures."""
    header = "," + ",".join(str(i) for i in range(136))
    table = {f"{split}_frames_keypoints.csv": "\n".join([header, *rows]).encode()}
    return table | {f"{split}/{name}": picture() for name in pictures}


def pts(
    points: NDArray[np.float64] | None = None, head: str = "version: 1\nn_points: 68\n"
) -> bytes:
    """A .pts file."""
    values = face_points() if points is None else points
    return (
        head + "{\n" + "\n".join(f"{x:.3f} {y:.3f}" for x, y in values) + "\n}\n"
    ).encode()


def xml_box(points: NDArray[np.float64] | None = None, side: str = "180") -> str:
    """A `<box>` with its parts, the last part first."""
    parts = list(enumerate(face_points() if points is None else points))
    lines = [f"<part name='{i:02d}' x='{x}' y='{y}'/>" for i, (x, y) in reversed(parts)]
    return (
        f"<box top='10' left='20' width='{side}' height='190'>\n"
        + "\n".join(lines)
        + "\n</box>\n"
    )


def xml(
    *images: tuple[str, str], head: str = "<?xml version='1.0' encoding='UTF-8'?>\n"
) -> bytes:
    """A document of dlib: (file, boxes) for each picture."""
    rows = "".join(
        f"<image file='{file}' width='360' height='360'>\n{boxes}</image>\n"
        for file, boxes in images
    )
    return (head + "<dataset><images>\n" + rows + "</images></dataset>\n").encode()
