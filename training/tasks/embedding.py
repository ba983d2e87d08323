"""Training of the embedding network: the public teacher, made thinner, learns to see through bad views.

The target of a face lies halfway between the teacher's vectors of its clean view and of that view mirrored.
The network sees degraded views. Three terms: 1 − cosine to the target; the cosines among the faces of a batch
as the targets have them (relational distillation, Park et al. 2019, arXiv:1904.05068); which of all people it
is, by a softmax over cosines to centroids with an additive margin (Wang et al. 2018, arXiv:1801.05599).
"""

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

from training.aligned import AlignedFaces, Pictures, jittered, read_aligned
from training.config import RunConfig, Source
from training.degradation import degraded, far
from training.export import Product
from training.likeness import best_accuracy, pair_scores, tar_at
from training.networks.embedding import load_teacher
from training.pruning import prune
from training.trainer import Batch, Sample
from vitrine.vision.embedding import SIDE, Embedder, embedding_input
from vitrine.vision.models import EMBEDDING_FILE
from vitrine.vision.networks import load_network

SCALE: Final = 32.0
MARGIN: Final = 0.2
FITTED: Final = 128
"""Pictures that the pruned blocks are fitted on."""
FAR: Final = 1e-3
PICTURES: Final = 12
"""Of a person, in validation."""
VALIDATION_PIXELS: Final = (20, 28, 40)
"""Size of the faces of the degraded validation views, in turn."""


class Config(RunConfig):
    task: Literal["embedding"]
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


class EmbeddingTask:
    """Faces as unit vectors."""

    metric: Final = "tar"
    better: Final = "higher"
    product: Final = Product(EMBEDDING_FILE, (3, SIDE, SIDE), ("embedding",))

    def __init__(self, config: Config) -> None:
        self._config = config
        self._device_prototypes: Tensor | None = None

    @cached_property
    def _train(self) -> AlignedFaces:
        return read_aligned(self._config.people, self._config.faces, "train")

    @cached_property
    def _targets(self) -> NDArray[np.float32]:
        return teacher_targets(
            self._config.teacher, self._train.upright, self._config.run / "targets.npz"
        )

    @cached_property
    def _labels(self) -> NDArray[np.int64]:
        return np.unique(np.asarray(self._train.people), return_inverse=True)[1].astype(
            np.int64
        )

    @cached_property
    def _validation(self) -> "ValidationSet":
        faces = read_aligned(self._config.people, self._config.faces[:1], "validation")
        return ValidationSet(faces.at_most(PICTURES))

    def network(self) -> nn.Module:
        """See Task. The teacher with a share of its channels."""
        every = max(1, len(self._train.people) // FITTED)
        pictures = torch.from_numpy(embedding_input(list(self._train.upright[::every])))
        return prune(load_teacher(self._config.teacher), self._config.keep, pictures)

    def order(self, rng: np.random.Generator) -> NDArray[np.integer]:
        """See Task."""
        assert len(self._targets) == len(
            self._labels
        )  # made here, before batches are prepared elsewhere
        return rng.permutation(len(self._train.people))[: self._config.shown]

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """See Task. A picture (3, 112, 112), its target (128,) and whose it is."""
        picture = self._train.pictures[index]
        if rng.random() < 0.5:
            picture = np.ascontiguousarray(picture[:, ::-1])
        view = degraded(jittered(picture, rng), rng)
        return embedding_input([view])[0], self._targets[index], self._labels[index]

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task."""
        pictures, targets, labels = batch
        vectors = network(pictures).float()
        aligned = 1 - (vectors * targets).sum(dim=1).mean()
        relation = (vectors @ vectors.T - targets @ targets.T).square().mean()
        cosines = vectors @ self._prototypes(vectors.device).T
        logits = SCALE * (
            cosines - MARGIN * functional.one_hot(labels, cosines.shape[1])
        )
        person = functional.cross_entropy(logits, labels)
        total: Tensor = (
            aligned + self._config.relation * relation + self._config.identity * person
        )
        return total

    def _prototypes(self, device: torch.device) -> Tensor:
        """Each person's centroid of targets, (people, 128)."""
        if self._device_prototypes is None:
            sums = np.zeros(
                (self._labels.max() + 1, self._targets.shape[1]), np.float32
            )
            np.add.at(sums, self._labels, self._targets)
            self._device_prototypes = functional.normalize(torch.from_numpy(sums)).to(
                device
            )
        return self._device_prototypes

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """See Task."""
        return self._validation.measure(network, device)


def build(config: Config) -> EmbeddingTask:
    """The task of a configuration."""
    return EmbeddingTask(config)


def teacher_targets(
    teacher: Path, pictures: Pictures, cache: Path
) -> NDArray[np.float32]:
    """Unit vectors (n, 128) halfway between each face's and its mirror's; kept in `cache`."""
    key = hashlib.sha256(teacher.read_bytes())
    key.update(np.ascontiguousarray(pictures).data)
    if cache.exists():
        stored = np.load(cache)
        if str(stored["key"]) == key.hexdigest():
            return np.asarray(stored["targets"])
    embedder = Embedder(load_network(teacher, threads=2), teacher.stem)
    sums = [
        embedder.embed(list(some)) + embedder.embed(list(some[:, :, ::-1]))
        for some in np.array_split(pictures, len(pictures) // 32 + 1)
    ]
    targets = np.concatenate(sums)
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    cache.parent.mkdir(parents=True, exist_ok=True)
    np.savez(cache, targets=targets, key=key.hexdigest())
    return np.asarray(targets, np.float32)


class ValidationSet:
    """People who choose the best weights: all pairs of their pictures, clean, and one of each pair small."""

    def __init__(self, faces: AlignedFaces) -> None:
        self._people = faces.people
        rng = np.random.default_rng(0)
        sizes = np.resize(VALIDATION_PIXELS, len(faces.people))
        small = [
            far(picture, float(s), rng)
            for picture, s in zip(faces.upright, sizes, strict=True)
        ]
        self._views = [
            torch.from_numpy(embedding_input(some))
            for some in (list(faces.upright), small)
        ]

    def measure(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """TAR at FAR 1e-3, the mean of clean and small views; accuracy on clean pairs."""
        with torch.no_grad():
            clean, small = (
                torch.cat(
                    [network(some.to(device)).cpu() for some in torch.split(views, 32)]
                ).numpy()
                for views in self._views
            )
        pairs = pair_scores(clean, self._people)
        bright = tar_at(*pairs, FAR)
        dim = tar_at(*pair_scores(small, self._people), FAR)
        return {
            "tar": (bright + dim) / 2,
            "tar_clean": bright,
            "tar_small": dim,
            "accuracy": best_accuracy(*pairs),
        }
