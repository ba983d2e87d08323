"""Faces with 68 points that the landmark network learns from, and those that choose its weights."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.batches import answers
from training.config import Source
from training.datasets.splits import Part, select
from training.pictures.cuts import CachedFace, cached
from vitrine.vision.crop import Image, crop_of_points, cut, network_input, to_network
from vitrine.vision.expression import measure
from vitrine.vision.pose import head_pose
from vitrine.vision.shape import Points, outer_eye_distance

RARE: Final = np.array([15.0, 12.0, 0.15, 0.06])
"""Deviations that make a face rarer by one; chosen, not measured.

Degrees of yaw and of pitch, gaps of the lips and of the lids in eye distances.
"""
RAREST: Final = 5.0
"""Weight of the rarest faces; more would show a few wild ones in every batch."""
FAILED: Final = 0.1
"""Error from which a face counts as failed, as benchmarks of 68 points (300-W) have it."""
FRAME: Final = 256
"""Side of the frame in which head poses are measured; only their differences count here."""


def load_faces(sources: Sequence[Source], part: Part) -> list[list[CachedFace]]:
    """Return decoded cuts of one part, a list for each source. Raises DatasetError."""
    sets: list[list[CachedFace]] = []
    for source in sources:
        every = source.read()
        faces = select(every, part)
        cuts = [cached(face) for face in faces]
        sets.append(cuts)
    return sets


def training_faces(sources: Sequence[Source]) -> list[CachedFace]:
    """Return the faces of an epoch, each as often as its source says. Raises DatasetError."""
    faces: list[CachedFace] = []
    sets = load_faces(sources, "train")
    for source, some in zip(
        sources,
        sets,
        strict=True,
    ):
        faces += some * source.repeat
    return faces


def rarity(faces: Sequence[Points]) -> NDArray[np.float64]:
    """Return how often each face is shown, (n,), sum 1: the oftener, the farther from the usual."""
    traits = [_traits(points) for points in faces]
    measured = np.array(traits)
    # The median, which a few wild labels do not move.
    usual = np.median(measured, axis=0)
    differences = np.abs(measured - usual)
    deviations = differences / RARE
    off = deviations.sum(axis=1)
    # Less 1, so that a face which differs by two deviations in all still counts as usual.
    rarer = off - 1
    weights = rarer.clip(1, RAREST)
    total = weights.sum()
    return np.asarray(weights / total, np.float64)


def _traits(points: Points) -> list[float]:
    """Return yaw and pitch, and the gaps of the lips and of the lids, as RARE has them."""
    pose = head_pose(points, FRAME, FRAME)
    expression = measure(points, pose)
    return [
        pose.yaw,
        pose.pitch,
        expression.mouth_open,
        expression.eye_open,
    ]


class ValidationSet:
    """Hold upright cuts of the faces that choose the best weights."""

    def __init__(self, faces: Sequence[CachedFace], size: int) -> None:
        pictures: list[Image] = []
        targets: list[Points] = []
        for face in faces:
            # Around the true points: the choice shall not depend on a detector.
            crop = crop_of_points(face.points, size)
            picture = cut(face.image, crop, size)
            target = to_network(face.points, crop, size)
            pictures.append(picture)
            targets.append(target)
        self._pictures = torch.from_numpy(network_input(pictures))
        self._targets = np.array(targets)

    def measure(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """Return the normalised mean error of the points, and the share of faces above 0.1.

        The error of a face is the mean distance of its points over that of the outer eye corners.
        """
        outputs = answers(
            network,
            self._pictures,
            device,
            64,
        )
        flat = outputs.numpy()
        points = flat.reshape(self._targets.shape)
        off = points - self._targets
        distances = np.linalg.norm(off, axis=-1)
        face_distances = distances.mean(axis=1)
        # As 300-W has it, so that errors can be compared with published ones.
        eye_distances = outer_eye_distance(self._targets)
        errors = face_distances / eye_distances
        has_failed = errors > FAILED
        return {
            "nme": float(errors.mean()),
            "failures": float(has_failed.mean()),
        }
