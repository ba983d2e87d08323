"""Answers of a trained network: on the test pictures, in a submission, and on any photo."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.datasets.fifteen import COUNT
from training.kaggle15.data import as_source
from training.kaggle15.derive import FOUR, SQUARE, grey_cut
from training.kaggle15.files import ROWS, SIDE, AskedPicture, Question
from training.kaggle15.task import Config, build, located
from training.state import BEST, load_weights
from training.task import Product
from vitrine.errors import ConfigurationError
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector, detect_scaled

SETTINGS: Final = "config.json"
"""Of a run, in its folder."""
CPU: Final = torch.device("cpu")
ORANGE: Final = (31, 80, 232)
"""BGR, as the report's plots."""


@dataclass(frozen=True)
class Trained:
    """Hold a network with its best weights."""

    network: nn.Module
    product: Product

    @classmethod
    def load(cls, run: Path) -> "Trained":
        """Read a run. Raises ConfigurationError where it has no weights yet."""
        settings = run / SETTINGS
        weights = run / BEST
        if not settings.exists() or not weights.exists():
            raise ConfigurationError(
                f"{run} holds no {SETTINGS} and {BEST}: train first,"
                " python -m training kaggle15 train --help"
            )
        config = Config.model_validate_json(settings.read_text(encoding="utf-8"))
        task = build(config)
        network = task.network()
        load_weights(network, weights)
        return cls(network.eval(), task.product)

    def points(
        self,
        pictures: NDArray[np.uint8],
        second: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """Return (n, 15, 2) pixels of (n, 96, 96); `second` are asked as the second source."""
        if second is None:
            second = np.zeros(len(pictures), bool)
        return as_source(located(self.network, pictures, CPU), second)


def answers_to(
    trained: Trained,
    tests: Sequence[AskedPicture],
    questions: Sequence[Question],
) -> dict[int, NDArray[np.float32]]:
    """Return the points of each test picture by ImageId.

    A picture that is asked for no more than the second source's points is answered as that source
    would: who annotated it can be told from the question.
    """
    asked: dict[int, set[int]] = {}
    for question in questions:
        point, _ = question.place
        asked.setdefault(question.image_id, set()).add(point)
    second = [len(asked.get(test.image_id, ())) <= len(FOUR) for test in tests]
    pictures = np.stack([test.picture for test in tests])
    points = trained.points(pictures, np.array(second))
    return {test.image_id: own for test, own in zip(tests, points, strict=True)}


def write_submission(
    answers: Mapping[int, NDArray[np.float32]],
    questions: Sequence[Question],
    output: Path,
) -> tuple[dict[int, float], set[int]]:
    """Write RowId, ImageId, FeatureName and Location, a row a question.

    Return the locations by RowId, and the ImageIds without a readable picture: they get the mean
    of all answers, so that the file stays whole.
    """
    mean = np.mean(list(answers.values()), axis=0)
    locations: dict[int, float] = {}
    unread: set[int] = set()
    with output.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*ROWS, "Location"])
        for question in questions:
            points = answers.get(question.image_id)
            if points is None:
                unread.add(question.image_id)
                points = mean
            value = float(points[question.place])
            locations[question.row_id] = value
            table.writerow(
                [question.row_id, question.image_id, question.feature, f"{value:.4f}"]
            )
    return locations, unread


def rmse_of(
    locations: Mapping[int, float],
    truth: Mapping[int, float],
) -> float:
    """Return the competition's figure over the rows whose truth is known."""
    off = [locations[row] - value for row, value in truth.items() if row in locations]
    return float(np.sqrt(np.square(off).mean()))


def on_photo(
    trained: Trained,
    photo: Image,
    detector: Detector,
) -> tuple[Image, int]:
    """Return a copy of a photo (H, W, 3) BGR with the 15 points of each face, and how many."""
    found = detect_scaled(detector, photo)
    shown = photo.copy()
    for five in found.five:
        crop = SQUARE.crop(five, SIDE)
        points = trained.points(grey_cut(photo, crop)[None])[0]
        back = cv2.invertAffineTransform(crop)
        places = points @ back[:, :2].T + back[:, 2]
        scale = float(np.hypot(*back[:, 0])) * SIDE
        radius = max(2, round(scale / 60))
        for x, y in places[:COUNT]:
            cv2.circle(
                shown,
                (round(float(x)), round(float(y))),
                radius,
                ORANGE,
                -1,
                cv2.LINE_AA,
            )
    return shown, len(found)
