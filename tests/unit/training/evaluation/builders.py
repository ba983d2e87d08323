"""Labelled faces and models that answer what they are told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.builders import face_points
from training.datasets.faces import LabelledFace
from training.datasets.splits import part_of
from training.pictures.boxes import face_box
from vitrine.vision.crop import Image, crop_of_points, to_network
from vitrine.vision.detectors import Detections, Trust
from vitrine.vision.shape import Points, five_points

Array = NDArray[np.float32]
HELD_OUT = next(
    f"Person_{i}" for i in range(100) if part_of(f"Person_{i}") == "held-out"
)
TRAINED = next(f"Person_{i}" for i in range(100) if part_of(f"Person_{i}") == "train")


def picture(
    width: int = 640,
    height: int = 360,
    grey: int = 0,
) -> bytes:
    return cv2.imencode(".png", np.full((height, width, 3), grey, np.uint8))[
        1
    ].tobytes()


def face(
    person: str,
    points: Points,
    split: str = "training",
) -> LabelledFace:
    return LabelledFace(
        f"{split}/{person}_00.jpg", split, person, points.astype(np.float32), picture()
    )


def detections(*found: tuple[Points, float]) -> Detections:
    """Exact boxes and points of faces, with scores."""
    boxes = np.array([face_box(points) for points, _ in found], np.float32).reshape(
        -1, 4
    )
    five = np.array([five_points(points) for points, _ in found], np.float32).reshape(
        -1, 5, 2
    )
    return Detections(boxes, np.array([score for _, score in found], np.float32), five)


@dataclass
class Finding:
    """A detector that finds the same in every picture."""

    found: Detections
    trust: Trust = field(default_factory=lambda: Trust(start=0.5, sure=0.7))
    side: int = 640

    def detect(self, image: Image) -> Detections:
        return self.found


class MeanFace:
    """A landmark network that answers the frontal mean face, whatever it sees."""

    def __init__(self, side: int = 112) -> None:
        self._answer = to_network(
            face_points(), crop_of_points(face_points(), side), side
        )

    def run(self, batch: Array) -> Sequence[Array]:
        return [np.tile(self._answer.reshape(136).astype(np.float32), (len(batch), 1))]
