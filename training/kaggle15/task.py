"""Training on the competition's rows: masked mean squared error, and RMSE in pixels."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from training.batches import answers
from training.config import RunConfig
from training.datasets import fifteen
from training.kaggle15.data import (
    BOTH,
    Rows,
    Sources,
    as_source,
    divided,
    network_input,
    prepared,
    rmse,
    targets,
    to_pixels,
)
from training.kaggle15.derive import FOUR, SQUARE
from training.kaggle15.files import SIDE, KeypointRow, read_groups, read_training
from training.studies.networks import NETWORKS
from training.studies.transforms import Recipe, drawn
from training.task import Batch, Product, Sample, Task

Network = Literal["custom", "lenet", "heatmap"]


class Config(RunConfig):
    """Hold the settings of a run on the competition's files."""

    folder: Path
    """With training.csv; of derived files also groups.csv."""
    network: Network = "heatmap"
    sources: Sources = "heads"
    """`complete` drops rows that miss a point, `filled` fills them, `masked` learns what is known,
    `heads` besides gives each source of annotations a head of its own."""
    fill: str = "regression"
    """One of `missing.FILLS`, for `filled`."""
    rotation: float = 12
    """Degrees; the competition's heads are near upright."""
    weight_decay: float = 0
    average: float = 0.99


class KeypointTask(Task):
    """Teach a network of the studies the points of 96×96 grey pictures."""

    metric = "rmse"
    better: Literal["lower", "higher"] = "lower"

    def __init__(
        self,
        config: Config,
        rows: Sequence[KeypointRow] | None = None,
    ) -> None:
        self._config = config
        self._rows = rows
        self._heads = config.sources == "heads"
        self._count = BOTH if self._heads else fifteen.COUNT
        recipe = Recipe(
            SIDE,
            torch.from_numpy(_mirror(self._count)),
            config.rotation,
            grey=True,
            offset=4,
        )
        self._training = recipe.training()
        self.product = Product(
            f"kaggle15_{config.network}.onnx",
            (1, SIDE, SIDE),
            ("points",),
            square=SQUARE,
        )

    @cached_property
    def _parts(self) -> tuple[Rows, Rows]:
        folder = self._config.folder
        rows = self._rows or read_training(folder).rows
        return divided(rows, read_groups(folder))

    @cached_property
    def _learnt(self) -> Rows:
        training, _ = self._parts
        rows = prepared(training, self._config.sources, self._config.fill)
        return Rows(rows.pictures, targets(rows.points, heads=self._heads))

    def network(self) -> nn.Module:
        return NETWORKS[self._config.network].build(SIDE, self._count)

    def order(self, rng: Generator) -> NDArray[np.integer]:
        return rng.permutation(len(self._learnt.pictures))

    def sample(self, index: int, rng: Generator) -> Sample:
        """See Task. A picture (1, 96, 96) in −1…1, and points in network coordinates or NaN."""
        picture = torch.from_numpy(self._learnt.pictures[index])[None]
        # Torchvision counts from the picture's edge, the files from the first pixel's middle.
        points = torch.from_numpy(self._learnt.points[index]) + 0.5
        seen, moved = drawn(
            self._training,
            picture,
            points,
            rng,
        )
        inside = moved.as_subclass(Tensor) / (SIDE / 2) - 1
        return seen.numpy(), inside.numpy()

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task. Mean squared error of the known coordinates, in half pictures."""
        pictures, points = batch
        known = ~points.isnan()
        found = network(pictures).view_as(points)
        off = found[known] - points[known]
        loss: Tensor = off.square().mean()
        return loss

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """See Task. RMSE in pixels of what is known, of both sources and of each."""
        _, chosen = self._parts
        found = located(network, chosen.pictures, device)
        second = chosen.is_second
        answer = as_source(found, second)
        return {
            "rmse": rmse(answer, chosen.points),
            "rmse_15": rmse(answer[~second], chosen.points[~second]),
            "rmse_4": rmse(answer[second], chosen.points[second]),
        }


def located(
    network: nn.Module,
    pictures: NDArray[np.uint8],
    device: torch.device,
) -> NDArray[np.float32]:
    """Return the points of pictures (n, 96, 96) in pixels, (n, 15 or 19, 2).

    Each is the mean of what the network says of a picture and of its mirror image.
    """
    found = _answers(network, pictures, device)
    mirrored = np.ascontiguousarray(pictures[..., ::-1])
    seen_mirrored = _answers(network, mirrored, device)
    order = _mirror(found.shape[1])
    back = seen_mirrored[:, order]
    back[..., 0] *= -1
    mean = np.asarray((found + back) / 2, np.float32)
    return to_pixels(mean)


def _answers(
    network: nn.Module,
    pictures: NDArray[np.uint8],
    device: torch.device,
) -> NDArray[np.float32]:
    """Return the points of pictures (n, 96, 96) in network coordinates, (n, 15 or 19, 2)."""
    inputs = torch.from_numpy(network_input(pictures))
    outputs = answers(
        network,
        inputs,
        device,
        64,
    )
    flat = outputs.float().numpy()
    return flat.reshape(len(pictures), -1, 2)


def _mirror(count: int) -> NDArray[np.intp]:
    """Return the mirror order of 15 points, or of both heads' points."""
    if count == fifteen.COUNT:
        return fifteen.MIRROR
    second = [FOUR.index(_twin(name)) + fifteen.COUNT for name in FOUR]
    return np.concatenate([fifteen.MIRROR, second])


def _twin(name: str) -> str:
    """Return which of the four points the mirror image shows in a point's place."""
    place = fifteen.NAMES.index(name)
    other = int(fifteen.MIRROR[place])
    return fifteen.NAMES[other]


def build(
    config: Config,
    rows: Sequence[KeypointRow] | None = None,
) -> KeypointTask:
    """Return the task of a configuration; rows that are not given are read when first needed."""
    return KeypointTask(config, rows)
