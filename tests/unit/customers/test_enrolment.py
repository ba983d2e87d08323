"""A picture becomes the vector of the one face in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.customers.builders import (
    unit,
)
from vitrine.customers.enrolment import LONGEST_SIDE, FaceReader, people_in
from vitrine.errors import Invalid
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections, Trust
from vitrine.vision.embedding import Embedder
from vitrine.vision.pose import mean_shape
from vitrine.vision.quality import GOOD_VIEW, QualityScore

SURE = 0.9


class ToyDetector:
    """Finds faces with the given scores, a fixed share of the picture in size."""

    trust = Trust(start=0.6, sure=SURE)
    side = 640

    def __init__(self, *scores: float, share: float = 0.4, behind: float = 1) -> None:
        self.scores = scores
        self.share = share
        self.behind = behind
        self.shapes: list[tuple[int, ...]] = []

    def detect(self, image: Image) -> Detections:
        self.shapes.append(image.shape)
        count = len(self.scores)
        height, width = image.shape[:2]
        side = self.share * height
        corner = np.array([width / 2 - side / 2, height / 2 - side / 2])
        box = [*corner, side, side]
        five = corner + side * np.array(
            [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.33, 0.8], [0.67, 0.8]]
        )
        boxes = np.array([box] * count, np.float32).reshape(-1, 4)
        # All but the first are so much smaller.
        boxes[1:, 2:] *= self.behind
        return Detections(
            boxes,
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


def face_shape(turned: float = 0) -> list[float]:
    """The mean face's 68 points, as the landmark network gives them; turned by degrees."""
    angle = np.radians(turned)
    x, y, z = mean_shape().T
    points = np.stack([x * np.cos(angle) + z * np.sin(angle), y], axis=1)
    return [float(value) for value in (points * 0.3).ravel()]


def make_reader(
    *scores: float,
    quality: float = 0.9,
    share: float = 0.4,
    turned: float = 0,
    behind: float = 1,
) -> FaceReader:
    return FaceReader(
        detector=ToyDetector(*scores, share=share, behind=behind),
        landmarks=ToyNetwork(*face_shape(turned)),
        quality=QualityScore(ToyNetwork(quality)),
        embedder=Embedder(ToyNetwork(3, 4), "toy"),
    )


def picture(width: int = 320, height: int = 240, light: int = 127) -> Image:
    return np.full((height, width, 3), light, np.uint8)


def test_the_vector_of_one_face_has_length_1() -> None:
    view = make_reader(SURE).read(picture())
    np.testing.assert_allclose(view.vector, [0.6, 0.8], rtol=1e-6)


def test_doubtful_faces_beside_a_sure_one_do_not_count() -> None:
    view = make_reader(0.95, SURE - 0.01).read(picture())
    assert view.vector.shape == (2,)


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


@pytest.mark.parametrize(("behind", "count"), [(0.3, 1), (0.35, 2)])
def test_who_walks_by_far_behind_does_not_count(behind: float, count: int) -> None:
    reader = make_reader(SURE, 0.95, behind=behind)
    if count == 1:
        assert reader.read(picture()).vector.shape == (2,)
    else:
        with pytest.raises(Invalid, match="2 faces"):
            reader.read(picture())


# Quality and advice


@pytest.mark.parametrize(
    ("quality", "good"), [(GOOD_VIEW, True), (GOOD_VIEW - 0.01, False)]
)
def test_a_view_is_good_where_recognition_would_use_it(
    quality: float, good: bool
) -> None:
    assert make_reader(SURE, quality=quality).read(picture()).is_good is good


@pytest.mark.parametrize(
    ("reader", "light", "advice"),
    [
        (make_reader(SURE, share=0.2), 127, "come closer: the face has"),
        (make_reader(SURE), 20, "more light"),
        (make_reader(SURE), 240, "less light"),
        (make_reader(SURE, turned=45), 127, "look into the camera"),
        (make_reader(SURE), 127, "hold still"),
    ],
)
def test_the_advice_says_what_to_do_better(
    reader: FaceReader, light: int, advice: str
) -> None:
    assert reader.read(picture(light=light)).advice.startswith(advice)


# Large pictures


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (320, 240, (240, 320, 3)),
        (1280, 720, (720, 1280, 3)),
        (2560, 1440, (720, 1280, 3)),
        (1440, 2560, (1280, 720, 3)),
        (1281, 400, (400, 1280, 3)),
        (5000, 1, (1, 1280, 3)),
        (1, 5000, (1280, 1, 3)),
    ],
)
def test_a_face_is_looked_for_in_a_picture_of_at_most_1280_pixels(
    width: int, height: int, expected: tuple[int, int, int]
) -> None:
    assert LONGEST_SIDE == 1280
    reader = make_reader(SURE)
    reader.read(picture(width, height))
    assert isinstance(reader.detector, ToyDetector)
    assert reader.detector.shapes == [expected]


def test_a_small_face_of_a_large_picture_is_cut_from_the_whole_one() -> None:
    # A chequered face: in a smaller picture it would be grey.
    large = picture(5120, 2880)
    large[::2, ::2] = 0
    large[1::2, 1::2] = 0
    large[::2, 1::2] = 255
    large[1::2, ::2] = 255
    embedding = ToyNetwork(3, 4)
    reader = FaceReader(
        ToyDetector(SURE, share=0.03),
        ToyNetwork(*face_shape()),
        QualityScore(ToyNetwork(0.9)),
        Embedder(embedding, "toy"),
    )
    reader.read(large)
    (seen,) = embedding.batches
    assert seen.std() > 0.5


def test_of_a_large_face_no_pixels_are_left_out() -> None:
    # Every fourth column is white: sampled, the face would be black or white somewhere.
    large = picture(4800, 3600, light=0)
    large[:, ::4] = 255
    embedding = ToyNetwork(3, 4)
    reader = FaceReader(
        ToyDetector(SURE, share=0.6),
        ToyNetwork(*face_shape()),
        QualityScore(ToyNetwork(0.9)),
        Embedder(embedding, "toy"),
    )
    reader.read(large)
    (seen,) = embedding.batches
    assert seen[0, 0].std() < 0.2


def test_all_networks_see_one_face() -> None:
    landmarks = ToyNetwork(*face_shape())
    quality = ToyNetwork(0.9)
    embedding = ToyNetwork(3, 4)
    reader = FaceReader(
        ToyDetector(SURE), landmarks, QualityScore(quality), Embedder(embedding, "toy")
    )
    reader.read(picture())
    for network, side in ((landmarks, 112), (quality, 56), (embedding, 112)):
        assert [batch.shape for batch in network.batches] == [(1, 3, side, side)]


def test_a_reader_keeps_its_networks() -> None:
    reader = make_reader(SURE)
    with pytest.raises(FrozenInstanceError):
        setattr(reader, "detector", ToyDetector())  # noqa: B010 - mypy knows it cannot
    assert not hasattr(reader, "__dict__")


# People


def test_pictures_that_resemble_each_other_are_of_one_person() -> None:
    front = unit(1, 0, 0)
    left = unit(1, 1, 0)
    right = unit(1, -1, 0)
    somebody = unit(0, 0, 1)
    assert people_in([left, front, right], 0.5) == [0, 0, 0]
    assert people_in([left, right], 0.5) == [0, 1]
    assert people_in([left, somebody, front, somebody], 0.5) == [0, 1, 0, 1]
    assert people_in([front], 0.5) == [0]
