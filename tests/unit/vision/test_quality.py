"""Each part of the quality formula lowers it on its own."""

import cv2
import numpy as np
import pytest

from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose, mean_shape
from vitrine.vision.quality import quality

FRONTAL = HeadPose(0, 0, 0)


def textured(mean: float = 128, blur: float = 0) -> Image:
    noise = np.random.default_rng(0).normal(mean, 25, (128, 128, 1)).repeat(3, axis=2)
    image = np.clip(noise, 0, 255).astype(np.uint8)
    return cv2.GaussianBlur(image, (0, 0), blur) if blur else image  # type: ignore[return-value]


def rated(
    cut: Image | None = None, pose: HeadPose = FRONTAL, size: float = 100, x: float = 320, y: float = 180
) -> float:
    points = mean_shape()[:, :2] / np.ptp(mean_shape()[:, 1]) * size + [x, y]
    return quality(textured() if cut is None else cut, points, pose, 640, 360)


def test_a_large_sharp_frontal_face_is_nearly_perfect() -> None:
    assert rated() > 0.95


@pytest.mark.parametrize(
    "worse",
    [
        rated(size=30),
        rated(pose=HeadPose(40, 0, 0)),
        rated(pose=HeadPose(0, -40, 0)),
        rated(textured(blur=3)),
        rated(textured(mean=20)),
        rated(textured(mean=245)),
        rated(x=0),
        rated(y=360),
    ],
)
def test_each_fault_lowers_it(worse: float) -> None:
    assert 0 <= worse < 0.7 * rated()


@pytest.mark.parametrize(
    "useless",
    [rated(size=10), rated(pose=HeadPose(70, 0, 0)), rated(np.zeros((128, 128, 3), np.uint8)), rated(x=-500)],
)
def test_a_useless_view_has_none(useless: float) -> None:
    assert useless == 0


def test_tilt_alone_costs_nothing() -> None:
    assert rated(pose=HeadPose(0, 0, 45)) == rated()
