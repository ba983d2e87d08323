"""Training of the landmark network on crops of labelled faces."""

from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from training.config import RunConfig, Source
from training.landmarks.data import ValidationSet, load_faces, rarity, training_faces
from training.landmarks.net import LandmarkNetwork
from training.landmarks.views import Views, view
from training.pictures.cuts import CachedFace
from training.pictures.turning import turned
from training.task import Batch, Product, Sample, Task
from vitrine.vision.crop import network_input
from vitrine.vision.models import LANDMARKS_FILE


class Config(RunConfig):
    """Hold the settings of a round of the landmark network."""

    data: list[Source] = Field(min_length=1)
    size: int = Field(
        112,
        ge=32,
        multiple_of=16,
    )
    """Pixels of the crop."""
    turned: float = Field(
        0.3,
        ge=0,
        le=1,
    )
    """Share of the samples that are turned farther than they were photographed."""
    bent: float = Field(
        0.6,
        ge=0,
        le=1,
    )
    """Share of the samples that are bent, as if somebody else had the face."""
    tracked: float = Field(
        0.5,
        ge=0,
        le=1,
    )
    """Share of the crops that are as the frame before gives them; the others as a detector does."""


class LandmarksTask(Task):
    """Teach a network to give faces as 68 points in crop coordinates."""

    metric = "nme"
    better: Literal["lower", "higher"] = "lower"

    def __init__(self, config: Config) -> None:
        self._config = config
        self._views = Views(config.size, config.bent, config.tracked)
        shape = (3, config.size, config.size)
        self.product = Product(LANDMARKS_FILE, shape, ("points",))

    @cached_property
    def _faces(self) -> list[CachedFace]:
        return training_faces(self._config.data)

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        points = [face.points for face in self._faces]
        return rarity(points)

    @cached_property
    def _validation(self) -> ValidationSet:
        faces: list[CachedFace] = []
        for some in load_faces(self._config.data, "validation"):
            faces += some
        return ValidationSet(faces, self._config.size)

    def network(self) -> nn.Module:
        return LandmarkNetwork(self._config.size)

    def order(self, rng: Generator) -> NDArray[np.integer]:
        """See Task. Rare poses and expressions come up to five times as often as common ones."""
        count = len(self._faces)
        return rng.choice(
            count,
            count,
            p=self._weights,
        )

    def sample(self, index: int, rng: Generator) -> Sample:
        """See Task. A picture (3, S, S) and its points (68, 2), NaN where nothing is learnt."""
        face = self._faces[index]
        if rng.random() < self._config.turned:
            face = turned(face, rng) or face
        picture, points = view(
            face,
            self._views,
            rng,
            self._faces,
        )
        inputs = network_input([picture])
        return inputs[0], points.astype(np.float32)

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task. Mean distance of the points, in half crops."""
        pictures, points = batch
        known = ~points[..., 0].isnan()
        guessed = network(pictures).view_as(points)
        off = guessed[known] - points[known]
        squared = off.square().sum(dim=-1)
        # The small number keeps the slope of the root finite where a point is hit exactly.
        distances = torch.sqrt(squared + 1e-6)
        return distances.mean()

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        return self._validation.measure(network, device)


def build(config: Config) -> LandmarksTask:
    """Return the task of a configuration; faces are read when they are first needed."""
    return LandmarksTask(config)
