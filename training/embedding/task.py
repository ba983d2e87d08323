"""Training of the embedding network: the public teacher, made thinner, learns to see bad views.

The target of a face lies halfway between the teacher's vectors of its clean view and of that view
mirrored. The network sees degraded views. Three terms: 1 − cosine to the target; the cosines among
the faces of a batch as the targets have them (relational distillation, Park et al. 2019,
arXiv:1904.05068); which of all people it is, by a softmax over cosines to centroids with an
additive margin (Wang et al. 2018, arXiv:1801.05599).
"""

from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from training.config import RunConfig, Source
from training.embedding.data import (
    PICTURES,
    ValidationSet,
    Vectors,
    centroids,
    jittered,
    teacher_targets,
)
from training.embedding.net import EmbeddingNetwork, read_network
from training.embedding.pruning import prune
from training.pictures.aligned import AlignedFaces, read_aligned
from training.pictures.covers import covered
from training.pictures.degradation import degraded
from training.task import Batch, Product, Sample, Task
from vitrine.vision.embedding import SIDE, embedding_input
from vitrine.vision.models import EMBEDDING_FILE

SCALE: Final = 32.0
"""Of the cosines in the softmax over people: Wang et al. take 30."""
MARGIN: Final = 0.2
"""Subtracted from the cosine to the own centroid.

Wang et al. take 0.35; smaller here, where most people have one photo. Chosen, not measured.
"""
FITTED: Final = 128
"""Pictures that the pruned blocks are fitted on."""


class Config(RunConfig):
    """Hold the settings of a round of the embedding network."""

    teacher: Path
    """The public MobileFaceNet file."""
    keep: float = Field(gt=0, le=1)
    """Share of the teacher's channels within its blocks."""
    people: Path
    """A folder or zip archive of aligned faces, 144 pixels, by person."""
    faces: list[Source] = Field(default_factory=list)
    """Sets with 68 points."""
    shown: int = Field(ge=1)
    """Faces that an epoch shows, at most."""
    relation: float = Field(ge=0)
    """Weight of the cosines among faces; that of 1 − cosine is 1."""
    identity: float = Field(ge=0)
    """Weight of the softmax over people."""
    covered: float = Field(0, ge=0, le=1)
    """Share of the views that wear a mask or glasses."""


class EmbeddingTask(Task):
    """Teach a network to give faces as unit vectors."""

    metric = "tar"
    better: Literal["lower", "higher"] = "higher"
    product = Product(EMBEDDING_FILE, (3, SIDE, SIDE), ("embedding",))

    def __init__(self, config: Config) -> None:
        self._config = config
        self._device_prototypes: Tensor | None = None

    @cached_property
    def _train(self) -> AlignedFaces:
        people = self._config.people
        return read_aligned(people, self._config.faces, "train")

    @cached_property
    def _targets(self) -> Vectors:
        # In the network's folder, for all rounds.
        folder = self._config.run.parent
        cache = folder / "targets.npz"
        pictures = self._train.upright
        return teacher_targets(self._config.teacher, pictures, cache)

    @cached_property
    def _labels(self) -> NDArray[np.int64]:
        people = np.asarray(self._train.people)
        _, labels = np.unique(people, return_inverse=True)
        # torch takes classes as int64 only.
        return labels.astype(np.int64)

    @cached_property
    def _validation(self) -> ValidationSet:
        # The first set alone: photos of the others show nobody twice.
        sources = self._config.faces[:1]
        people = self._config.people
        faces = read_aligned(people, sources, "validation")
        few_each = faces.at_most(PICTURES)
        return ValidationSet(few_each)

    def network(self) -> nn.Module:
        return EmbeddingNetwork(self._config.keep)

    def first_weights(self, network: nn.Module) -> None:
        """See Task. Those of the teacher, less the channels that are cut."""
        # Spread over the whole set, because its first pictures show few people.
        every = max(1, len(self._train.people) // FITTED)
        fitted_on = self._train.upright[::every]
        inputs = embedding_input(list(fitted_on))
        pictures = torch.from_numpy(inputs)
        teacher = read_network(self._config.teacher)
        pruned = prune(
            teacher,
            self._config.keep,
            pictures,
        )
        network.load_state_dict(pruned.state_dict())

    def order(self, rng: Generator) -> NDArray[np.integer]:
        # Both are made here: processes that prepare batches get a copy.
        assert len(self._targets) == len(self._labels)
        count = len(self._train.people)
        order = rng.permutation(count)
        return order[: self._config.shown]

    def sample(self, index: int, rng: Generator) -> Sample:
        """See Task. A picture (3, 112, 112), its target (128,) and whose it is."""
        picture = self._train.pictures[index]
        if rng.random() < 0.5:
            picture = np.ascontiguousarray(picture[:, ::-1])
        if rng.random() < self._config.covered:
            picture = covered(picture, rng)
        misaligned = jittered(picture, rng)
        view = degraded(misaligned, rng)
        inputs = embedding_input([view])
        target = self._targets[index]
        label = self._labels[index]
        return inputs[0], target, label

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        pictures, targets, labels = batch
        vectors = network(pictures).float()
        products = vectors * targets
        to_target = products.sum(dim=1)
        aligned: Tensor = 1 - to_target.mean()
        cosines = vectors @ vectors.T
        wanted_cosines = targets @ targets.T
        off = cosines - wanted_cosines
        relation = off.square().mean()
        person = self._person_loss(vectors, labels)
        weighted_relation = self._config.relation * relation
        weighted_person = self._config.identity * person
        total: Tensor = aligned + weighted_relation + weighted_person
        return total

    def _person_loss(self, vectors: Tensor, labels: Tensor) -> Tensor:
        prototypes = self._prototypes(vectors.device)
        cosines = vectors @ prototypes.T
        people = cosines.shape[1]
        own = functional.one_hot(labels, people)
        with_margin = cosines - MARGIN * own
        logits = SCALE * with_margin
        return functional.cross_entropy(logits, labels)

    def _prototypes(self, device: torch.device) -> Tensor:
        """Return each person's centroid of targets, (people, 128)."""
        # Made once: all batches of a run are on one device.
        if self._device_prototypes is None:
            sums = centroids(self._targets, self._labels)
            prototypes = functional.normalize(torch.from_numpy(sums))
            self._device_prototypes = prototypes.to(device)
        return self._device_prototypes

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        return self._validation.measure(network, device)


def build(config: Config) -> EmbeddingTask:
    """Return the task of a configuration; faces are read when they are first needed."""
    return EmbeddingTask(config)
