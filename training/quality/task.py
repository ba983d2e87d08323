"""Training of the quality network: the chance that recognition takes a view for its person."""

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

from training.batches import answers
from training.config import RunConfig, Source
from training.datasets.splits import Part
from training.evaluation.quality import measure
from training.pictures.views import Views
from training.quality.data import cached_views, labels_of
from training.quality.net import QualityNetwork
from training.task import Batch, Product, Sample, Task
from vitrine.vision.models import QUALITY_FILE
from vitrine.vision.quality import SIDE, quality_input


class Config(RunConfig):
    """Hold the settings of a round of the quality network."""

    people: Path
    """A folder or zip archive of aligned faces, 144 pixels, by person."""
    faces: list[Source] = Field(default_factory=list)
    """Sets with 68 points, of the same people in other videos."""
    each: int = Field(ge=1)
    """Views of a picture."""
    pictures: int = Field(ge=1)
    """Of a person, at most."""


class QualityTask(Task):
    """Teach a network to give the chance that a view is recognised."""

    metric = "gain"
    better: Literal["lower", "higher"] = "higher"
    product = Product(QUALITY_FILE, (3, SIDE, SIDE), ("quality",))

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def _train(self) -> Views:
        return self._views("train")

    @cached_property
    def _labels(self) -> NDArray[np.float32]:
        return labels_of(self._train)

    @cached_property
    def _validation(self) -> Views:
        return self._views("validation")

    def _views(self, part: Part) -> Views:
        return cached_views(
            self._config.people,
            self._config.faces,
            each=self._config.each,
            pictures=self._config.pictures,
            part=part,
            folder=self._config.run.parent,
        )

    def network(self) -> nn.Module:
        return QualityNetwork()

    def order(self, rng: Generator) -> NDArray[np.integer]:
        # Labels are made here: processes that prepare batches get a copy.
        count = len(self._labels)
        return rng.permutation(count)

    def sample(self, index: int, rng: Generator) -> Sample:
        """See Task. A picture (3, 56, 56) and the chance (1,)."""
        picture = self._train.cuts[index]
        if rng.random() < 0.5:
            picture = picture[:, ::-1]
        # Two pixels: about as far as landmarks err; chosen, not measured.
        shift = rng.integers(-2, 3, 2)
        moved = np.roll(
            picture,
            tuple(shift),
            axis=(0, 1),
        )
        inputs = quality_input([moved])
        # A slice, because the network's answer is a row of one number.
        chance = self._labels[index : index + 1]
        return inputs[0], chance

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task. Cross entropy."""
        assert isinstance(network, QualityNetwork)
        pictures, chances = batch
        logits = network.logit(pictures)
        return functional.binary_cross_entropy_with_logits(logits, chances)

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        cuts = list(self._validation.cuts)
        pictures = torch.from_numpy(quality_input(cuts))
        chances = answers(
            network,
            pictures,
            device,
            256,
        )
        column = chances.numpy()[:, 0]
        scores = column.astype(np.float64)
        figures = measure(self._validation, scores)
        # The others are curves and tables, which a row of metrics.csv has no place for.
        return {
            "gain": figures["gain"],
            "area": figures["area"],
            "rank_correlation": figures["rank_correlation"],
        }


def build(config: Config) -> QualityTask:
    """Return the task of a configuration; views are made when they are first needed."""
    return QualityTask(config)
