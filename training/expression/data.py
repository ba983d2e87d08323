"""Data of the expression network: faces, and what ten people saw in each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from training.batches import answers
from training.datasets.faces import DatasetError
from training.datasets.ferplus import ExpressionFace, majority, read_ferplus
from training.datasets.splits import part_of
from training.expression.copies import are_copies
from vitrine.vision.crop import Image
from vitrine.vision.expression_classes import CLASSES, expression_input

Floats = NDArray[np.float32]
Votes = NDArray[np.int64]

TRAINED_ON: Final = "FER2013Train"
"""The other parts are measured on, so that nothing is chosen by them."""
SINGLE: Final = 1
"""Votes that count as none, as the FER+ authors have it: one person in ten errs."""


@dataclass(frozen=True)
class Faces:
    """Hold n faces to train on, and those that choose the weights."""

    images: list[Image]
    """Grey, (48, 48) each."""
    shares: list[Floats]
    """(8,) each."""
    choosing: list[ExpressionFace]


def read_faces(path: Path) -> Faces:
    """Read FER+; leave out copies of what is measured or chooses. Raises DatasetError."""
    trained: list[ExpressionFace] = []
    choosing: list[ExpressionFace] = []
    measured: list[ExpressionFace] = []
    for face in read_ferplus(path):
        if face.split != TRAINED_ON:
            measured.append(face)
        elif part_of(face.name) == "validation":
            choosing.append(face)
        elif usable(face.votes):
            trained.append(face)
    if not trained or not choosing:
        raise DatasetError(str(path), None, f"holds too little of {TRAINED_ON}")
    kept = _without_copies(trained, [*choosing, *measured])
    images: list[Image] = []
    vote_shares: list[Floats] = []
    for face in kept:
        image = face.image()
        of_votes = shares(face.votes)
        images.append(image)
        vote_shares.append(of_votes)
    return Faces(
        images,
        vote_shares,
        choosing,
    )


def _without_copies(
    faces: list[ExpressionFace], others: list[ExpressionFace]
) -> list[ExpressionFace]:
    images = [face.image() for face in faces]
    other_images = [face.image() for face in others]
    copies = are_copies(images, other_images)
    originals = np.flatnonzero(~copies)
    return [faces[place] for place in originals]


def usable(votes: Votes) -> bool:
    """Return True where most saw an expression, not "unknown" or "not a face".

    Single votes are ignored.
    """
    # The two columns after the expressions are "unknown" and "not a face".
    counted = _counted(votes)
    # Ten single votes leave nothing to learn from.
    if not counted.any():
        return False
    most_seen = int(counted.argmax())
    return most_seen < len(CLASSES)


def shares(votes: Votes) -> Floats:
    """Return the share of each expression (8,) in votes (10,); single votes are ignored."""
    counted = _counted(votes)
    of_classes = counted[: len(CLASSES)]
    votes_of_classes = of_classes.astype(np.float32)
    total = votes_of_classes.sum()
    return np.asarray(votes_of_classes / total)


def _counted(votes: Votes) -> Votes:
    """Return the votes (10,) without single ones."""
    return np.where(votes > SINGLE, votes, 0)


class ValidationSet:
    """Hold the faces with a majority label that choose the best weights."""

    def __init__(self, faces: list[ExpressionFace]) -> None:
        images: list[Image] = []
        labels: list[int] = []
        for face in faces:
            label = majority(face.votes)
            if label is None:
                continue
            image = face.image()
            images.append(image)
            labels.append(label)
        self._pictures = torch.from_numpy(expression_input(images))
        self._labels = torch.tensor(labels)

    def measure(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """Return the share of faces whose likeliest expression is the majority's.

        And the cross-entropy with it.
        """
        logits = answers(
            network,
            self._pictures,
            device,
            256,
        )
        likeliest = logits.argmax(dim=1)
        right = likeliest == self._labels
        accuracy = right.float().mean()
        cross_entropy = functional.cross_entropy(logits, self._labels)
        return {
            "accuracy": float(accuracy),
            "cross_entropy": float(cross_entropy),
        }
