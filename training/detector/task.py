"""Training of the face detector on composed tiles."""

from functools import cached_property
from typing import Final, Literal

import numpy as np
import torch
from numpy.random import Generator, default_rng
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from training.config import RunConfig
from training.detector.alarms import read_mined, write_mined
from training.detector.composer import Composer
from training.detector.data import Pictures, PictureSettings, collect
from training.detector.loss import detection_loss
from training.detector.measure import measure
from training.detector.net import DetectorNetwork, flat
from training.detector.picture import Picture
from training.detector.targets import targets
from training.detector.tile import SIDE, Tile
from training.state import load_weights
from training.task import Batch, Product, Sample, Task
from vitrine.errors import ConfigurationError
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections, YuNet
from vitrine.vision.detectors.single_shot import detector_input
from vitrine.vision.models import DETECTOR_FILE
from vitrine.vision.networks import load_network

MINED: Final = "mined.npz"
VALIDATION_TILES: Final = 384
"""That choose the best weights; some 600 faces, so that precision is known to two hundredths."""


class Config(RunConfig, PictureSettings):
    """Hold the settings of a round of the detector."""

    false_alarms: Literal["none", "new", "kept"] = "none"
    """Earlier weights' false alarms to learn from.

    `new`: those of the weights that the round goes on from, written to mined.npz of its folder
    once. `kept`: those that the round before learned from.
    """
    tiles: int = Field(ge=2)
    """In an epoch."""
    validation_tiles: int = Field(VALIDATION_TILES, ge=1)


class DetectorTask(Task):
    """Teach a network to find boxes and five points of all faces in a picture."""

    metric = "precision"
    better: Literal["lower", "higher"] = "higher"
    product = Product(
        DETECTOR_FILE,
        (3, SIDE, SIDE),
        ("stride8", "stride16", "stride32"),
        any_side=True,
    )

    def __init__(self, config: Config) -> None:
        """Raise ConfigurationError where there are no earlier weights to learn alarms of."""
        if config.start is None and config.false_alarms != "none":
            raise ConfigurationError(
                "the first round of the detector has no weights whose false alarms it could learn"
            )
        self._config = config

    @cached_property
    def _composer(self) -> Composer:
        pictures = collect(self._config, "train", self._teacher)
        if self._config.false_alarms == "none":
            return pictures.composer()
        alarms = self._false_alarms(pictures)
        return pictures.composer(alarms)

    def _false_alarms(self, pictures: Pictures) -> list[Picture]:
        start = self._config.start
        assert start is not None
        if self._config.false_alarms == "kept":
            kept = start.parent / MINED
            return read_mined(kept)
        path = self._config.run / MINED
        if not path.exists():
            network = self.network()
            load_weights(network, start)
            alarms = pictures.false_alarms(network, self._teacher)
            write_mined(alarms, path)
        return read_mined(path)

    @cached_property
    def _validation(self) -> list[Tile]:
        pictures = collect(self._config, "validation", self._teacher)
        composer = pictures.composer()
        tiles: list[Tile] = []
        for number in range(self._config.validation_tiles):
            # A generator for each tile, so that fewer tiles are the first of many.
            rng = default_rng([1, number])
            tile = composer.tile(rng)
            tiles.append(tile)
        return tiles

    def _teacher(self, image: Image) -> Detections:
        return self._yunet.detect(image)

    @cached_property
    def _yunet(self) -> YuNet:
        network = load_network(self._config.teacher)
        return YuNet(network)

    def network(self) -> nn.Module:
        return DetectorNetwork()

    def order(self, rng: Generator) -> NDArray[np.integer]:  # noqa: ARG002
        """See Task. Every tile is new, so the order is that of counting."""
        # Read here: processes that prepare batches get a copy.
        _ = self._composer
        return np.arange(self._config.tiles)

    def sample(self, index: int, rng: Generator) -> Sample:  # noqa: ARG002
        """See Task. A tile (3, 256, 256), state (cells,) and values (cells, 14) of its cells."""
        tile = self._composer.tile(rng)
        return sample_of(tile)

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        pictures, states, values = batch
        outputs = network(pictures)
        cells = flat(outputs)
        return detection_loss(cells, states, values)

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """See Task. Average precision; recall with one false alarm in twenty tiles."""
        return measure(network, self._validation, device)


def build(config: Config) -> DetectorTask:
    """Return the task of a configuration; pictures are read when they are first needed."""
    return DetectorTask(config)


def sample_of(tile: Tile) -> Sample:
    """Return what the network sees of a tile, and should answer."""
    pictures = detector_input([tile.image])
    states, values = targets(tile)
    return pictures[0], states, values
