"""The registry: every network of the studies answers, for 15 and 68 points, grey and coloured."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torchvision.models import resnet18

from training.studies.networks import (
    NETWORKS,
    Regression,
    imagenet_file,
    load_imagenet,
)
from training.studies.xception import Keeping, Xception


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_answers_with_two_numbers_a_point(name: str) -> None:
    for points, channels in ((68, 3), (15, 1)):
        network = NETWORKS[name].build(96, points).eval()
        pictures = torch.zeros(2, channels, 96, 96)
        with torch.no_grad():
            answer = network(pictures)
        assert answer.shape == (2, 2 * points)


def test_a_middle_block_adds_to_its_input() -> None:
    block = Keeping(4).eval()
    for layer in block.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            torch.nn.init.zeros_(layer.weight)
    picture = torch.rand(1, 4, 6, 6)
    assert torch.equal(block(picture), picture)


def test_the_entry_and_exit_flow_halve_the_picture_four_times() -> None:
    network = Xception(136).eval()
    entered = network.entry(torch.zeros(1, 3, 96, 96))
    assert entered.shape == (1, 128, 12, 12)
    kept = network.middle(entered)
    assert kept.shape == entered.shape
    halved = network.exit[0](kept)
    assert halved.shape[-2:] == (6, 6)


def resnet(points: int) -> Any:
    """Return torchvision's ResNet18 with two numbers a point."""
    return resnet18(num_classes=2 * points)


def test_imagenet_weights_are_taken_where_the_user_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert imagenet_file("resnet18") is None
    assert imagenet_file("xception") is None

    public = resnet(500).state_dict()
    url = NETWORKS["resnet18"].imagenet.url
    path = tmp_path / "checkpoints" / Path(url).name
    path.parent.mkdir()
    torch.save(public, path)
    assert imagenet_file("resnet18") == path

    body = resnet(68)
    last = body.fc.weight.clone()
    load_imagenet(Regression(body), path)
    assert torch.equal(body.conv1.weight, public["conv1.weight"])
    # The last layer of the public weights is for other answers.
    assert torch.equal(body.fc.weight, last)
