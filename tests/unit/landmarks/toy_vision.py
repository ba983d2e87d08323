"""A vision that is right by construction: faces are bright squares on black."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.builders import at
from vitrine.bus import Received, Record
from vitrine.faces.models import FaceModels
from vitrine.schemas import FrameMeta
from vitrine.vision.crop import (
    INPUT_SIZE,
    MARGIN,
    Image,
)
from vitrine.vision.detectors import (
    Detections,
    FaceScore,
    Trust,
)
from vitrine.vision.embedding import Embedder
from vitrine.vision.expression_classes import (
    CLASSES,
    NEUTRAL,
    ExpressionClassifier,
)
from vitrine.vision.pose import mean_shape
from vitrine.vision.quality import QualityScore

Array = NDArray[np.float32]
Square = tuple[float, float, float]
"""Centre x, y and side, in pixels."""

FIVE: Final = np.array(
    [[-0.22, -0.2], [0.22, -0.2], [0, 0.05], [-0.16, 0.25], [0.16, 0.25]], np.float32
)
"""(5, 2): eyes, nose and mouth corners from the middle of a square, in sides."""


def _unit_shape() -> NDArray[np.float64]:
    front = mean_shape()[:, :2]
    low = front.min(axis=0)
    high = front.max(axis=0)
    middle = (low + high) / 2
    return np.asarray((front - middle) / (high - low).max())


SHAPE: Final = _unit_shape()
"""(68, 2): the mean face within ±0.5."""


def picture(*squares: Square, width: int = 320, height: int = 240) -> Image:
    """Return bright squares on black; they may reach over the edge."""
    image = np.zeros((height, width, 3), np.uint8)
    for x, y, side in squares:
        low = (round(x - side / 2), round(y - side / 2))
        high = (round(x + side / 2), round(y + side / 2))
        cv2.rectangle(image, low, high, (200, 200, 200), cv2.FILLED)
    return image


def jpeg(image: Image) -> bytes:
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return encoded.tobytes()


def frame(
    seconds: float = 0.0,
    *squares: Square,
    camera: str = "north-1",
    stand: str = "north",
    body: bytes | None = None,
    partition: int = 0,
    size: tuple[int, int] = (320, 240),
    live: bool = False,
    ended: bool = False,
) -> Received[FrameMeta]:
    """Return a frame taken `seconds` after T0_NS, as read from the bus."""
    width, height = size
    meta = FrameMeta(
        camera_id=camera,
        stand_id=stand,
        captured_at_ns=at(seconds),
        width=width,
        height=height,
        live=live,
        ended=ended,
    )
    if body is None:
        body = jpeg(picture(*squares, width=width, height=height))
    record = Record("frames", partition, 0, camera, body, {}, at(seconds))
    return Received(meta, record)


class SquareDetector:
    """Find bright squares, and count the calls."""

    trust = Trust(start=0.6, sure=0.9)
    side = 640

    def __init__(self) -> None:
        self.calls = 0

    def detect(self, image: Image) -> Detections:
        self.calls += 1
        mask = (image[..., 0] > 100).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        boxes = stats[1:count, :4].astype(np.float32)
        if not len(boxes):
            return Detections.none()
        low = boxes[:, None, :2]
        sides = boxes[:, None, 2:]
        five = low + sides / 2 + FIVE * sides[..., :1]
        scores = np.full(len(boxes), 0.95, np.float32)
        return Detections(boxes, scores, five)


class SquareLandmarks:
    """Lay the mean shape over what is bright in each crop, and note how many crops came at once."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, batch: Array) -> Sequence[Array]:
        self.batches.append(len(batch))
        shapes = [_shape_over(crop[0] > 0) for crop in batch]
        return [np.stack(shapes).astype(np.float32)]


def _shape_over(bright: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return 136 coordinates as the network gives them; over the middle when nothing is bright."""
    rows, columns = np.nonzero(bright)
    if not len(rows):
        return np.asarray(SHAPE * 2 / MARGIN).reshape(-1)
    centre = np.array([columns.mean(), rows.mean()]) - (INPUT_SIZE - 1) / 2
    pixels = centre + SHAPE * np.ptp(rows)
    return np.asarray(pixels * 2 / INPUT_SIZE).reshape(-1)


class Brightness:
    """Stand in for the face network: the mean brightness of a cut is the probability of a face."""

    def run(self, batch: Array) -> Sequence[Array]:
        face = np.clip(batch.mean(axis=(1, 2, 3)) / 200, 0, 1)
        offsets = np.zeros((len(batch), 4), np.float32)
        return [offsets, np.stack([1 - face, face], axis=1)]


class SameQuality:
    """Stand in for the quality network: all views are equally good."""

    def __init__(self, quality: float) -> None:
        self._quality = quality

    def run(self, batch: Array) -> Sequence[Array]:
        return [np.full((len(batch), 1), self._quality, np.float32)]


class LessAndLessNeutral:
    """Stand in for the expression network: each cut is 0.1 less neutral than the one before."""

    def __init__(self) -> None:
        self._seen = 0

    def run(self, batch: Array) -> Sequence[Array]:
        logits = np.full((len(batch), len(CLASSES)), -20, np.float32)
        for row in logits:
            neutral = 1 - 0.1 * self._seen
            row[NEUTRAL] = np.log(neutral)
            row[NEUTRAL + 1] = np.log(1 - neutral + 1e-6)
            self._seen += 1
        return [logits]


class SameEmbedding:
    """Stand in for the embedding network: everybody looks alike."""

    def run(self, batch: Array) -> Sequence[Array]:
        vector = np.arange(128, dtype=np.float32)
        return [np.tile(vector, (len(batch), 1))]


def toy_models(
    detector: SquareDetector | None = None,
    landmarks: SquareLandmarks | None = None,
    quality: float = 0.9,
    expressions: LessAndLessNeutral | None = None,
) -> FaceModels:
    """Return networks that see bright squares as faces."""
    classifier = None
    if expressions is not None:
        classifier = ExpressionClassifier(expressions)
    return FaceModels(
        detector=detector or SquareDetector(),
        landmarks=landmarks or SquareLandmarks(),
        face_score=FaceScore(Brightness()),
        quality=QualityScore(SameQuality(quality)),
        embedder=Embedder(SameEmbedding(), "toy"),
        expressions=classifier,
    )
