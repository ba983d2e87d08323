"""Looks of faces: how large, turned, bright, blurred they are, and how dark the skin appears.

Skin tone is the individual typology angle, ITA = atan2(L* − 50, b*) in degrees (Chardon, Cretois
and Hourseau 1991), of the median colour (CIELAB, D65) on both cheeks and the forehead; its six
classes are those of Del Bino and Bernerd 2013. It is measured from the picture, so light and
camera shift it: a pale face in shadow counts as dark. It says how skin looks in these pictures,
nothing about who somebody is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from training.evaluation.arrays import Floats, Mask, Numbers
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

# Chosen, not measured: all faces are scaled to this side, so that their blur can be compared.
BLUR_SIDE: Final = 128
# Chosen, not measured: discs of this size stay between eye, nose and mouth.
PATCH: Final = 0.12
"""Radius of a patch of skin, in distances of the outer eye corners."""
# Chosen, not measured: above the brows and mostly below the hair.
ABOVE_BROWS: Final = 0.3
"""Distance of the forehead's patch from the middle of the brows, in the same unit."""
# Chosen, not measured: the median of fewer pixels depends on noise.
LEAST_PIXELS: Final = 12
"""Pixels of skin below which its colour is not measured."""
# Chosen, not measured.
LEAST_COLOUR: Final = 2.0
"""CIELAB b* below which a picture is grey or lit in blue, and ITA means nothing."""
# Chosen, not measured: sensors clip near both ends, which shifts colours.
BLACK: Final = 15
WHITE: Final = 245
"""Grey values beyond which a pixel is deep shadow or glare."""


@dataclass(frozen=True)
class Factor:
    """Divide faces by one thing in which they differ; classes go from easy to hard."""

    name: str
    labels: tuple[str, ...]
    edges: tuple[float, ...]
    """Between neighbouring classes, in the direction of the labels."""
    falling: bool = True
    """True where large values are the easy ones."""

    def classes(self, values: Floats) -> Numbers:
        """Return the index of the label of each value (n,), −1 where a value is NaN."""
        edges = np.array(self.edges)
        column = values[:, None]
        beyond = column < edges if self.falling else column >= edges
        index = beyond.sum(axis=1)
        unknown = np.isnan(values)
        return np.where(unknown, -1, index)


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
    Factor(
        "yaw",
        (
            "< 15°",
            "15–30°",
            "30–45°",
            "≥ 45°",
        ),
        (15, 30, 45),
        falling=False,
    ),
    Factor(
        "brightness",
        (
            "≥ 150",
            "110–150",
            "70–110",
            "< 70",
        ),
        (150, 110, 70),
    ),
    Factor(
        "blur",
        (
            "≥ 150",
            "50–150",
            "15–50",
            "< 15",
        ),
        (150, 50, 15),
    ),
    Factor(
        "skin_tone",
        (
            "very light",
            "light",
            "intermediate",
            "tan",
            "brown",
            "dark",
        ),
        (55, 41, 28, 10, -30),
    ),
)


@dataclass(frozen=True)
class Look:
    """Hold what was measured of one face; NaN where it could not be."""

    face_size: float = np.nan
    """Pixels: square root of the area of the box of the points and the forehead: see face_box."""
    yaw: float = np.nan
    """Degrees away from the camera, to either side."""
    brightness: float = np.nan
    """Mean grey value inside the upright box of the 68 points, 0…255."""
    blur: float = np.nan
    """Variance of the Laplacian of the grey crop, 128×128: less is more blurred, or was smaller."""
    skin_tone: float = np.nan
    """ITA in degrees: more is lighter."""

    def without(self, name: str) -> Look:
        """Return the same look with one thing unknown."""
        return replace(self, **{name: np.nan})


def look_of(image: Image, points: Points) -> Look:
    """Return the look of the face with these points (68, 2) in a picture (H, W, 3) BGR."""
    return Look(
        face_size=face_size(points),
        yaw=_yaw(image, points),
        brightness=_brightness(image, points),
        blur=_blur(image, points),
        skin_tone=typology_angle(image, points),
    )


