"""What a picture of a face is like: how large, turned, bright, blurred, and how dark the skin appears.

Skin tone is the individual typology angle, ITA = atan2(L* − 50, b*) in degrees (Chardon, Cretois and
Hourseau 1991), of the median colour (CIELAB, D65) on both cheeks and the forehead; its six classes are those
of Del Bino and Bernerd 2013. It is measured from the picture, so light and camera shift it: a pale face in
shadow counts as dark. It says how skin looks in these pictures, nothing about who somebody is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.pictures.boxes import face_box
from vitrine.vision.crop import Image, crop_of_points, cut
from vitrine.vision.pose import head_pose
from vitrine.vision.shape import (
    BROW_LEFT,
    BROW_RIGHT,
    EYE_LEFT,
    EYE_RIGHT,
    MOUTH_LEFT,
    MOUTH_RIGHT,
    Points,
    outer_eye_distance,
)

BLUR_SIDE: Final = 128
PATCH: Final = 0.12
"""Radius of a patch of skin, in distances of the outer eye corners."""
ABOVE_BROWS: Final = 0.3
"""How far the forehead's patch lies above the middle of the brows, in the same unit."""
LEAST_PIXELS: Final = 12
LEAST_COLOUR: Final = 2.0
"""CIELAB b* below which a picture is grey or lit in blue, and ITA means nothing."""
BLACK = 15
WHITE = 245
"""Grey values beyond which a pixel is deep shadow or glare."""


@dataclass(frozen=True)
class Factor:
    """One thing that faces differ in; classes from easy to hard."""

    name: str
    labels: tuple[str, ...]
    edges: tuple[float, ...]
    """Between neighbouring classes, in the direction of the labels."""
    falling: bool = True
    """Whether large values are the easy ones."""

    def classes(self, values: NDArray[np.floating]) -> NDArray[np.intp]:
        """(n,) → index of the label, −1 where a value is NaN."""
        edges = np.array(self.edges)
        beyond = values[:, None] < edges if self.falling else values[:, None] >= edges
        return np.where(np.isnan(values), -1, beyond.sum(axis=1))


FACTORS: Final = (
    Factor(
        "face_size",
        (
            "≥ 128 px",
            "64–128 px",
            "48–64 px",
            "32–48 px",
            "24–32 px",
            "16–24 px",
            "< 16 px",
        ),
        (128, 64, 48, 32, 24, 16),
    ),
    Factor("yaw", ("< 15°", "15–30°", "30–45°", "≥ 45°"), (15, 30, 45), falling=False),
    Factor("brightness", ("≥ 150", "110–150", "70–110", "< 70"), (150, 110, 70)),
    Factor("blur", ("≥ 150", "50–150", "15–50", "< 15"), (150, 50, 15)),
    Factor(
        "skin_tone",
        ("very light", "light", "intermediate", "tan", "brown", "dark"),
        (55, 41, 28, 10, -30),
    ),
)


@dataclass(frozen=True)
class Look:
    """What was measured of one face; NaN where it could not be."""

    face_size: float = np.nan
    """Pixels: square root of the area of the box of the points and the forehead, see training.pictures.boxes."""
    yaw: float = np.nan
    """Degrees away from the camera, to either side."""
    brightness: float = np.nan
    """Mean grey value inside the upright box of the 68 points, 0…255."""
    blur: float = np.nan
    """Variance of the Laplacian of the grey crop, 128×128: less is more blurred, or was smaller."""
    skin_tone: float = np.nan
    """ITA in degrees: more is lighter."""

    def without(self, name: str) -> Look:
        """The same look with one thing unknown."""
        return replace(self, **{name: np.nan})


def look_of(image: Image, points: Points) -> Look:
    """The look of the face with these 68 points (68, 2) in a picture (H, W, 3) BGR."""
    height, width = image.shape[:2]
    try:
        yaw = abs(head_pose(points, width, height).yaw)
    except ValueError:
        yaw = np.nan
    grey = cv2.cvtColor(
        cut(image, crop_of_points(points, BLUR_SIDE), BLUR_SIDE), cv2.COLOR_BGR2GRAY
    )
    return Look(
        face_size(points),
        yaw,
        _brightness(image, points),
        float(cv2.Laplacian(grey, cv2.CV_32F).var()),
        typology_angle(image, points),
    )


def face_size(points: Points) -> float:
    """Pixels: see Look."""
    return float(np.sqrt(np.prod(face_box(points)[2:])))


def _brightness(image: Image, points: Points) -> float:
    low = points.min(axis=0).round().astype(int)
    high = points.max(axis=0).round().astype(int)
    inside = image[max(low[1], 0) : max(high[1], 0), max(low[0], 0) : max(high[0], 0)]
    return (
        float(cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY).mean())
        if inside.size
        else np.nan
    )


def typology_angle(image: Image, points: Points) -> float:
    """ITA in degrees; NaN in grey pictures, blue light, or where hardly any skin is visible."""
    skin = image[_skin(points, image.shape[:2])]
    grey = skin.mean(axis=1)
    skin = skin[(grey > BLACK) & (grey < WHITE)]
    if len(skin) < LEAST_PIXELS:
        return np.nan
    colours = cv2.cvtColor(skin[None].astype(np.float32) / 255, cv2.COLOR_BGR2LAB)[0]
    lightness, _, yellow = np.median(colours, axis=0)
    if yellow < LEAST_COLOUR:
        return np.nan
    return float(np.degrees(np.arctan2(lightness - 50, yellow)))


def _skin(points: Points, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(H, W): discs on both cheeks, midway between eye and mouth corner, and above the brows."""
    left = points[EYE_LEFT].mean(axis=0)
    right = points[EYE_RIGHT].mean(axis=0)
    brows = np.concatenate([points[BROW_LEFT], points[BROW_RIGHT]]).mean(axis=0)
    across = float(outer_eye_distance(points))
    down = (points[MOUTH_LEFT] + points[MOUTH_RIGHT]) / 2 - (left + right) / 2
    up = -down / max(float(np.linalg.norm(down)), 1e-6)
    centres = (
        (left + points[MOUTH_LEFT]) / 2,
        (right + points[MOUTH_RIGHT]) / 2,
        brows + ABOVE_BROWS * across * up,
    )
    mask = np.zeros(shape, np.uint8)
    for x, y in np.array(centres).round().astype(int).tolist():
        cv2.circle(mask, (x, y), max(1, round(PATCH * across)), 1, cv2.FILLED)
    return mask > 0


def classes_of(looks: Sequence[Look]) -> dict[str, NDArray[np.intp]]:
    """For each factor the index of each face's label, −1 where it was not measured."""
    return {
        factor.name: factor.classes(
            np.array([getattr(look, factor.name) for look in looks], np.float64)
        )
        for factor in FACTORS
    }
