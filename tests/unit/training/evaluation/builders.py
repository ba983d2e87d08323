"""Labelled faces, and models that answer what they are told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.builders import face_points
from training.datasets.faces import LabelledFace
from training.datasets.splits import Part, part_of
from training.pictures.boxes import face_box
from vitrine.vision.crop import Image, crop_of_points, to_network
from vitrine.vision.detectors import Detections, Trust
from vitrine.vision.shape import Points, five_points

Array = NDArray[np.float32]


def person_in(part: Part) -> str:
    """Return the name of somebody whom the split has in this part."""
    people = (f"Person_{number}" for number in range(100))
    return next(person for person in people if part_of(person) == part)


HELD_OUT = person_in("held-out")
TRAINED = person_in("train")


def picture(
    width: int = 640,
    height: int = 360,
    grey: int = 0,
) -> bytes:
    """Return a PNG of one grey."""
    image = np.full((height, width, 3), grey, np.uint8)
    _, encoded = cv2.imencode(".png", image)
    return encoded.tobytes()


def face(
    person: str,
    points: Points,
    split: str = "training",
) -> LabelledFace:
    """Return a labelled face in a black picture."""
    return LabelledFace(
        f"{split}/{person}_00.jpg",
        split,
        person,
        points.astype(np.float32),
        picture(),
    )


def detections(*found: tuple[Points, float]) -> Detections:
    """Return exact boxes and points of faces, with scores."""
    boxes = [face_box(points) for points, _ in found]
    five = [five_points(points) for points, _ in found]
    scores = [score for _, score in found]
    return Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.array(five, np.float32).reshape(-1, 5, 2),
    )


@dataclass
class Finding:
    """Find the same in every picture, as a detector."""

    found: Detections
    trust: Trust = field(default_factory=lambda: Trust(start=0.5, sure=0.7))
    side: int = 640

    def detect(self, image: Image) -> Detections:
        return self.found


class MeanFace:
    """Answer the frontal mean face to every picture, as a landmark network."""

    def __init__(self, side: int = 112) -> None:
        points = face_points()
        crop = crop_of_points(points, side)
        answer = to_network(points, crop, side)
        self._answer = answer.reshape(136).astype(np.float32)

    def run(self, batch: Array) -> Sequence[Array]:
        return [np.tile(self._answer, (len(batch), 1))]
