"""Points for faces that nobody labelled, from an earlier network.

Self-training after Xie et al. 2020 (arXiv:1911.04252). The earlier network sees each face upright and
mirrored, twice, the second time around its own first answer. The mean is the label where the two views agree;
other faces are left out.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import nn

from training.aligned import ROOM
from training.augmentation import CachedFace, cached_cut
from training.datasets.people import PersonFace
from vitrine.vision.crop import Crop, Image, crop_of_box, crop_of_points, cut, network_input, to_frame
from vitrine.vision.embedding import SIDE, TEMPLATE
from vitrine.vision.shape import POINT_COUNT, mirrored, outer_eye_distance

AGREEMENT: Final = 0.025
"""Mean distance of the two views' points, in distances of the outer eye corners, up to which they agree."""
BATCH: Final = 64


def pseudo_labelled(network: nn.Module, size: int, faces: Sequence[PersonFace]) -> list[CachedFace]:
    """Faces aligned at 144 pixels, with points of a network for cuts of `size` pixels.

    Raises DatasetError.
    """
    network.eval()
    found: list[CachedFace] = []
    first = crop_of_box((ROOM, ROOM, SIDE, SIDE), TEMPLATE + ROOM, size)
    for start in track(range(0, len(faces), BATCH), "pseudo-labels"):
        images = [face.image() for face in faces[start : start + BATCH]]
        once, _ = _points(network, size, images, [first] * len(images))
        crops = [crop_of_points(points, size) for points in once]
        points, apart = _points(network, size, images, crops)
        for image, some, off in zip(images, points, apart, strict=True):
            if off <= AGREEMENT:
                found.append(cached_cut(image, some))
    return found


def _points(
    network: nn.Module, size: int, images: Iterable[Image], crops: Sequence[Crop]
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Means (n, 68, 2) of the answers for n cuts and their mirror images; how far these are apart, (n,)."""
    cuts = [cut(image, crop, size) for image, crop in zip(images, crops, strict=True)]
    batch = torch.from_numpy(network_input(cuts))
    with torch.no_grad():
        plain, flipped = (network(views).numpy() for views in (batch, batch.flip(3)))
    back = mirrored(flipped.reshape(-1, POINT_COUNT, 2), 1).reshape(len(flipped), -1)
    one, two = (to_frame(outputs, crops, size) for outputs in (plain, back))
    mean = (one + two) / 2
    return mean, np.linalg.norm(one - two, axis=2).mean(axis=1) / outer_eye_distance(mean)
