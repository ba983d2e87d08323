"""Faces of the studies: which are trained on, which choose, which are measured; their wide cuts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.config import Source
from training.datasets.faces import DatasetError, LabelledFace
from training.datasets.fifteen import fifteen_of
from training.datasets.splits import Part, part_of, select
from vitrine.vision.crop import UPRIGHT, crop_at, cut
from vitrine.vision.upright import UprightSquare

Split = Literal["published", "people"]
MARGIN: Final = 1.3
"""Side of the network's picture over the longer side of the points' box."""
SQUARE: Final = UprightSquare(side_per_five=2.12, lower=0.05)
"""That square by a detector's five points: medians over the faces of the training parts."""
ROOM: Final = 1.4
"""Side of the wide cut over that of the network's picture, so that views can turn and shift."""


@dataclass(frozen=True)
class StudyFace:
    """Hold a wide, square cut around the box of a face; it is not turned upright."""

    image: Tensor
    """(3, W, W) uint8 RGB."""
    points: Tensor
    """(n, 2) float32, pixels of the cut from its edge."""
    scale: float
    """Pixels of the photo to a pixel of the cut."""
    photo: tuple[int, int]
    """Width and height of the photo, its own pixels."""


def chosen_faces(
    sources: Sequence[Source],
    split: Split,
    part: Part,
) -> list[LabelledFace]:
    """Return the faces of one part.

    `published` trains on the folder training/ and measures on test/, which shows the same people;
    a twentieth of training/, by file name, chooses the weights. `people` keeps people apart.
    Raises DatasetError where a part is empty.
    """
    faces: list[LabelledFace] = []
    for source in sources:
        every = source.read()
        if split == "people":
            faces += select(every, part)
        else:
            faces += [face for face in every if _published_part(face) == part]
    if not faces:
        raise DatasetError(str(sources[0].path), None, f"no face in the part {part!r}")
    return faces


def _published_part(face: LabelledFace) -> Part:
    if face.split == "test":
        return "held-out"
    # By file name, so that frames of one person are on both sides, as in a random split.
    chooses = part_of(face.name) == "validation"
    return "validation" if chooses else "train"


def wide_side(size: int) -> int:
    """Return the side of the wide cut for a network's picture of `size` pixels."""
    return round(size * ROOM)


def study_face(
    face: LabelledFace,
    size: int,
    points: int,
) -> StudyFace:
    """Cut a face out for networks that see `size` pixels and find 15 or 68 points."""
    image = face.image()
    wide = wide_side(size)
    low = face.points.min(axis=0)
    high = face.points.max(axis=0)
    longer = float((high - low).max())
    side = longer * MARGIN * wide / size
    middle = (low + high) / 2
    crop = crop_at(
        middle,
        side,
        UPRIGHT,
        wide,
    )
    picture = cut(image, crop, wide)
    coloured = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    labelled = face.points if points != 15 else fifteen_of(face.points)
    inside = labelled @ crop[:, :2].T + crop[:, 2]
    height, width = image.shape[:2]
    return StudyFace(
        torch.from_numpy(coloured).permute(2, 0, 1).contiguous(),
        torch.from_numpy(inside + 0.5).float(),
        side / wide,
        (width, height),
    )


def to_network(points: Tensor, size: int) -> Tensor:
    """Return pixels from the edge as the networks' coordinates: 0 the centre, ±1 the edges."""
    return points / (size / 2) - 1


@dataclass(frozen=True)
class Errors:
    """Hold the errors of n faces, each array (n,)."""

    mse: NDArray[np.float64]
    """Of coordinates divided by the photo's width and height."""
    pixels: NDArray[np.float64]
    """Mean distance of the points, in the photo's pixels."""
    nme: NDArray[np.float64]
    """Mean distance over that of the outer eye corners."""

    def means(self) -> dict[str, float]:
        """Return the mean of each."""
        return {name: float(values.mean()) for name, values in vars(self).items()}


def errors_of(
    found: Tensor,
    expected: Tensor,
    faces: Sequence[StudyFace],
    size: int,
    eyes: tuple[int, int],
) -> Errors:
    """Compare network coordinates (n, points, 2); `eyes` are the places of the outer corners."""
    scales = np.array([face.scale for face in faces])
    photos = np.array([face.photo for face in faces], float)
    to_photo = scales[:, None, None] * size / 2
    off = (found - expected).double().numpy() * to_photo
    relative = off / photos[:, None, :]
    distances = np.linalg.norm(off, axis=2)
    true = expected.double().numpy() * to_photo
    across = true[:, eyes[0]] - true[:, eyes[1]]
    apart = np.linalg.norm(across, axis=1)
    mean_distances = distances.mean(axis=1)
    return Errors(
        mse=(relative**2).mean(axis=(1, 2)),
        pixels=mean_distances,
        nme=mean_distances / apart,
    )
