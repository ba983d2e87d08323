"""Training of the face detector on composed tiles."""

from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from training.config import RunConfig
from training.detector_measure import measure
from training.detector_pictures import PictureSettings, collect
from training.export import Product
from training.mined import read_mined, write_mined
from training.networks.detector import DetectorNetwork, flat
from training.targets import FACE, UNKNOWN, targets
from training.tiles import SIDE, Composer, Tile
from training.trainer import Batch, Sample, load_weights
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections, YuNet
from vitrine.vision.detectors.single_shot import detector_input
from vitrine.vision.models import DETECTOR_FILE
from vitrine.vision.networks import load_network

VALIDATION_TILES: Final = 384


class Config(RunConfig, PictureSettings):
    task: Literal["detector"]
    mined: Path | None = None
    """False alarms of the weights in `start` on pictures to train on; written when it is missing."""
    tiles: int = Field(ge=2)
    """In an epoch."""


class DetectorTask:
    """Boxes and five points of all faces in a picture."""

    metric: Final = "precision"
    better: Final = "higher"
    product = Product(
        DETECTOR_FILE,
        (3, SIDE, SIDE),
        ("stride8", "stride16", "stride32"),
        any_side=True,
    )

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def _composer(self) -> Composer:
        pictures = collect(self._config, "train", self._teacher)
        mined = self._config.mined
        if mined is None:
            return pictures.composer()
        if not mined.exists():
            if self._config.start is None:
                raise ValueError(
                    f"{mined} is missing, and there are no weights to start from that could find it"
                )
            network = self.network()
            load_weights(network, self._config.start)
            write_mined(pictures.false_alarms(network, self._teacher), mined)
        return pictures.composer(read_mined(mined))

    @cached_property
    def _validation(self) -> list[Tile]:
        composer = collect(self._config, "validation", self._teacher).composer()
        return [
            composer.tile(np.random.default_rng([1, n]))
            for n in range(VALIDATION_TILES)
        ]

    def _teacher(self, image: Image) -> Detections:
        return self._yunet.detect(image)

    @cached_property
    def _yunet(self) -> YuNet:
        return YuNet(load_network(self._config.teacher))

    def network(self) -> nn.Module:
        """See Task."""
        return DetectorNetwork()

    def order(self, rng: np.random.Generator) -> NDArray[np.integer]:  # noqa: ARG002 - see Task
        """See Task. Every tile is new; pictures are read here, before batches are prepared elsewhere."""
        _ = self._composer
        return np.arange(self._config.tiles)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:  # noqa: ARG002 - see Task
        """See Task. A tile (3, 256, 256), state (cells,) and values (cells, 14) of its cells."""
        return sample_of(self._composer.tile(rng))

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task."""
        pictures, states, values = batch
        return detection_loss(flat(network(pictures)), states, values)

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """See Task. Average precision over all thresholds; recall with one false alarm in twenty tiles."""
        return measure(network, self._validation, device)


def build(config: Config) -> DetectorTask:
    """The task of a configuration; pictures are read when they are first needed."""
    return DetectorTask(config)


def sample_of(tile: Tile) -> Sample:
    """What the network sees of a tile, and should answer."""
    return detector_input([tile.image])[0], *targets(tile)


def detection_loss(outputs: Tensor, states: Tensor, values: Tensor) -> Tensor:
    """Outputs (n, cells, 15), states (n, cells), values (n, cells, 14) → loss a face cell.

    Focal loss (Lin et al. 2017, arXiv:1708.02002) on the score, 1 − GIoU (Rezatofighi et al. 2019,
    arXiv:1902.09630) on the box, smooth L1 in face sizes on the points.
    """
    outputs = outputs.float()
    known = states != UNKNOWN
    faces = states == FACE
    logits = outputs[..., 0][known]
    wanted = states[known]
    wrong = (wanted - logits.sigmoid()).abs()
    weight = torch.where(wanted == FACE, 0.25, 0.75) * wrong.square()
    plain = functional.binary_cross_entropy_with_logits(
        logits, wanted, reduction="none"
    )
    count = faces.sum().clamp(min=1)
    guessed = outputs[faces][:, 1:]
    true = values[faces]
    size = (true[:, 2:4].mean(dim=1, keepdim=True)).exp()
    points = functional.smooth_l1_loss(
        guessed[:, 4:] / size, true[:, 4:] / size, beta=0.05, reduction="none"
    )
    boxes = 1 - generalised_iou(guessed[:, :4], true[:, :4])
    return ((weight * plain).sum() + boxes.sum() + 5 * points.mean(dim=1).sum()) / count


def generalised_iou(guessed: Tensor, true: Tensor) -> Tensor:
    """Boxes as centre and logarithms of the sides, (n, 4) each → (n,), −1…1."""
    corners = []
    for boxes in (guessed, true):
        half = boxes[:, 2:].clamp(max=6).exp() / 2
        corners.append((boxes[:, :2] - half, boxes[:, :2] + half))
    (low, high), (true_low, true_high) = corners
    shared = (
        (torch.minimum(high, true_high) - torch.maximum(low, true_low))
        .clamp(min=0)
        .prod(dim=1)
    )
    union = (high - low).prod(dim=1) + (true_high - true_low).prod(dim=1) - shared
    around = (torch.maximum(high, true_high) - torch.minimum(low, true_low)).prod(dim=1)
    return shared / union - (around - union) / around
