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
    """Return all faces of a folder or zip archive, by name; the split is the folder's name.

    Raises DatasetError.
    """
    files = Files(path)
    labels = [name for name in files.names if name.endswith(".pts")]
    if not labels:
        raise DatasetError(str(path), None, "holds no *.pts")
    present = set(files.names)
    return [_face_of(files, label, present) for label in labels]


def _face_of(
    files: Files,
    label: str,
    present: set[str],
) -> LabelledFace:
    stem = label.removesuffix(".pts")
    picture = _picture_of(stem, label, present)
    return LabelledFace(
        name=picture,
        split=PurePosixPath(label).parent.name,
        group=photo_of(stem),
        points=_points_in(files.text(label), label),
        encoded=files.read(picture),
    )


def _picture_of(
    stem: str,
    label: str,
    present: set[str],
) -> str:
    for suffix in PICTURES:
        picture = stem + suffix
        if picture in present:
            return picture
    raise DatasetError(label, None, f"no picture {stem}{{{','.join(PICTURES)}}}")


def photo_of(stem: str) -> str:
    """Return the photo of a face: `helen/100040721` of `helen/100040721_2`, mirrored or not.

    A number of three digits or more (`lfpw/image_0001`) is the photo's own.
    """
    # Mirrored copies must be in the part of the photo that they were made from.
    unmirrored = stem.removesuffix("_mirror")
    return re.sub(r"_\d{1,2}$", "", unmirrored)


def _points_in(text: str, label: str) -> NDArray[np.float32]:
    head, opening, rest = text.partition("{")
    body, closing, _ = rest.partition("}")
    if not opening or not closing:
        raise DatasetError(label, None, "has no { … } block of points")
    declared = re.search(r"n_points:\s*(\d+)", head)
    count = declared[1] if declared else "missing"
    # As text, so that a missing count is refused by the same words.
    if count != str(POINT_COUNT):
        reason = f"n_points is {count}, expected {POINT_COUNT}"
        raise DatasetError(label, None, reason)
    return points_of(body.split(), label, None)
