"""Training of a study's network under the one protocol: Adam, MSE, best checkpoint, resume."""

from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field, field_validator
from torch import Tensor, nn
from torch.nn import functional

from training.batches import answers
from training.config import RunConfig, Source
from training.datasets import fifteen
from training.datasets.splits import Part
from training.studies.data import (
    SQUARE,
    Errors,
    Split,
    StudyFace,
    chosen_faces,
    errors_of,
    study_face,
    to_network,
)
from training.studies.networks import NETWORKS, imagenet_file, load_imagenet
from training.studies.transforms import Recipe, drawn
from training.task import Batch, Product, Sample, Task
from vitrine.vision.shape import EYE_OUTER_LEFT, EYE_OUTER_RIGHT, MIRROR


class Config(RunConfig):
    """Hold the settings of a study's run."""

    name: str
    """Of the network, in the registry."""
    data: list[Source] = Field(min_length=1)
    split: Split = "people"
    points: Literal[15, 68] = 68
    size: int = Field(
        96,
        ge=32,
        multiple_of=16,
    )
    """Pixels of the network's picture."""
    rotation: float = Field(
        20,
        ge=0,
        le=90,
    )
    """Degrees that samples are turned by at most; the study has 90."""
    grey: bool = False
    weight_decay: float = 0
    """Without it, AdamW is Adam."""
    average: float = 0.99

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in NETWORKS:
            raise ValueError(f"{name!r} is none of {', '.join(NETWORKS)}")
        return name


class StudyTask(Task):
    """Teach a network of the registry to give the points of a face."""

    metric = "mse"
    better: Literal["lower", "higher"] = "lower"

    def __init__(self, config: Config) -> None:
        self._config = config
        mirror = MIRROR
        self._eyes = (EYE_OUTER_LEFT, EYE_OUTER_RIGHT)
        if config.points == fifteen.COUNT:
            mirror = fifteen.MIRROR
            self._eyes = fifteen.OUTER_EYES
        recipe = Recipe(
            config.size,
            torch.from_numpy(mirror),
            config.rotation,
            config.grey,
            # A twentieth of the side: as far as detectors are off.
            offset=config.size // 20,
        )
        self._training = recipe.training()
        self._measuring = recipe.measuring()
        channels = 1 if config.grey else 3
        self.product = Product(
            f"{config.name}_{config.points}_{config.size}.onnx",
            (channels, config.size, config.size),
            ("points",),
            square=SQUARE,
        )

    def _faces(self, part: Part) -> list[StudyFace]:
        config = self._config
        chosen = chosen_faces(config.data, config.split, part)
        return [study_face(face, config.size, config.points) for face in chosen]

    @cached_property
    def _trained_on(self) -> list[StudyFace]:
        return self._faces("train")

    @cached_property
    def _choosing(self) -> "MeasuredFaces":
        return self.measured("validation")

    def measured(self, part: Part) -> "MeasuredFaces":
        """Return the faces of a part, ready to be measured on. Raises DatasetError."""
        faces = self._faces(part)
        pictures = []
        points = []
        rng = np.random.default_rng(0)
        for face in faces:
            picture, seen = drawn(
                self._measuring,
                face.image,
                face.points,
                rng,
            )
            pictures.append(picture.as_subclass(Tensor))
            points.append(to_network(seen.as_subclass(Tensor), self._config.size))
        return MeasuredFaces(
            faces,
            torch.stack(pictures),
            torch.stack(points),
            self._config.size,
            self._eyes,
        )

    @property
    def start(self) -> str:
        """Tell where the first weights come from."""
        return "ImageNet" if imagenet_file(self._config.name) else "scratch"

    def network(self) -> nn.Module:
        entry = NETWORKS[self._config.name]
        return entry.build(self._config.size, self._config.points)

    def first_weights(self, network: nn.Module) -> None:
        """See Task. ImageNet's, where the user has them."""
        path = imagenet_file(self._config.name)
        if path:
            load_imagenet(network, path)

    def order(self, rng: Generator) -> NDArray[np.integer]:
        return rng.permutation(len(self._trained_on))

    def sample(self, index: int, rng: Generator) -> Sample:
        """See Task. A picture (C, S, S) in −1…1 and its points (n, 2), network coordinates."""
        face = self._trained_on[index]
        picture, points = drawn(
            self._training,
            face.image,
            face.points,
            rng,
        )
        inside = to_network(points.as_subclass(Tensor), self._config.size)
        return picture.numpy(), inside.numpy()

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task. Mean squared error of the coordinates, in half pictures."""
        pictures, points = batch
        found = network(pictures).view_as(points)
        return functional.mse_loss(found.float(), points)

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        return self._choosing.errors(network, device).means()


class MeasuredFaces:
    """Hold faces without chance in their views."""

    def __init__(
        self,
        faces: list[StudyFace],
        pictures: Tensor,
        points: Tensor,
        size: int,
        eyes: tuple[int, int],
    ) -> None:
        self.faces = faces
        self.pictures = pictures
        self.points = points
        self._size = size
        self._eyes = eyes

    def errors(self, network: nn.Module, device: torch.device) -> Errors:
        """Return the errors of a network on these faces."""
        found = answers(
            network,
            self.pictures,
            device,
            64,
        )
        return errors_of(
            found.view_as(self.points),
            self.points,
            self.faces,
            self._size,
            self._eyes,
        )


def build(config: Config) -> StudyTask:
    """Return the task of a configuration; faces are read when they are first needed."""
    return StudyTask(config)
