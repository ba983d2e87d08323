"""How fit a view of a face is for recognition.

quality = size · pose · sharpness · light · visible, each 0…1:

size       face height in pixels, 0 at 16 and 1 at 80 (112 × 112 is what the embedding network sees)
pose       cos² of the angle between the face's direction and the camera, 0 beyond 60°
sharpness  v / (v + 15), v the variance of the Laplacian of the grey 128 × 128 crop
light      1 for a mean grey of 60 to 195 in the crop's middle, falling to 0 at 0 and 255
visible    share of the 68 points inside the frame, squared
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image, network_input
from vitrine.vision.networks import Network
from vitrine.vision.pose import HeadPose
from vitrine.vision.shape import Points

SIDE: Final = 56
BATCH: Final = 64
SMALLEST, LARGE_ENOUGH = 16.0, 80.0
HALF_SHARP: Final = 15.0
DARK, BRIGHT = 60.0, 195.0
WIDEST_ANGLE: Final = 60.0


def quality(cut: Image, points: Points, pose: HeadPose, width: int, height: int) -> float:
    """0…1 for the network's crop of a face (128, 128, 3) BGR and its points (68, 2) in frame pixels."""
    grey = cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY)
    parts = (_size(points), _pose(pose), _sharpness(grey), _light(grey), _visible(points, width, height))  # type: ignore[arg-type]
    return float(np.prod(parts))


def _size(points: Points) -> float:
    tall = float(points[:, 1].max() - points[:, 1].min())
    return float(np.clip((tall - SMALLEST) / (LARGE_ENOUGH - SMALLEST), 0, 1))


def _pose(pose: HeadPose) -> float:
    cosine = np.cos(np.radians(pose.yaw)) * np.cos(np.radians(pose.pitch))
    return float(cosine**2) if cosine > np.cos(np.radians(WIDEST_ANGLE)) else 0.0


def _sharpness(grey: Image) -> float:
    variance = float(cv2.Laplacian(grey, cv2.CV_32F).var())
    return variance / (variance + HALF_SHARP)


def _light(grey: Image) -> float:
    side = grey.shape[0]
    mean = float(grey[side // 4 : -side // 4, side // 4 : -side // 4].mean())
    return float(np.clip(min(mean / DARK, (255 - mean) / (255 - BRIGHT)), 0, 1))


def _visible(points: Points, width: int, height: int) -> float:
    inside = ((points >= 0) & (points <= (width - 1, height - 1))).all(axis=1)
    return float(inside.mean()) ** 2


def quality_cut(cut: Image) -> Image:
    """The landmark network's crop (s, s, 3) → (56, 56, 3)."""
    return np.asarray(cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def quality_input(cuts: Sequence[Image]) -> NDArray[np.float32]:
    """n pictures from `quality_cut` → (n, 3, 56, 56) float32 RGB in −1…1."""
    return network_input(cuts)


class QualityScore:
    """How likely recognition takes views for the people they show."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def score(self, cuts: Sequence[Image]) -> NDArray[np.float64]:
        """n pictures from `quality_cut` → (n,), 0…1."""
        batches = [
            self._network.run(quality_input(cuts[n : n + BATCH]))[0] for n in range(0, len(cuts), BATCH)
        ]
        return np.concatenate([np.zeros(0), *(batch[:, 0] for batch in batches)]).astype(np.float64)
