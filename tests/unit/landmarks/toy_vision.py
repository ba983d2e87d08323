"""A vision that is right by construction: faces are bright squares on black, and the models see just that."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.builders import at
from vitrine.bus import Received, Record
from vitrine.faces.analysis import Analyser, Recognition
from vitrine.schemas import FrameMeta
from vitrine.vision.crop import INPUT_SIZE, MARGIN, Image
from vitrine.vision.detectors import Detections, FaceScore, Trust
from vitrine.vision.expression_classes import ExpressionClassifier
from vitrine.vision.pose import mean_shape
from vitrine.vision.quality import QualityScore

Array = NDArray[np.float32]
Square = tuple[float, float, float]
"""Centre x, y and side, in pixels."""

SHAPE = (
    mean_shape()[:, :2]
    - (mean_shape()[:, :2].max(axis=0) + mean_shape()[:, :2].min(axis=0)) / 2
)
SHAPE = SHAPE / np.ptp(SHAPE, axis=0).max()
"""(68, 2): the mean face within ±0.5."""


def picture(*squares: Square, width: int = 320, height: int = 240) -> Image:
    """Bright squares; they may reach over the edge."""
    image = np.zeros((height, width, 3), np.uint8)
    for x, y, side in squares:
        low = (round(x - side / 2), round(y - side / 2))
        high = (round(x + side / 2), round(y + side / 2))
        cv2.rectangle(image, low, high, (200, 200, 200), -1)
    return image


def jpeg(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


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
    """A frame taken `seconds` after T0_NS, as read from the bus."""
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
    content = (
        jpeg(picture(*squares, width=width, height=height)) if body is None else body
    )
    return Received(
        meta, Record("frames", partition, 0, camera, content, {}, at(seconds))
    )


class SquareDetector:
    """Finds bright squares; `blind` makes it overlook them all."""

    trust = Trust(start=0.6, sure=0.9)
    side = 640

    def __init__(self, score: float = 0.95) -> None:
        self.score = score
        self.blind = False
        self.calls = 0

    def detect(self, image: Image) -> Detections:
        self.calls += 1
        mask = (image[..., 0] > 100).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        boxes = stats[1:count, :4].astype(np.float32)
        if self.blind or not len(boxes):
            return Detections.none()
        centre = boxes[:, None, :2] + boxes[:, None, 2:] / 2
        side = boxes[:, None, 2:3]
        five = np.array(
            [[-0.22, -0.2], [0.22, -0.2], [0, 0.05], [-0.16, 0.25], [0.16, 0.25]],
            np.float32,
        )
        return Detections(
            boxes, np.full(len(boxes), self.score, np.float32), centre + five * side
        )


class SquareLandmarks:
    """Lays the mean shape over what is bright in each crop, or over the middle when nothing is."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, batch: Array) -> Sequence[Array]:
        self.batches.append(len(batch))
        return [
            np.stack([_shape_over(crop[0] > 0) for crop in batch]).astype(np.float32)
        ]


def _shape_over(bright: NDArray[np.bool_]) -> NDArray[np.float64]:
    rows, columns = np.nonzero(bright)
    points = SHAPE * 2 / MARGIN
    if len(rows):
        centre = np.array([columns.mean(), rows.mean()]) - (INPUT_SIZE - 1) / 2
        points = SHAPE * 2 * np.ptp(rows) / INPUT_SIZE + centre * 2 / INPUT_SIZE
    return np.asarray(points).reshape(-1)


class Brightness:
    """In place of the face network: the mean brightness of a cut, as a probability."""

    def run(self, batch: Array) -> Sequence[Array]:
        bright = np.clip(batch.mean(axis=(1, 2, 3)) / 200, 0, 1)
        return [
            np.zeros((len(batch), 4), np.float32),
            np.stack([1 - bright, bright], axis=1),
        ]


class Alike:
    """In place of the quality network: all views are equally good."""

    def __init__(self, quality: float) -> None:
        self._quality = quality

    def run(self, batch: Array) -> Sequence[Array]:
        return [np.full((len(batch), 1), self._quality, np.float32)]


class Judge:
    """In place of the expression network: each cut it sees is a little less neutral than the one before."""

    def __init__(self) -> None:
        self.seen = 0

    def run(self, batch: Array) -> Sequence[Array]:
        logits = np.full((len(batch), 8), -20, np.float32)
        for row in logits:
            neutral = 1 - 0.1 * self.seen
            row[:2] = np.log([neutral, 1 - neutral + 1e-6])
            self.seen += 1
        return [logits]


def toy_analyser(
    detector: SquareDetector | None = None,
    recognition: Recognition | None = None,
    judge: Judge | None = None,
    quality: float = 0.9,
) -> Analyser:
    expressions = ExpressionClassifier(judge) if judge else None
    found = detector or SquareDetector()
    score = FaceScore(Brightness())
    rated = QualityScore(Alike(quality))
    return Analyser(
        found, SquareLandmarks(), score, rated, recognition, expressions=expressions
    )
