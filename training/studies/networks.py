"""The registry of the studies' networks: how each is built, and what its study reported."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torchvision import models

from training.landmarks.net import LandmarkNetwork
from training.studies.plain import CustomNetwork, LeNet
from training.studies.xception import Xception

Build = Callable[[int, int], nn.Module]
"""From the side of the input and the count of points to a network without weights of its own."""


@dataclass(frozen=True)
class StudyNetwork:
    """Describe one network of the registry."""

    title: str
    build: Build
    reported: str = "–"
    """MSE in its study, coordinates divided by the picture's width and height."""
    learning_rate: float = 0.001
    batch: int = 32
    imagenet: Any = None
    """Torchvision's name of the public weights, where there are some."""


class Regression(nn.Module):
    """Let a network of torchvision answer with coordinates, from grey or coloured pictures."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Tensor) -> Tensor:
        # Grey pictures have one channel; weights from photographs expect three.
        answer: Tensor = self.body(x.expand(-1, 3, -1, -1))
        return answer


def _regressing(make: Callable[..., nn.Module]) -> Build:
    def build(_size: int, points: int) -> nn.Module:
        return Regression(make(num_classes=2 * points))

    return build


def _custom(size: int, points: int) -> nn.Module:
    return Regression(CustomNetwork(size, 2 * points))


def _lenet(size: int, points: int) -> nn.Module:
    return Regression(LeNet(size, 2 * points))


def _xception(_size: int, points: int) -> nn.Module:
    return Regression(Xception(2 * points))


def _heatmap(size: int, points: int) -> nn.Module:
    return Regression(LandmarkNetwork(size, points))


NETWORKS: Final[dict[str, StudyNetwork]] = {
    "custom": StudyNetwork("custom CNN", _custom, ".0010"),
    "lenet": StudyNetwork("LeNet", _lenet),
    "resnet18": StudyNetwork(
        "ResNet18",
        _regressing(models.resnet18),
        ".0004",
        imagenet=models.ResNet18_Weights.DEFAULT,
    ),
    "efficientnet-b0": StudyNetwork(
        "EfficientNet-b0",
        _regressing(models.efficientnet_b0),
        ".0019",
        imagenet=models.EfficientNet_B0_Weights.DEFAULT,
    ),
    "mobilenetv2": StudyNetwork(
        "MobileNetV2",
        _regressing(models.mobilenet_v2),
        ".0004",
        imagenet=models.MobileNet_V2_Weights.DEFAULT,
    ),
    "xception": StudyNetwork(
        "Xception",
        _xception,
        learning_rate=0.00075,
    ),
    "heatmap": StudyNetwork("heat maps (ours)", _heatmap),
}


def imagenet_file(name: str) -> Path | None:
    """Return the user's file of ImageNet weights for a network, None where there is none.

    It lies where torch's own downloads do; nothing is fetched.
    """
    weights = NETWORKS[name].imagenet
    if weights is None:
        return None
    file = Path(weights.url).name
    path = Path(torch.hub.get_dir()) / "checkpoints" / file
    return path if path.exists() else None


def load_imagenet(network: nn.Module, path: Path) -> None:
    """Fill all layers but the last with ImageNet weights, which are for other classes there."""
    given: dict[str, Tensor] = torch.load(
        path,
        weights_only=True,
        map_location="cpu",
    )
    own = network.state_dict()
    for name, weights in given.items():
        place = f"body.{name}"
        if place in own and own[place].shape == weights.shape:
            own[place] = weights
    network.load_state_dict(own)
