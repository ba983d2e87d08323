"""Quality of a view: the chance that recognition takes it for the person it shows.

A small network on the landmarks' crop tells; models/quality_56.card.md says how well.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image, network_input
from vitrine.vision.models import QUALITY_FILE, model_path
from vitrine.vision.networks import ON_CPU, Engine, Network, load_checked
from vitrine.vision.shape import Points

SIDE: Final = 56
# Chosen, not measured: a run of the network is small, and memory stays bounded.
BATCH: Final = 64
# Quality that an embedding needs: keeps 71 % of views with 11.5 % misses, see
# models/quality_56.card.md.
GOOD_VIEW: Final = 0.5


def quality_cut(cut: Image) -> Image:
    """Return the landmark network's crop (s, s, 3) BGR as (56, 56, 3)."""
    small = cv2.resize(
        cut,
        (SIDE, SIDE),
        interpolation=cv2.INTER_AREA,
    )
    return np.asarray(small, np.uint8)


def quality_input(cuts: Sequence[Image]) -> NDArray[np.float32]:
    """Return n pictures from `quality_cut` as (n, 3, 56, 56) float32 RGB in −1…1."""
    return network_input(cuts)


def visible(
    points: Points,
    width: int,
    height: int,
) -> float:
    """Return the share of the points (68, 2) inside the frame, squared; see `visible_shares`."""
    size = np.array([width, height])
    return float(visible_shares(points, size))


def visible_shares(points: Points, sizes: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the squared shares (…) of the points (…, 68, 2) inside frames of these sizes (…, 2).

    A size is width and height, pixels. The network has seen no cut-off faces; the square is
    chosen, not measured.
    """
    last = sizes[..., None, :] - 1
    inside = (points >= 0) & (points <= last)
    shares = inside.all(axis=-1).mean(axis=-1)
    return np.asarray(shares**2)


class QualityScore:
    """Tell the chance of a match with another picture of the same person.

    At the threshold that a thousandth of comparisons of different people reaches.
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, engine: Engine = ON_CPU, path: Path | None = None) -> QualityScore:
        """Return the score by a file, or by the trained network that ships.

        Raises ConfigurationError.
        """
        path = path or model_path(QUALITY_FILE)
        takes = (3, SIDE, SIDE)
        return cls(load_checked(path, takes, [(1,)], engine))

    def score(self, cuts: Sequence[Image]) -> NDArray[np.float64]:
        """Return the scores (n,), 0…1, of n pictures from `quality_cut`."""
        scores: list[NDArray[np.floating]] = [np.zeros(0)]
        for start in range(0, len(cuts), BATCH):
            some = cuts[start : start + BATCH]
            batch = quality_input(some)
            output = self._network.run(batch)[0]
            scores.append(output[:, 0])
        return np.concatenate(scores)
