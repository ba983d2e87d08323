"""A picture becomes the vector of the one face in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from numpy.typing import NDArray

from vitrine.customers.enrolment import LONGEST_SIDE, FaceReader, shrunk
from vitrine.errors import Invalid
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections, Trust
from vitrine.vision.embedding import Embedder

SURE = 0.9


class ToyDetector:
    """Finds faces with the given scores, whatever the picture."""

    trust = Trust(start=0.6, sure=SURE)
    side = 640

    def __init__(self, *scores: float) -> None:
        self.scores = scores
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, image: Image) -> Detections:
        self.shapes.append(image.shape)
        count = len(self.scores)
        box = [100, 100, 80, 100]
        five = [[125, 140], [155, 140], [140, 160], [128, 180], [152, 180]]
        return Detections(
            np.array([box] * count, np.float32).reshape(-1, 4),
            np.array(self.scores, np.float32),
            np.array([five] * count, np.float32).reshape(-1, 5, 2),
        )


class ToyNetwork:
    """Answers every input with the same values, and keeps what it was asked."""

    def __init__(self, *answer: float) -> None:
        self.answer = answer
        self.batches: list[NDArray[np.float32]] = []

    def run(self, batch: NDArray[np.float32]) -> Sequence[NDArray[np.float32]]:
        self.batches.append(batch)
        return [np.array([self.answer] * len(batch), np.float32)]


def face_shape() -> list[float]:
    """68 points spread over the crop, as the landmark network gives them."""
    angles = np.linspace(0, 2 * np.pi, 68)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) / 2
    return [float(value) for value in points.ravel()]


def make_reader(*scores: float) -> FaceReader:
    return FaceReader(
        detector=ToyDetector(*scores),
        landmarks=ToyNetwork(*face_shape()),
        embedder=Embedder(ToyNetwork(3, 4), "toy"),
    )


def picture(width: int = 320, height: int = 240) -> Image:
    return np.full((height, width, 3), 127, np.uint8)


def test_the_vector_of_one_face_has_length_1() -> None:
    vector = make_reader(SURE).read(picture())
    np.testing.assert_allclose(vector, [0.6, 0.8], rtol=1e-6)


def test_doubtful_faces_beside_a_sure_one_do_not_count() -> None:
    vector = make_reader(0.95, SURE - 0.01).read(picture())
    assert vector.shape == (2,)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([], "no face in it"),
        ([SURE - 0.01], "no face in it"),
        ([0.95, SURE], "2 faces in it, expected one"),
        ([0.95, 0.95, 0.95], "3 faces in it, expected one"),
    ],
)
def test_a_picture_without_exactly_one_face_is_refused(
    scores: list[float], message: str
) -> None:
    with pytest.raises(Invalid) as refused:
        make_reader(*scores).read(picture())
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (320, 240, (240, 320, 3)),
        (1280, 720, (720, 1280, 3)),
        (2560, 1440, (720, 1280, 3)),
        (1440, 2560, (1280, 720, 3)),
        (1281, 400, (400, 1280, 3)),
    ],
)
def test_a_large_picture_is_shrunk_to_1280_pixels(
    width: int, height: int, expected: tuple[int, int, int]
) -> None:
    assert LONGEST_SIDE == 1280
    assert shrunk(picture(width, height)).shape == expected


def test_faces_are_looked_for_in_the_shrunk_picture() -> None:
    detector = ToyDetector(SURE)
    reader = FaceReader(
        detector,
        ToyNetwork(*face_shape()),
        Embedder(ToyNetwork(3, 4), "toy"),
    )
    reader.read(picture(2560, 1440))
    assert detector.shapes == [(720, 1280, 3)]


def test_a_reader_keeps_its_networks() -> None:
    reader = make_reader(SURE)
    with pytest.raises(FrozenInstanceError):
        setattr(reader, "detector", ToyDetector())  # noqa: B010 - mypy knows it cannot
    assert not hasattr(reader, "__dict__")


def test_both_networks_see_one_face_of_112_pixels() -> None:
    landmarks = ToyNetwork(*face_shape())
    embedding = ToyNetwork(3, 4)
    reader = FaceReader(ToyDetector(SURE), landmarks, Embedder(embedding, "toy"))
    reader.read(picture())
    for network in (landmarks, embedding):
        assert [batch.shape for batch in network.batches] == [(1, 3, 112, 112)]
