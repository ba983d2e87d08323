"""Small generated data sets for tests: files by their path, as a folder or as an archive."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.builders import face_points

Contents = dict[str, bytes]


def picture(value: int = 90, shape: tuple[int, ...] = (40, 60, 3)) -> bytes:
    """Return a JPEG of one grey."""
    image = np.full(shape, value, np.uint8)
    _, encoded = cv2.imencode(".jpg", image)
    return encoded.tobytes()


def pictures(*names: str) -> Contents:
    """Return the same picture under each of these names."""
    return dict.fromkeys(names, picture())


def folder(path: Path, files: Contents) -> Path:
    """Write the files below a folder, which is the data set."""
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return path


def archive(path: Path, files: Contents) -> Path:
    """Write the files into a zip archive, which is the data set."""
    written = path / "faces.zip"
    with zipfile.ZipFile(written, "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return written


STORED = [folder, archive]


def keypoints_row(name: str, points: NDArray[np.float64] | None = None) -> str:
    """Return a row of a published keypoint table."""
    values = face_points() if points is None else points
    numbers = values.reshape(-1).tolist()
    return ",".join([name, *map(str, numbers)])


def keypoint_files(
    split: str,
    *rows: str,
    shown: tuple[str, ...] = ("Ann_Lee_00.jpg",),
) -> Contents:
    """Return a published split: its table and its pictures."""
    numbers = ",".join(map(str, range(136)))
    table = "\n".join([f",{numbers}", *rows])
    files = pictures(*(f"{split}/{name}" for name in shown))
    files[f"{split}_frames_keypoints.csv"] = table.encode()
    return files


def pts(
    points: NDArray[np.float64] | None = None, head: str = "version: 1\nn_points: 68\n"
) -> bytes:
    """Return a .pts file."""
    values = face_points() if points is None else points
    lines = [f"{x:.3f} {y:.3f}" for x, y in values]
    body = "\n".join(lines)
    return f"{head}{{\n{body}\n}}\n".encode()


def xml_box(points: NDArray[np.float64] | None = None, side: str = "180") -> str:
    """Return a `<box>` with its parts, the last part first."""
    values = face_points() if points is None else points
    parts = [
        f"<part name='{number:02d}' x='{x}' y='{y}'/>"
        for number, (x, y) in enumerate(values)
    ]
    body = "\n".join(reversed(parts))
    return f"<box top='10' left='20' width='{side}' height='190'>\n{body}\n</box>\n"


def xml(
    *images: tuple[str, str],
    head: str = "<?xml version='1.0' encoding='UTF-8'?>\n",
) -> bytes:
    """Return a document of dlib: (file, boxes) for each picture."""
    rows = ""
    for file, boxes in images:
        rows += f"<image file='{file}' width='360' height='360'>\n{boxes}</image>\n"
    return f"{head}<dataset><images>\n{rows}</images></dataset>\n".encode()
