"""Drawing a head: the mesh turned in 3D, projected, and its texture warped into the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.synthetic.layer import Layer, window
from vitrine.synthetic.mesh import EYE_CENTRE, EYE_DISTANCE, Floats, Mesh, warp
from vitrine.synthetic.people import View
from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose, rotation

PIVOT = (EYE_CENTRE[0], EYE_CENTRE[1] + 0.8 * EYE_DISTANCE)
"""The point of the texture about which a head turns, at depth 0: between the ears and the neck."""

SKULL_CENTRE = np.array([0.0, -1.2, 0.15])
SKULL_RADII = np.array([1.2, 1.3, 1.4])
"""An ellipsoid about the pivot's axes, in eye distances: across, down, away from the camera."""


@dataclass(frozen=True)
class Head:
    """How one head stands in one frame."""

    view: View
    triangles: NDArray[np.int32]
    """Those of the mesh that this texture fills, (T, 3)."""
    pose: HeadPose
    pivot: tuple[float, float]
    """Where the pivot lies in the picture, pixels."""
    eye_distance: float
    """Pixels between the eyes if the face looked into the camera."""
    smile: float = 0.0
    open_mouth: float = 0.0
    """0 (calm) to 1."""


def project(head: Head, mesh: Mesh, focal: float) -> tuple[Floats, Floats]:
    """The mesh in the picture (V, 2) pixels, and how far each point is from the camera (V,), nearer is less.

    Angles are relative to the line from camera to head; `focal` (pixels) gives the perspective.
    """
    points = mesh.texture.copy()
    change = head.smile * head.view.expressions[0] + head.open_mouth * head.view.expressions[1]
    points[: len(change)] = head.view.shape + change
    scale = head.eye_distance / EYE_DISTANCE
    model = np.column_stack([points - PIVOT, -mesh.depth]) * scale
    turned = model @ rotation(head.pose.yaw, head.pose.pitch, head.pose.roll).T
    shrink = focal / (focal + turned[:, 2:])
    return np.asarray(turned[:, :2] * shrink + head.pivot, np.float32), np.asarray(turned[:, 2], np.float32)


def draw_head(head: Head, mesh: Mesh, size: tuple[int, int], focal: float) -> tuple[Layer | None, Floats]:
    """A layer over a picture of `size` (width, height), None outside it; and the landmarks (68, 2)."""
    points, distance = project(head, mesh, focal)
    triangles = _facing(points, distance, head.triangles)
    box = window(points[triangles].reshape(-1, 2), size) if len(triangles) else None
    if box is None:
        return None, points[:68]
    x, y, width, height = box
    pixels = warp(_texture(head), mesh.texture, points - (x, y), triangles, (width, height))
    return Layer(x, y, pixels), points[:68]


def draw_skull(head: Head, size: tuple[int, int]) -> Layer | None:
    """The back of the head, an ellipsoid in the colour of the hair; seen when the face turns away."""
    turn = rotation(head.pose.yaw, head.pose.pitch, head.pose.roll)
    unit = head.eye_distance
    centre = (turn @ SKULL_CENTRE)[:2] * unit + head.pivot
    spread = ((turn * SKULL_RADII**2) @ turn.T)[:2, :2] * unit**2
    reach = np.sqrt(np.diag(spread)) + 1
    box = window(np.array([centre - reach, centre + reach], np.float32), size)
    if box is None:
        return None
    x, y, width, height = box
    squares, axes = np.linalg.eigh(spread)
    angle = float(np.degrees(np.arctan2(axes[1, 0], axes[0, 0])))
    alpha = np.zeros((height, width), np.uint8)
    cv2.ellipse(alpha, (tuple(centre - (x, y)), tuple(2 * np.sqrt(squares)), angle), 255, cv2.FILLED)
    pixels = np.full((height, width, 4), (*head.view.hair, 0), np.uint8)
    pixels[..., 3] = cv2.GaussianBlur(alpha, (0, 0), max(0.6, unit / 20))
    return Layer(x, y, pixels)


def _facing(points: Floats, distance: Floats, triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    """The triangles that face the camera, far ones first."""
    a, b, c = points[triangles].transpose(1, 0, 2)
    ab, ac = b - a, c - a
    facing = triangles[ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] > 0]
    order = np.argsort(-distance[facing].mean(axis=1), kind="stable")
    return np.asarray(facing[order], np.int32)


def _texture(head: Head) -> Image:
    calm, smiling, opened = head.view.textures
    strength = max(head.smile, head.open_mouth)
    if strength < 0.02:
        return calm
    other = smiling if head.smile >= head.open_mouth else opened
    return np.asarray(cv2.addWeighted(calm, 1 - strength, other, strength, 0), np.uint8)
