"""Data of the embedding network: the teacher's vectors, and views of aligned faces."""

import hashlib
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from torch import Tensor, nn

from training.batches import answers
from training.likeness import best_accuracy, pair_scores, tar_at
from training.pictures.aligned import ROOM, WIDE, AlignedFaces, Pictures
from training.pictures.covers import covered
from training.pictures.degradation import far
from vitrine.vision.crop import Image
from vitrine.vision.embedding import SIDE, Embedder, embedding_input
from vitrine.vision.networks import Engine, load_network

Vectors = NDArray[np.float32]

FAR: Final = 1e-3
"""False accept rate at which validation measures: lower ones have too few pairs."""
PICTURES: Final = 12
"""Of a person, in validation, so that the few with hundreds do not decide."""
VALIDATION_PIXELS: Final = (20, 28, 40)
"""Size of the faces of the degraded validation views, in turn: a mall's camera sees no more."""
CHUNK: Final = 32
"""Pictures that the networks see at once here."""


def jittered(picture: Image, rng: Generator) -> Image:
    """Turn, scale and shift (144, 144, 3) to (112, 112, 3) as landmarks err; one in six far.

    The spreads were chosen, not measured.
    """
    # Where landmarks fail, alignment is off by much more than their usual error.
    wild = 1.0
    if rng.random() < 1 / 6:
        wild = 2.5
    angle = wild * rng.normal(0, 3)
    log_size = wild * rng.normal(0, 0.03)
    size = float(np.exp(log_size))
    middle = (WIDE - 1) / 2
    affine = cv2.getRotationMatrix2D((middle, middle), angle, size)
    shift = wild * rng.normal(0, 1.5, 2)
    # The network sees the picture without its room.
    affine[:, 2] = affine[:, 2] + (shift - ROOM)
    view = cv2.warpAffine(
        picture,
        affine,
        (SIDE, SIDE),
        flags=cv2.INTER_LINEAR,
    )
    return np.asarray(view, np.uint8)


def teacher_targets(
    teacher: Path,
    pictures: Pictures,
    cache: Path,
) -> Vectors:
    """Return unit vectors (n, 128) halfway between each face's and its mirror's.

    They are kept in `cache`, and computed anew for another teacher or other pictures.
    """
    key = _key(teacher, pictures)
    if cache.exists():
        stored = np.load(cache)
        if str(stored["key"]) == key:
            return np.asarray(stored["targets"])
    network = load_network(teacher, Engine(threads=2))
    embedder = Embedder(network, teacher.stem)
    targets = _halfway(embedder, pictures)
    cache.parent.mkdir(parents=True, exist_ok=True)
    np.savez(
        cache,
        targets=targets,
        key=key,
    )
    return np.asarray(targets, np.float32)


def _key(teacher: Path, pictures: Pictures) -> str:
    """Return what the targets are made of, as one hash."""
    weights = teacher.read_bytes()
    pixels = np.ascontiguousarray(pictures)
    key = hashlib.sha256(weights)
    key.update(pixels.data)
    return key.hexdigest()


def _halfway(embedder: Embedder, pictures: Pictures) -> Vectors:
    sums: list[Vectors] = []
    # One more, so that no chunk has more pictures and a few pictures are a chunk too.
    chunks = len(pictures) // CHUNK + 1
    for some in np.array_split(pictures, chunks):
        mirrored = some[:, :, ::-1]
        clean_vectors = embedder.embed(list(some))
        # The mirrored view has the same identity; the mean of both is steadier than either.
        mirrored_vectors = embedder.embed(list(mirrored))
        sums.append(clean_vectors + mirrored_vectors)
    targets = np.concatenate(sums)
    lengths = np.linalg.norm(
        targets,
        axis=1,
        keepdims=True,
    )
    targets /= lengths
    return targets


def centroids(targets: Vectors, labels: NDArray[np.int64]) -> Vectors:
    """Return the sum of each person's targets, (people, 128); not of length 1."""
    people = labels.max() + 1
    dimensions = targets.shape[1]
    sums = np.zeros((people, dimensions), np.float32)
    # `sums[labels] += targets` would add only one face of each person.
    np.add.at(sums, labels, targets)
    return sums


class ValidationSet:
    """Hold the people who choose the best weights, in three views.

    All are clean once, and small once. In the third view two of three wear something.
    """

    def __init__(self, faces: AlignedFaces) -> None:
        self._people = faces.people
        upright = list(faces.upright)
        rng = default_rng(0)
        sizes = np.resize(VALIDATION_PIXELS, len(upright))
        small: list[Image] = []
        for picture, size in zip(
            upright,
            sizes,
            strict=True,
        ):
            small_view = far(picture, float(size), rng)
            small.append(small_view)
        # Pairs of both covered, of one and of none: all that meet on one day.
        worn: list[Image] = []
        for place, picture in enumerate(upright):
            view = picture if place % 3 == 0 else covered(picture, rng)
            worn.append(view)
        self._views = {
            "clean": _inputs(upright),
            "small": _inputs(small),
            "covered": _inputs(worn),
        }

    def measure(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """Return TAR at FAR 1e-3 of each view, their mean, and accuracy of the clean one."""
        measured: dict[str, float] = {}
        for name, inputs in self._views.items():
            found = answers(
                network,
                inputs,
                device,
                CHUNK,
            )
            same, different = pair_scores(found.numpy(), self._people)
            measured[f"tar_{name}"] = tar_at(same, different, FAR)
            if name == "clean":
                measured["accuracy"] = best_accuracy(same, different)
        tars = [measured[f"tar_{name}"] for name in self._views]
        measured["tar"] = float(np.mean(tars))
        return measured


def _inputs(pictures: list[Image]) -> Tensor:
    return torch.from_numpy(embedding_input(pictures))
