"""Training of the quality network: whether recognition would take a view for its person."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from training.aligned import read_aligned
from training.config import RunConfig, Source
from training.datasets.splits import Part
from training.evaluation.models import load_embedder, load_landmarker
from training.evaluation.quality import FMR, measure
from training.export import Product
from training.likeness import threshold_at
from training.networks.quality import QualityNetwork
from training.quality_views import Views, make_views
from training.trainer import Batch, Sample
from vitrine.vision.models import QUALITY_FILE
from vitrine.vision.quality import SIDE, quality_input

SOFTNESS: Final = 0.06
"""Cosine around the threshold in which a view is half recognised: the label's noise is of that size."""


class Config(RunConfig):
    task: Literal["quality"]
    people: Path
    """A folder or zip archive of aligned faces, 144 pixels, by person."""
    faces: list[Source] = Field(default_factory=list)
    """Sets with 68 points, of the same people in other videos."""
    each: int = Field(ge=1)
    """Views of a picture."""
    pictures: int = Field(ge=1)
    """Of a person, at most."""


class QualityTask:
    """A view as the chance that it is recognised."""

    metric: Final = "gain"
    better: Final = "higher"
    product: Final = Product(QUALITY_FILE, (3, SIDE, SIDE), ("quality",))

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def _train(self) -> Views:
        return cached_views(self._config, "train")

    @cached_property
    def _labels(self) -> NDArray[np.float32]:
        threshold = threshold_at(self._train.impostor, FMR)
        return np.asarray(
            1 / (1 + np.exp((threshold - self._train.genuine) / SOFTNESS)), np.float32
        )

    @cached_property
    def _validation(self) -> Views:
        return cached_views(self._config, "validation")

    def network(self) -> nn.Module:
        """See Task."""
        return QualityNetwork()

    def order(self, rng: np.random.Generator) -> NDArray[np.integer]:
        """See Task."""
        return rng.permutation(len(self._labels))

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """See Task. A picture (3, 56, 56) and the chance (1,)."""
        picture = self._train.cuts[index]
        if rng.random() < 0.5:
            picture = picture[:, ::-1]
        moved = np.roll(picture, tuple(rng.integers(-2, 3, 2)), axis=(0, 1))
        return quality_input([moved])[0], self._labels[index : index + 1]

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task. Cross entropy."""
        assert isinstance(network, QualityNetwork)
        return functional.binary_cross_entropy_with_logits(
            network.logit(batch[0]), batch[1]
        )

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """See Task."""
        pictures = torch.from_numpy(quality_input(list(self._validation.cuts)))
        with torch.no_grad():
            scores = torch.cat(
                [network(some.to(device)).cpu() for some in torch.split(pictures, 256)]
            )
        figures = measure(self._validation, scores.numpy()[:, 0].astype(np.float64))
        return {name: figures[name] for name in ("gain", "area", "rank_correlation")}


def build(config: Config) -> QualityTask:
    """The task of a configuration."""
    return QualityTask(config)


def cached_views(config: Config, part: Part) -> Views:
    """The views of one part, by the product's networks; kept in the run's folder."""
    landmarker, landmarks = load_landmarker(None)
    embedder, embedding = load_embedder(None)
    said = config.model_dump_json(include={"people", "faces", "each", "pictures"})
    key = hashlib.sha256(
        f"{said}{landmarks.sha256}{embedding.sha256}".encode()
    ).hexdigest()[:12]
    path = config.run / f"views-{part}-{key}.npz"
    if path.exists():
        return Views.load(path)
    faces = read_aligned(config.people, config.faces, part).at_most(config.pictures)
    views = make_views(faces, config.each, landmarker, embedder)
    path.parent.mkdir(parents=True, exist_ok=True)
    views.save(path)
    return views
