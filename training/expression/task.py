"""Training of the expression network on what ten people saw in each face.

After Barsoum et al. 2016 (arXiv:1608.01041): the target is the distribution of the votes.
"""

from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from training.config import RunConfig
from training.expression.data import Faces, ValidationSet, read_faces
from training.expression.net import ExpressionNetwork
from training.expression.views import view
from training.task import Batch, Product, Sample, Task
from vitrine.vision.expression_classes import CLASSES, SIDE, expression_input
from vitrine.vision.models import EXPRESSION_FILE


class Config(RunConfig):
    """Hold the settings of a round of the expression network."""

    data: Path
    """FER+: folder or zip archive."""
    # Chosen, not measured.
    dropout: float = Field(
        0.3,
        ge=0,
        lt=1,
    )


class ExpressionTask(Task):
    """Teach a network to give the share of each expression in the votes on a face."""

    metric = "accuracy"
    better: Literal["lower", "higher"] = "higher"
    product = Product(EXPRESSION_FILE, (1, SIDE, SIDE), ("logits",))

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def _faces(self) -> Faces:
        return read_faces(self._config.data)

    @cached_property
    def _validation(self) -> ValidationSet:
        return ValidationSet(self._faces.choosing)

    def network(self) -> nn.Module:
        return ExpressionNetwork(len(CLASSES), self._config.dropout)

    def order(self, rng: Generator) -> NDArray[np.integer]:
        """See Task. Each face once."""
        count = len(self._faces.images)
        return rng.permutation(count)

    def sample(self, index: int, rng: Generator) -> Sample:
        """See Task. A picture (1, 48, 48) and the shares of the votes (8,)."""
        image = self._faces.images[index]
        picture = view(image, rng)
        inputs = expression_input([picture])
        shares = self._faces.shares[index]
        return inputs[0], shares

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task. Cross-entropy against the shares of the votes."""
        pictures, wanted = batch
        logits = network(pictures)
        return functional.cross_entropy(logits, wanted)

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        return self._validation.measure(network, device)


def build(config: Config) -> ExpressionTask:
    """Return the task of a configuration; faces are read when they are first needed."""
    return ExpressionTask(config)
