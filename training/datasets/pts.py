"""Reader of iBUG .pts files: each beside the picture of the same name.

Coordinates are taken as pixels counted from 0, as the accompanying XML has them.
"""

import re
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import (
    PICTURES,
    DatasetError,
    Files,
    LabelledFace,
    points_of,
)
from vitrine.vision.shape import POINT_COUNT


def read_pts(path: Path) -> list[LabelledFace]:
    """All faces of a folder or zip archive, by name; the split is the folder's name. Raises DatasetError."""
    files = Files(path)
    labels = [name for name in files.names if name.endswith(".pts")]
    if not labels:
        raise DatasetError(str(path), None, "holds no *.pts")
    present = set(files.names)
    return [_face_of(files, label, present) for label in labels]


def _face_of(files: Files, label: str, present: set[str]) -> LabelledFace:
    stem = label.removesuffix(".pts")
    picture = next(
        (stem + suffix for suffix in PICTURES if stem + suffix in present), None
    )
    if picture is None:
        raise DatasetError(label, None, f"no picture {stem}{{{','.join(PICTURES)}}}")
    folder = PurePosixPath(label).parent.name
    return LabelledFace(
        picture,
        folder,
        photo_of(stem),
        _points_in(files.text(label), label),
        files.read(picture),
    )


def photo_of(stem: str) -> str:
    """`helen/100040721_2` → `helen/100040721`: the photo whose second face this is, mirrored or not.

    A number of three digits or more (`lfpw/image_0001`) is the photo's own.
    """
    return re.sub(r"_\d{1,2}$", "", stem.removesuffix("_mirror"))


def _points_in(text: str, label: str) -> NDArray[np.float32]:
    head, opening, rest = text.partition("{")
    body, closing, _ = rest.partition("}")
    if not opening or not closing:
        raise DatasetError(label, None, "has no { … } block of points")
    declared = re.search(r"n_points:\s*(\d+)", head)
    if declared is None or int(declared[1]) != POINT_COUNT:
        found = declared[1] if declared else "missing"
        raise DatasetError(label, None, f"n_points is {found}, expected {POINT_COUNT}")
    return points_of(body.split(), label, None)
