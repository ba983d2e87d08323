"""Training of the expression network on what ten people saw in each face.

After Barsoum et al. 2016 (arXiv:1608.01041): the target is the distribution of the votes.
"""

from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from training.config import RunConfig
from training.copies import are_copies
from training.datasets.faces import DatasetError
from training.datasets.ferplus import ExpressionFace, majority, read_ferplus
from training.datasets.splits import part_of
from training.export import Product
from training.networks.expression import ExpressionNetwork
from training.trainer import Batch, Sample
from vitrine.vision.crop import Image, crop_at
from vitrine.vision.expression_classes import CLASSES, SIDE, expression_input
from vitrine.vision.models import EXPRESSION_FILE

TRAINED_ON: Final = "FER2013Train"
"""The other parts are measured on, so that nothing is chosen by them."""


class Config(RunConfig):
    task: Literal["expression"]
    data: Path
    """FER+: folder or zip archive."""
    dropout: float = Field(0.3, ge=0, lt=1)


class ExpressionTask:
    """Faces and the share of each expression in the votes on them."""

    metric: Final = "accuracy"
    better: Final = "higher"
    product: Final = Product(EXPRESSION_FILE, (1, SIDE, SIDE), ("logits",))

    def __init__(self, config: Config) -> None:
        self._dropout = config.dropout
        faces = read_ferplus(config.data)
        chosen = [face for face in faces if face.split == TRAINED_ON]
        choosing = [face for face in chosen if part_of(face.name) == "validation"]
        measured = [face for face in faces if face.split != TRAINED_ON]
        trained = [
            face
            for face in chosen
            if part_of(face.name) != "validation" and usable(face.votes)
        ]
        if not trained or not choosing:
            raise DatasetError(
                str(config.data), None, f"holds too little of {TRAINED_ON}"
            )
        images = [face.image() for face in trained]
        copies = are_copies(images, [face.image() for face in (*choosing, *measured)])
        self._images = [
            image for image, copy in zip(images, copies, strict=True) if not copy
        ]
        self._shares = [
            shares(f.votes) for f, copy in zip(trained, copies, strict=True) if not copy
        ]
        self._validation = ValidationSet(choosing)

    def network(self) -> nn.Module:
        """See Task."""
        return ExpressionNetwork(len(CLASSES), self._dropout)

    def order(self, rng: np.random.Generator) -> NDArray[np.integer]:
        """See Task. Each face once."""
        return rng.permutation(len(self._images))

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """See Task. A picture (1, 48, 48) and the shares of the votes (8,)."""
        return expression_input([view(self._images[index], rng)])[0], self._shares[
            index
        ]

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task. Cross-entropy against the shares of the votes."""
        pictures, wanted = batch
        return functional.cross_entropy(network(pictures), wanted)

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """See Task."""
        return self._validation.measure(network, device)


def build(config: Config) -> ExpressionTask:
    """The task of a configuration. Raises DatasetError."""
    return ExpressionTask(config)


def usable(votes: NDArray[np.int64]) -> bool:
    """Whether more people saw some expression than "unknown" or "not a face", single votes ignored."""
    counted = np.where(votes > 1, votes, 0)
    return bool(counted.any()) and int(counted.argmax()) < len(CLASSES)


def shares(votes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Votes (10,) → share of each expression (8,), single votes ignored as the FER+ authors do."""
    counted = np.where(votes > 1, votes, 0)[: len(CLASSES)].astype(np.float32)
    return np.asarray(counted / counted.sum())


class ValidationSet:
    """The faces with a majority label that choose the best weights."""

    def __init__(self, faces: list[ExpressionFace]) -> None:
        labelled = [
            (face, label)
            for face in faces
            if (label := majority(face.votes)) is not None
        ]
        self._pictures = torch.from_numpy(
            expression_input([face.image() for face, _ in labelled])
        )
        self._labels = torch.tensor([label for _, label in labelled])

    def measure(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """Share of faces whose likeliest expression is the majority's, and cross-entropy with it."""
        with torch.no_grad():
            answers = torch.cat(
                [
                    network(some.to(device)).cpu()
                    for some in torch.split(self._pictures, 256)
                ]
            )
        right = (answers.argmax(dim=1) == self._labels).float().mean()
        return {
            "accuracy": float(right),
            "cross_entropy": float(functional.cross_entropy(answers, self._labels)),
        }


def view(image: Image, rng: np.random.Generator) -> Image:
    """A random view of a grey face (48, 48): what another camera, detector or bystander would make of it."""
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
    angle = np.radians(rng.normal(0, 10))
    middle = (SIDE - 1) / 2 + rng.normal(0, 0.04 * SIDE, 2)
    right = np.array([np.cos(angle), np.sin(angle)])
    crop = crop_at(middle, SIDE * float(np.exp(rng.normal(0, 0.1))), right, SIDE)
    picture = cv2.warpAffine(image, crop, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    gamma = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.3))
    picture = cv2.LUT(picture, (255 * gamma).astype(np.uint8))
    return _covered(_camera(np.asarray(picture, dtype=np.uint8), rng), rng)


def _camera(picture: Image, rng: np.random.Generator) -> Image:
    """Few pixels, or sensor noise."""
    kind = rng.random()
    if kind < 0.2:
        few = int(rng.uniform(0.4, 0.8) * SIDE)
        small = cv2.resize(picture, (few, few), interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (SIDE, SIDE)), dtype=np.uint8)
    if kind < 0.35:
        noise = rng.normal(0, rng.uniform(2, 8), picture.shape)
        return np.asarray(np.clip(picture + noise, 0, 255), dtype=np.uint8)
    return picture


def _covered(picture: Image, rng: np.random.Generator) -> Image:
    """In two of five, a grey patch over part of the face (random erasing, arXiv:1708.04896)."""
    if rng.random() < 0.4:
        height, width = (int(v) for v in rng.uniform(0.1, 0.4, 2) * SIDE)
        top, left = (int(v) for v in rng.integers(0, [SIDE - height, SIDE - width]))
        picture[top : top + height, left : left + width] = rng.integers(0, 256)
    return picture