def face_size(points: Points) -> float:
    """Return the size of a face in pixels: see Look."""
    _, _, width, height = face_box(points)
    return float(np.sqrt(width * height))


def _yaw(image: Image, points: Points) -> float:
    height, width = image.shape[:2]
    try:
        pose = head_pose(points, width, height)
    except ValueError:
        return np.nan
    return abs(pose.yaw)


def _blur(image: Image, points: Points) -> float:
    crop = crop_of_points(points, BLUR_SIDE)
    face = cut(image, crop, BLUR_SIDE)
    grey = cv2.cvtColor(face, cv2.COLOR_BGR2GRAY)
    edges = cv2.Laplacian(grey, cv2.CV_32F)
    return float(edges.var())


def _brightness(image: Image, points: Points) -> float:
    # A negative start of a slice would count from the other end.
    low = points.min(axis=0).round().clip(min=0)
    high = points.max(axis=0).round().clip(min=0)
    left, top = low.astype(int)
    right, bottom = high.astype(int)
    inside = image[top:bottom, left:right]
    if not inside.size:
        return np.nan
    grey = cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY)
    return float(grey.mean())


def typology_angle(image: Image, points: Points) -> float:
    """Return ITA in degrees.

    NaN in grey pictures, blue light, or where hardly any skin is visible.
    """
    is_skin = _skin(points, image.shape[:2])
    skin = image[is_skin]
    grey = skin.mean(axis=1)
    well_lit = (grey > BLACK) & (grey < WHITE)
    skin = skin[well_lit]
    if len(skin) < LEAST_PIXELS:
        return np.nan
    # cvtColor takes pictures: one row of pixels.
    row = skin[None].astype(np.float32)
    lab = cv2.cvtColor(row / 255, cv2.COLOR_BGR2LAB)
    lightness, _, yellow = np.median(lab[0], axis=0)
    if yellow < LEAST_COLOUR:
        return np.nan
    angle = np.arctan2(lightness - 50, yellow)
    return float(np.degrees(angle))


def _skin(points: Points, shape: tuple[int, ...]) -> Mask:
    """Return a mask (H, W) of discs on both cheeks and above the brows.

    Those on the cheeks lie midway between eye and mouth corner.
    """
    left_eye = points[EYE_LEFT].mean(axis=0)
    right_eye = points[EYE_RIGHT].mean(axis=0)
    left_mouth = points[MOUTH_LEFT]
    right_mouth = points[MOUTH_RIGHT]
    both_brows = np.concatenate([points[BROW_LEFT], points[BROW_RIGHT]])
    brows = both_brows.mean(axis=0)
    across = float(outer_eye_distance(points))
    eyes = (left_eye + right_eye) / 2
    mouth = (left_mouth + right_mouth) / 2
    down = mouth - eyes
    length = float(np.linalg.norm(down))
    # All points may coincide in a broken prediction.
    up = -down / max(length, 1e-6)
    above = ABOVE_BROWS * across
    forehead = brows + above * up
    left_cheek = (left_eye + left_mouth) / 2
    right_cheek = (right_eye + right_mouth) / 2
    centres = np.array([left_cheek, right_cheek, forehead])
    pixels = centres.round().astype(int)
    # A face of few pixels has a patch of one.
    radius = max(1, round(PATCH * across))
    mask = np.zeros(shape, np.uint8)
    for x, y in pixels.tolist():
        cv2.circle(
            mask,
            (x, y),
            radius,
            1,
            cv2.FILLED,
        )
    return mask > 0


def classes_of(looks: Sequence[Look]) -> dict[str, Numbers]:
    """Return for each factor the index of each face's label, −1 where it was not measured."""
    classes = {}
    for factor in FACTORS:
        measured = [getattr(look, factor.name) for look in looks]
        values = np.array(measured, np.float64)
        classes[factor.name] = factor.classes(values)
    return classes
