"""Calibrate the four groups of expressions, and measure how far they can be trusted.

python -m benchmarks.expression_groups FERPLUS
    the temperature is fitted on one half of FER2013Valid (by a hash of the name), all figures
    are of the other half
"""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.datasets.ferplus import ExpressionFace, read_ferplus
from vitrine.schemas import EXPRESSION_GROUPS
from vitrine.vision.expression_classes import CLASSES, ExpressionClassifier
from vitrine.vision.expression_groups import (
    GROUP_OF,
    TEMPERATURE,
    grouped,
)
from vitrine.vision.models import EXPRESSION_FILE, model_path
from vitrine.vision.networks import load_network

MEASURED_ON: Final = "FER2013Valid"
BATCH: Final = 256
BINS: Final = 10
TEMPERATURES: Final = np.arange(0.5, 3.01, 0.05)
Values = NDArray[np.float64]
Labels = NDArray[np.int64]


def main() -> None:
    """Print temperature, accuracy and calibration."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    fitting, measuring = halves(arguments.data)
    classifier = ExpressionClassifier(load_network(model_path(EXPRESSION_FILE)))
    shares, labels = answers(classifier, fitting)
    fitted = fit(shares, labels)
    print(
        f"temperature: {fitted:.2f} on {len(labels)} pictures; in use {TEMPERATURE:.2f}"
    )
    shares, labels = answers(classifier, measuring)
    print(f"measured on the other {len(labels)} pictures")
    for name, temperature in (("as it is", 1.0), ("calibrated", TEMPERATURE)):
        probabilities = grouped(shares, temperature)
        print(
            f"  {name:10}  log likelihood {-loss(probabilities, labels):.3f},"
            f" calibration error {calibration_error(probabilities, labels):.3f}"
        )
    print_groups(grouped(shares), labels)


def halves(data: Path) -> tuple[list[ExpressionFace], list[ExpressionFace]]:
    """Return the labelled faces to fit on, and those to measure on."""
    fitting = []
    measuring = []
    for face in read_ferplus(data):
        if face.split != MEASURED_ON or group_of(face) is None:
            continue
        digest = sha256(face.name.encode()).digest()
        if digest[0] % 2:
            fitting.append(face)
        else:
            measuring.append(face)
    return fitting, measuring


def group_of(face: ExpressionFace) -> int | None:
    """Return the group that most voted for; None where nothing has more than half.

    Single votes are left out, "unknown" and "not a face" counted, as for single expressions.
    """
    counted = np.where(face.votes > 1, face.votes, 0)
    votes = np.zeros(len(EXPRESSION_GROUPS))
    for name, count in zip(CLASSES, counted[: len(CLASSES)], strict=True):
        votes[EXPRESSION_GROUPS.index(GROUP_OF[name])] += count
    winner = int(votes.argmax())
    if 2 * votes[winner] > counted.sum():
        return winner
    return None


def answers(
    classifier: ExpressionClassifier, faces: list[ExpressionFace]
) -> tuple[Values, Labels]:
    """Return the network's shares (n, 8), and the groups (n,) that people saw."""
    parts = []
    for start in range(0, len(faces), BATCH):
        images = [face.image() for face in faces[start : start + BATCH]]
        parts.append(classifier.classify(images))
    labels = [group_of(face) for face in faces]
    return np.concatenate(parts).astype(float), np.array(labels)


def fit(shares: Values, labels: Labels) -> float:
    """Return the temperature of least loss."""
    losses = []
    for temperature in TEMPERATURES:
        probabilities = grouped(shares, float(temperature))
        losses.append(loss(probabilities, labels))
    return float(TEMPERATURES[int(np.argmin(losses))])


def loss(probabilities: Values, labels: Labels) -> float:
    """Return the mean negative log likelihood."""
    of_label = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_label, 1e-9)).mean())


def calibration_error(probabilities: Values, labels: Labels) -> float:
    """Return the expected calibration error of the likeliest group, over ten bins."""
    likeliest = probabilities.argmax(axis=1)
    confidence = probabilities.max(axis=1)
    right = likeliest == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    error = 0.0
    for number in range(BINS):
        members = bins == number
        if members.any():
            gap = abs(confidence[members].mean() - right[members].mean())
            error += gap * members.mean()
    return float(error)


def print_groups(probabilities: Values, labels: Labels) -> None:
    """Print accuracy, and of each group how much is found and how much of it is right."""
    likeliest = probabilities.argmax(axis=1)
    accuracy = (likeliest == labels).mean()
    spread = 1.96 * np.sqrt(accuracy * (1 - accuracy) / len(labels))
    print(f"  accuracy {100 * accuracy:.1f} % (± {100 * spread:.1f}, 95 %)")
    print("  group      pictures  found  right  right of those from 0.7 on")
    for place, name in enumerate(EXPRESSION_GROUPS):
        seen = labels == place
        said = likeliest == place
        sure = probabilities[:, place] >= 0.7
        found = (said & seen).sum() / seen.sum()
        right = (said & seen).sum() / said.sum()
        surely = (sure & seen).sum() / sure.sum()
        print(
            f"  {name:10} {seen.sum():8} {100 * found:5.0f} % {100 * right:4.0f} %"
            f" {100 * surely:4.0f} % of {sure.sum()}"
        )


if __name__ == "__main__":
    main()
