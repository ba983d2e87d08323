"""What a trained network is taken to say of a picture."""

import numpy as np
import pytest
import torch
from torch import nn

from training.datasets.fifteen import COUNT, MIRROR
from training.kaggle15.data import BOTH
from training.kaggle15.task import located

CPU = torch.device("cpu")


@pytest.mark.parametrize("count", [COUNT, BOTH])
def test_the_mirror_image_is_answered_by_the_mirrored_points(count: int) -> None:
    torch.manual_seed(1)
    network = nn.Sequential(nn.Flatten(), nn.Linear(96 * 96, 2 * count), nn.Tanh())
    pictures = np.random.default_rng(2).integers(0, 256, (3, 96, 96), np.uint8)

    found = located(network, pictures, CPU)[:, :COUNT]
    mirrored = located(network, pictures[..., ::-1].copy(), CPU)[:, :COUNT]

    # The middle of the last pixel lies 95 pixels from that of the first.
    expected = found[:, MIRROR] * (-1, 1) + (95, 0)
    np.testing.assert_allclose(mirrored, expected, atol=1e-3)
