"""Training of the landmark network on crops of labelled faces."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from training.augmentation import CachedFace, Views, cached, view
from training.config import RunConfig, Source
from training.datasets.splits import Part, select
from training.export import Product
from training.networks.landmarks import LandmarkNetwork
from training.trainer import Batch, Sample
from training.turning import turned
from vitrine.vision.crop import crop_of_points, cut, network_input, to_network
from vitrine.vision.expression import measure
from vitrine.vision.models import LANDMARKS_FILE
from vitrine.vision.pose import head_pose
from vitrine.vision.shape import Points, outer_eye_distance

RARE: Final = np.array([15.0, 12.0, 0.15, 0.06])
"""What makes a face rarer by one: degrees off in yaw and pitch, gaps of lips and lids in eye distances."""
RAREST: Final = 5.0


class Config(RunConfig):
    task: Literal["landmarks"]
    data: list[Source] = Field(min_length=1)
    size: int = Field(112, ge=32, multiple_of=16)
    """Pixels of the crop."""
    turned: float = Field(0.3, ge=0, le=1)
    """Share of the samples that are turned farther than they were photographed."""
    bent: float = Field(0.6, ge=0, le=1)
    """Share of the samples that are bent, as if somebody else had the face."""
    tracked: float = Field(0.5, ge=0, le=1)
    """Share of the crops that are as the frame before gives them, the others are as a detector does."""


class LandmarksTask:
    """Faces as 68 points in crop coordinates."""

    metric: Final = "nme"
    better: Final = "lower"

    def __init__(self, config: Config) -> None:
        self._size = config.size
        self._turned = config.turned
        self._views = Views(config.size, config.bent, config.tracked)
        self.product = Product(
            LANDMARKS_FILE, (3, config.size, config.size), ("points",)
        )
        sources = load_faces(config, "train")
        self._faces = [
            f
            for source, some in zip(config.data, sources, strict=True)
            for f in some * source.repeat
        ]
        self._weights = rarity([face.points for face in self._faces])
        self._validation = ValidationSet(
            [f for some in load_faces(config, "validation") for f in some], self._size
        )

    def network(self) -> nn.Module:
        """See Task."""
        return LandmarkNetwork(self._size)

    def order(self, rng: np.random.Generator) -> NDArray[np.integer]:
        """See Task. Rare poses and expressions come up to five times as often as common ones."""
        return rng.choice(len(self._faces), len(self._faces), p=self._weights)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """See Task. A picture (3, S, S) and its points (68, 2), NaN where nothing is to be learnt."""
        face = self._faces[index]
        if rng.random() < self._turned:
            face = turned(face, rng) or face
        picture, points = view(face, self._views, rng, self._faces)
        return network_input([picture])[0], points.astype(np.float32)

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task. Mean distance of the points, in half crops."""
        pictures, points = batch
        known = ~points[..., 0].isnan()
        off = network(pictures).view_as(points)[known] - points[known]
        return torch.sqrt(off.square().sum(dim=-1) + 1e-6).mean()

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """See Task."""
        return self._validation.measure(network, device)


def build(config: Config) -> LandmarksTask:
    """The task of a configuration. Raises DatasetError."""
    return LandmarksTask(config)


def load_faces(config: Config, part: Part) -> list[list[CachedFace]]:
    """Decoded cuts of one part, a list for each source."""
    return [
        [cached(face) for face in select(source.read(), part)] for source in config.data
    ]


def rarity(faces: Sequence[Points]) -> NDArray[np.float64]:
    """How often each face is shown, (n,), sum 1: the oftener, the farther from the usual."""
    rows = []
    for points in faces:
        pose = head_pose(points, 256, 256)
        expression = measure(points, pose)
        rows.append((pose.yaw, pose.pitch, expression.mouth_open, expression.eye_open))
    measured = np.array(rows)
    off = np.abs(measured - np.median(measured, axis=0)) / RARE
    weights = np.clip(off.sum(axis=1) - 1, 1, RAREST)
    return np.asarray(weights / weights.sum(), dtype=np.float64)


class ValidationSet:
    """Upright cuts of the faces that choose the best weights."""

    def __init__(self, faces: Sequence[CachedFace], size: int) -> None:
        crops = [crop_of_points(f.points, size) for f in faces]
        self._pictures = torch.from_numpy(
            network_input(
                [cut(f.image, c, size) for f, c in zip(faces, crops, strict=True)]
            )
        )
        self._targets = np.array(
            [to_network(f.points, c, size) for f, c in zip(faces, crops, strict=True)]
        )

    def measure(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """Mean distance of the points over that of the outer eye corners; share of faces above 0.1."""
        with torch.no_grad():
            outputs = [
                network(some.to(device)).cpu()
                for some in torch.split(self._pictures, 64)
            ]
        points = torch.cat(outputs).numpy().reshape(self._targets.shape)
        errors = np.linalg.norm(points - self._targets, axis=-1).mean(
            axis=1
        ) / outer_eye_distance(self._targets)
        return {"nme": float(errors.mean()), "failures": float((errors > 0.1).mean())}
