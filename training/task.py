"""The contract between the trainer and a network: samples, loss, measurements, file."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from vitrine.vision.upright import UprightSquare

Sample = tuple[NDArray[Any], ...]
Batch = Sequence[Tensor]
Places = Sequence[int] | NDArray[np.integer]


@dataclass(frozen=True)
class Product:
    """Describe the ONNX file that a task leaves for the product."""

    file: str
    """Name in models/."""
    shape: tuple[int, int, int]
    """Channels, height and width of the input."""
    outputs: tuple[str, ...]
    any_side: bool = False
    """True where height and width are left open too (multiples of 32)."""
    square: UprightSquare | None = None
    """What the network looks at, where it is not the product's own crop."""


class Task(ABC):
    """Teach one kind of network; each folder of a network has one."""

    metric: str
    """Name of the measurement of `validate` that chooses the best weights."""
    better: Literal["lower", "higher"]
    product: Product

    @abstractmethod
    def network(self) -> nn.Module:
        """Return the network with random weights; called after the seed is set. Reads no data."""

    def first_weights(self, network: nn.Module) -> None:  # noqa: B027 - most begin at random
        """Fill the network before the first round, where that is not left to chance."""

    @abstractmethod
    def order(self, rng: Generator) -> Places:
        """Return which samples an epoch shows, in order; as many in each epoch.

        Data is read here at the latest, before other processes prepare batches.
        """

    @abstractmethod
    def sample(self, index: int, rng: Generator) -> Sample:
        """Return one training sample: arrays that are stacked to a batch.

        May run in another process, and draws only from `rng`.
        """

    @abstractmethod
    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """Return what training makes smaller, a scalar."""

    @abstractmethod
    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """Return measurements on faces that are not trained on."""
