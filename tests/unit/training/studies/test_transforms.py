"""The transforms of the studies: points stay on what they mark."""

import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from training.studies.transforms import (
    Recipe,
    SwappingFlip,
    drawn,
    grey_normalised,
)

SIDE = 80
MIRROR = torch.tensor([1, 0, 2])


def dots() -> tuple[Tensor, Tensor]:
    """Return a dark picture with bright squares of 5 pixels, and their middles."""
    picture = torch.zeros(3, SIDE, SIDE, dtype=torch.uint8)
    points = torch.tensor([[32.5, 36.5], [50.5, 34.5], [41.5, 48.5]])
    for x, y in points:
        column = int(x) - 2
        row = int(y) - 2
        picture[:, row : row + 5, column : column + 5] = 255
    return picture, points


def brightness(picture: Tensor, points: Tensor) -> list[float]:
    """Return what each point marks."""
    return [float(picture[0, int(y), int(x)]) for x, y in points]


def recipe() -> Recipe:
    return Recipe(
        size=48,
        mirror=MIRROR,
        rotation=30.0,
        grey=True,
        offset=3,
    )


@pytest.mark.parametrize("seed", range(8))
def test_points_stay_on_their_dots(seed: int) -> None:
    picture, points = dots()
    rng = np.random.default_rng(seed)
    seen, moved = drawn(recipe().training(), picture, points, rng)
    assert seen.shape == (1, 48, 48)
    marked = brightness(seen, moved)
    # Jitter darkens a dot to 0.7 at the least; the ground stays near −1.
    assert min(marked) > 0.0
    assert float(seen.median()) < -0.8


def test_a_flip_swaps_left_and_right() -> None:
    picture, points = dots()
    marked = tv_tensors.KeyPoints(points, canvas_size=(SIDE, SIDE))
    flipped, moved = SwappingFlip(MIRROR, 1.0)(picture, marked)
    # The left dot of the mirror image is the right one of the picture, and called the left.
    expected = [[29.5, 34.5], [47.5, 36.5], [38.5, 48.5]]
    assert moved.tolist() == expected
    assert brightness(flipped, moved) == [255, 255, 255]
    same, kept = SwappingFlip(MIRROR, 0.0)(picture, marked)
    assert torch.equal(same, picture)
    assert torch.equal(kept, marked)


def test_grey_goes_from_minus_one_to_one() -> None:
    ends = torch.tensor([0.0, 1.0]).expand(3, 1, 2)
    grey = grey_normalised()(ends)
    # Torchvision's weights of red, green and blue sum to .9999.
    assert grey.flatten().tolist() == pytest.approx([-1, 1], abs=1e-3)


def test_chance_comes_from_the_generator_alone() -> None:
    picture, points = dots()
    before = torch.random.get_rng_state()
    samples = []
    for seed in (4, 4, 5):
        torch.rand(seed)
        rng = np.random.default_rng(seed)
        samples.append(drawn(recipe().training(), picture, points, rng))
    assert torch.equal(samples[0][0], samples[1][0])
    assert not torch.equal(samples[0][0], samples[2][0])
    torch.random.set_rng_state(before)
    drawn(recipe().training(), picture, points, np.random.default_rng(1))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_measuring_draws_nothing() -> None:
    picture, points = dots()
    views = []
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        views.append(drawn(recipe().measuring(), picture, points, rng))
    assert torch.equal(views[0][0], views[1][0])
    middle = v2.functional.center_crop(picture, [48, 48])
    assert float(views[0][0].max()) == pytest.approx(1.0, abs=1e-3)
    assert middle.shape[-1] == views[0][0].shape[-1]
