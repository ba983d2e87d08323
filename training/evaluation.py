"""How good the landmark weights are: on each published split, and on people that training never saw."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from training.datasets.faces import LabelledFace
from training.datasets.splits import select
from vitrine.vision.crop import Crop, Image, crop_of_box, crop_of_points, cut, network_input, to_frame
from vitrine.vision.detectors import Detections
from vitrine.vision.networks import Network
from vitrine.vision.shape import outer_eye_distance

Detect = Callable[[Image], Detections]

LEAKING = "test"
"""The published split that repeats the people, videos and file names of its training split."""


@dataclass(frozen=True)
class Figures:
    """Means over the faces of one set."""

    faces: int
    people: int
    """Or photos, where people have no names."""
    mse: float
    """Of coordinates divided by the width and height of the picture."""
    nme: float
    """Distance of the points over the distance of the outer eye corners (300-W)."""
    failures: float
    """Share of the faces whose own NME is above 0.1."""
    missed: int
    """Faces that the detector did not find; they are in no other figure."""


@dataclass(frozen=True)
class Errors:
    """Of one face; None throughout when the detector missed it."""

    face: LabelledFace
    mse: float | None
    nme: float | None


def evaluate(faces: Sequence[LabelledFace], network: Network, detect: Detect | None) -> dict[str, Figures]:
    """Figures of all, of each split and of the held-out people. Crops come from the labels or a detector."""
    errors = [
        error_of(face, network, detect) for face in track(faces, "evaluate", console=Console(stderr=True))
    ]
    held_out = {face.name for face in select(list(faces), "held-out")}
    sets = {"all": errors}
    sets |= {
        split: [e for e in errors if e.face.split == split] for split in sorted({f.split for f in faces})
    }
    sets["held-out"] = [e for e in errors if e.face.name in held_out]
    return {name: figures(some) for name, some in sets.items() if some}


def error_of(face: LabelledFace, network: Network, detect: Detect | None) -> Errors:
    """The errors of one face in its picture."""
    image = face.image()
    crop = crop_of_points(face.points) if detect is None else detected_crop(image, face.points, detect)
    if crop is None:
        return Errors(face, None, None)
    found = to_frame(network.run(network_input([cut(image, crop)]))[0], [crop])[0]
    offsets = found - face.points
    height, width = image.shape[:2]
    mse = float(np.mean((offsets / (width, height)) ** 2))
    return Errors(
        face, mse, float(np.mean(np.linalg.norm(offsets, axis=1)) / outer_eye_distance(face.points))
    )


def detected_crop(image: Image, points: NDArray[np.floating], detect: Detect) -> Crop | None:
    """The crop of the detection nearest to the labelled face; None when none is within half a face of it."""
    found = detect(image)
    if len(found) == 0:
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    away = np.linalg.norm(found.boxes[:, :2] + found.boxes[:, 2:] / 2 - (low + high) / 2, axis=1)
    nearest = int(away.argmin())
    if away[nearest] > (high - low).max() / 2:
        return None
    return crop_of_box(found.boxes[nearest].tolist(), found.five[nearest])


def figures(errors: Sequence[Errors]) -> Figures:
    """Means of one set; NaN where the detector found no face of it."""
    nme = np.array([e.nme for e in errors if e.nme is not None])
    mse = np.array([e.mse for e in errors if e.mse is not None])
    people, missed = len({e.face.group for e in errors}), len(errors) - len(nme)
    if not len(nme):
        return Figures(len(errors), people, np.nan, np.nan, np.nan, missed)
    return Figures(
        len(errors), people, float(mse.mean()), float(nme.mean()), float(np.mean(nme > 0.1)), missed
    )


def show(results: dict[str, Figures]) -> None:
    """Prints a table."""
    table = Table("set", "faces", "people", "MSE", "NME", "NME > 0.1", "missed")
    for name, f in results.items():
        label = f"{name} (leaking)" if name == LEAKING else name
        row = f"{f.faces}", f"{f.people}", f"{f.mse:.6f}", f"{f.nme:.4f}", f"{f.failures:.1%}", f"{f.missed}"
        table.add_row(label, *row)
    Console().print(table)


def write_json(results: dict[str, Figures], path: Path) -> None:
    """The same figures as one object a set."""
    path.write_text(
        json.dumps({name: asdict(f) for name, f in results.items()}, indent=2) + "\n", encoding="utf-8"
    )
