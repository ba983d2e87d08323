"""The studies' transforms of a face and its points, with torchvision's own where it has them.

Points are tv_tensors of pixels counted from the picture's edge, as torchvision counts: the middle
of the first pixel is 0.5.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch
from numpy.random import Generator
from torch import Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

Pair = tuple[Tensor, tv_tensors.KeyPoints]
Transform = Callable[..., Any]

BILINEAR: Final = v2.InterpolationMode.BILINEAR
JITTER: Final = {"brightness": 0.3, "contrast": 0.3, "saturation": 0.3}
NOISE: Final = 0.04
"""Deviation, of a picture in 0…1. As the jitter, chosen by eye and not measured."""


class SwappingFlip:
    """Mirror picture and points in half of the cases; left points become right ones.

    Torchvision moves the points, and leaves each its old name.
    """

    def __init__(self, mirror: Tensor, share: float = 0.5) -> None:
        self._mirror = mirror
        self._share = share

    def __call__(self, image: Tensor, points: tv_tensors.KeyPoints) -> Pair:
        if torch.rand(()) >= self._share:
            return image, points
        flipped, moved = v2.functional.horizontal_flip(image), points.clone()
        moved[:, 0] = points.canvas_size[1] - points[:, 0]
        swapped = moved[self._mirror]
        return flipped, tv_tensors.wrap(swapped, like=points)


def grey_normalised() -> v2.Compose:
    """Return what makes a picture in 0…1 grey, one channel, in −1…1."""
    return v2.Compose(
        [
            v2.Grayscale(1),
            v2.Normalize([0.5], [0.5]),
        ]
    )


def colour_normalised() -> v2.Compose:
    """Return what brings a coloured picture in 0…1 to −1…1."""
    return v2.Compose([v2.Normalize([0.5] * 3, [0.5] * 3)])


@dataclass(frozen=True)
class Recipe:
    """Say how samples are made: sides in pixels, angle in degrees."""

    size: int
    mirror: Tensor
    rotation: float
    grey: bool
    offset: int
    """Pixels that the random crop may be off the middle, to each side."""

    def training(self) -> v2.Compose:
        """Return the random pipeline from a wide uint8 picture to a sample."""
        wider = self.size + 2 * self.offset
        return v2.Compose(
            [
                SwappingFlip(self.mirror),
                v2.RandomAffine(
                    self.rotation,
                    scale=(0.9, 1.1),
                    interpolation=BILINEAR,
                ),
                v2.CenterCrop(wider),
                v2.RandomCrop(self.size),
                v2.ColorJitter(**JITTER),
                v2.ToDtype(torch.float32, scale=True),
                v2.RandomApply([v2.GaussianNoise(sigma=NOISE)], 0.5),
                self.normalised(),
            ]
        )

    def measuring(self) -> v2.Compose:
        """Return the pipeline without chance."""
        return v2.Compose(
            [
                v2.CenterCrop(self.size),
                v2.ToDtype(torch.float32, scale=True),
                self.normalised(),
            ]
        )

    def normalised(self) -> Transform:
        """Return the last step: grey or coloured, in −1…1."""
        last: Transform = grey_normalised() if self.grey else colour_normalised()
        return last


def named(recipe: Recipe) -> dict[str, Transform]:
    """Return each transform by itself, always applied and as strong as the studies had it."""
    to_float = v2.ToDtype(torch.float32, scale=True)
    wider = recipe.size + 2 * recipe.offset
    return {
        "rescale": v2.Resize([recipe.size // 2] * 2),
        "rotation to ±90°": v2.RandomRotation(90, interpolation=BILINEAR),
        "noise": v2.Compose([to_float, v2.GaussianNoise(sigma=2 * NOISE)]),
        "colour jitter": v2.ColorJitter(**JITTER, hue=0.05),
        "offset, random crop": v2.Compose(
            [
                v2.CenterCrop(wider),
                v2.RandomCrop(recipe.size),
            ]
        ),
        "flip, points swapped": SwappingFlip(recipe.mirror, 1.0),
        "normalise": v2.Compose([to_float, colour_normalised()]),
        "grey in −1…1": v2.Compose([to_float, grey_normalised()]),
    }


def drawn(
    transform: Transform,
    image: Tensor,
    points: Tensor,
    rng: Generator,
) -> Pair:
    """Apply a transform with all its chance from `rng`; points (n, 2) as this module has them."""
    height, width = image.shape[-2:]
    marked = tv_tensors.KeyPoints(points, canvas_size=(height, width))
    seed = int(rng.integers(2**31))
    # Torchvision draws from torch's generator, which belongs to the trainer.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        found: Pair = transform(tv_tensors.Image(image), marked)
    return found
