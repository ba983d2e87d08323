"""Model the head as a triangle mesh over a texture: landmarks, forehead, skull, the texture's edge.

Texture coordinates are pixels of the texture; the depth (towards the camera) has the same unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from vitrine.vision.crop import Image
from vitrine.vision.shape import (
    EYE_LEFT,
    EYE_RIGHT,
    JAW,
    LIPS_INNER,
    LIPS_OUTER,
    NOSE_BASE,
    NOSE_BRIDGE,
)

Floats = NDArray[np.float32]
Triangles = NDArray[np.int32]
"""(T, 3), numbers of points."""

WIDTH: Final = 128
HEIGHT: Final = 160
EYE_DISTANCE: Final = 34.0
"""Pixels of the texture between the eye centres."""
EYE_CENTRE: Final = (64.0, 76.0)
# Eye distances to the right of the eyes' middle, and above it. Chosen by eye, as all of these.
FOREHEAD: Final = (
    (-0.75, 0.95),
    (-0.28, 1.12),
    (0.28, 1.12),
    (0.75, 0.95),
)
# Chosen, not measured.
SKULL_POINTS: Final = 13
SKULL: Final = slice(72, 72 + SKULL_POINTS)
"""The mesh points on the skull's outline: after 68 landmarks and the forehead."""
FRACTION_BITS: Final = 4
"""Corners of triangles are rounded to sixteenths of a pixel."""
# Twice the area in pixels. Far less than can be seen; 0 would not do, for the sake of rounding.
FLATTEST: Final = 1e-3
OUTSIDE: Final = np.array([[[0, 0], [0, 0], [-1e4, -1e4]]])
"""An affine map (1, 3, 2) to a place far outside of any source."""


@dataclass(frozen=True)
class Mesh:
    """Hold the points and triangles of a head."""

    texture: Floats
    """(V, 2), landmarks first."""
    depth: Floats
    """(V,)."""
    triangles: Triangles
    """All of one orientation."""


def rings() -> Floats:
    """Return mesh points that are no landmarks, (R, 2): forehead, skull, edge of the texture."""
    x, y = EYE_CENTRE
    points = []
    for right, up in FOREHEAD:
        across = EYE_DISTANCE * right
        down = -EYE_DISTANCE * up
        points.append((x + across, y + down))
    middle = y + 0.1 * EYE_DISTANCE
    # A little more than the upper half of an ellipse: from ear to ear.
    for angle in np.linspace(np.pi * 0.98, np.pi * 2.02, SKULL_POINTS):
        across = 1.33 * EYE_DISTANCE * np.cos(angle)
        down = 1.85 * EYE_DISTANCE * np.sin(angle)
        points.append((x + across, middle + down))
    return np.array(points + _edge(), np.float32)


def _edge() -> list[tuple[float, float]]:
    """Return points on the edge of the texture, a quarter of its sides apart."""
    right = WIDTH - 1.0
    bottom = HEIGHT - 1.0
    points = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        down = share * bottom
        points.append((0.0, down))
        points.append((right, down))
    for share in (0.25, 0.5, 0.75):
        across = share * right
        points.append((across, 0.0))
        points.append((across, bottom))
    return points


def head_mesh(landmarks: Floats) -> Mesh:
    """Return the mesh over landmarks (68, 2) in texture pixels; it has fewer than 256 triangles."""
    texture = np.vstack([landmarks, rings()]).astype(np.float32)
    triangles = Delaunay(texture).simplices
    return Mesh(
        texture=texture,
        depth=head_depth(texture),
        triangles=np.asarray(triangles, np.int32),
    )


def head_depth(points: Floats) -> Floats:
    """Return the depth (V,) of a simple head.

    It is an ellipsoid with a nose, sunken eyes and full lips; landmarks come first.
    """
    x, y = _about_eyes(points)
    across = (x / 1.32) ** 2
    down = ((y - 0.5) / 2.6) ** 2
    inside = 1 - across - down
    ellipsoid = 1.45 * np.sqrt(np.abs(inside))
    # Outside the ellipsoid the surface falls on, without a step.
    depth = np.where(inside > 0, ellipsoid, 0.9 * inside)
    # By the cube of its place: the chin stays, the ends of the jaw go back to the ears.
    to_ear = np.abs(x[JAW] / x[0])
    depth[JAW] -= 0.25 * to_ear**3
    depth[NOSE_BRIDGE] += (0.04, 0.14, 0.24, 0.34)
    depth[NOSE_BASE] += (0.05, 0.12, 0.18, 0.12, 0.05)
    depth[EYE_LEFT] -= 0.12
    depth[EYE_RIGHT] -= 0.12
    depth[LIPS_OUTER] += 0.04
    depth[LIPS_INNER] += 0.04
    depth[SKULL] = 0.25 * np.abs(inside[SKULL])
    return np.asarray(depth * EYE_DISTANCE, np.float32)


def _about_eyes(points: Floats) -> tuple[Floats, Floats]:
    """Return x and y (V,) each, from the eyes' middle, in eye distances."""
    eye_x, eye_y = EYE_CENTRE
    x = (points[:, 0] - eye_x) / EYE_DISTANCE
    y = (points[:, 1] - eye_y) / EYE_DISTANCE
    return x, y


@dataclass(frozen=True)
class Relief:
    """Hold what makes one person's profile differ, each about a standard normal deviate."""

    nose: float = 0.0
    flat: float = 0.0
    chin: float = 0.0
    lips: float = 0.0


def own_depth(mesh: Mesh, relief: Relief) -> Floats:
    """Return the depth (V,) of one person's head, texture pixels.

    Differs from the shape that `vitrine.vision.pose` fits (`models/canonical_shape_68.json`)
    in the mean, which is an ellipsoid with features set on it, and in each person: noses
    are longer or shorter by 0.09 eye distances (one deviation), cheeks go back more or less, chins
    and lips stand out or recede. So the head pose found from true points is as wrong as on people
    whose profile nobody knows.
    """
    x, y = _about_eyes(mesh.texture)
    aside = np.minimum(x**2, 1.6) - 0.3
    change = 0.12 * relief.flat * aside
    chin = np.clip((y - 0.9) / 0.9, 0, 1)
    change += 0.13 * relief.chin * chin
    # More towards the tip.
    bridge = np.array([0.2, 0.5, 0.8, 1.0])
    change[NOSE_BRIDGE] += 0.09 * relief.nose * bridge
    change[NOSE_BASE] += 0.06 * relief.nose
    change[LIPS_OUTER] += 0.04 * relief.lips
    change[LIPS_INNER] += 0.04 * relief.lips
    return np.asarray(mesh.depth + EYE_DISTANCE * change, np.float32)


def triangles_under(mesh: Mesh, alpha: Image) -> Triangles:
    """Return the triangles that hold any of the texture's opaque pixels, alpha (HEIGHT, WIDTH)."""
    corners = mesh.texture[mesh.triangles]
    owner = _owner(corners, (WIDTH, HEIGHT))
    under = owner[alpha > 0]
    numbers = np.setdiff1d(under, 0).astype(np.intp)
    return mesh.triangles[numbers - 1]


def _owner(
    corners: NDArray[np.floating],
    size: tuple[int, int],
) -> NDArray[np.int16]:
    """Return which triangle (T, 3, 2) covers each pixel, counted from 1; 0 for none."""
    owner = np.zeros(size[::-1], np.int16)
    # OpenCV takes fractions of a pixel as integers.
    fixed_point = np.rint(corners * 2**FRACTION_BITS).astype(np.int32)
    for number, triangle in enumerate(fixed_point, start=1):
        cv2.fillConvexPoly(
            owner,
            triangle,
            number,
            shift=FRACTION_BITS,
        )
    return owner


def facing(
    points: Floats,
    distance: Floats,
    triangles: Triangles,
) -> Triangles:
    """Return the triangles over projected points (V, 2) that face the camera, far ones first."""
    a, b, c = points[triangles].transpose(1, 0, 2)
    ab_x, ab_y = (b - a).T
    ac_x, ac_y = (c - a).T
    # Twice the area, below 0 for a triangle that is seen from behind.
    area = ab_x * ac_y - ab_y * ac_x
    seen = triangles[area > 0]
    nearness = -distance[seen].mean(axis=1)
    # Stable: triangles that are equally near keep their order.
    order = np.argsort(nearness, kind="stable")
    return np.asarray(seen[order], np.int32)


def sources(
    source: Floats,
    target: Floats,
    triangles: Triangles,
    size: tuple[int, int],
) -> tuple[Floats, Floats]:
    """Return where each pixel of a picture of `size` (width, height) comes from.

    The mesh moves from `source` to `target` (V, 2), piecewise affine; later triangles cover earlier
    ones, outside of all is far outside of any source. Columns and rows are (h, w) each.
    """
    corners = target[triangles].astype(np.float64)
    ones = np.ones((*corners.shape[:2], 1))
    homogeneous = np.concatenate([corners, ones], axis=2)
    area = np.abs(np.linalg.det(homogeneous))
    # A triangle seen from its side has no area, and no map.
    seen = area > FLATTEST
    from_corners = source[triangles[seen]].astype(np.float64)
    affine = np.linalg.solve(homogeneous[seen], from_corners)
    owner = _owner(corners[seen], size)
    # Number 0 of `owner`, no triangle, comes from far outside.
    maps = np.concatenate([OUTSIDE, affine]).astype(np.float32)
    column_maps, row_maps = maps.transpose(2, 1, 0).copy()
    columns = _mapped(column_maps, owner)
    rows = _mapped(row_maps, owner)
    return columns, rows


def _mapped(maps: Floats, owner: NDArray[np.int16]) -> Floats:
    """Return one coordinate of each pixel's source, by the affine map (3, T) of its triangle."""
    height, width = owner.shape
    x = np.arange(width, dtype=np.float32)
    y = np.arange(height, dtype=np.float32)[:, None]
    across, down, offset = maps
    from_x = across.take(owner) * x
    from_y = down.take(owner) * y
    return np.asarray(from_x + from_y + offset.take(owner))


def warp(
    image: Image,
    source: Floats,
    target: Floats,
    triangles: Triangles,
    size: tuple[int, int],
    border: int = cv2.BORDER_CONSTANT,
) -> Image:
    """Return the image on a mesh, moved as by `sources`; outside is 0."""
    columns, rows = sources(source, target, triangles, size)
    warped = cv2.remap(
        image,
        columns,
        rows,
        cv2.INTER_LINEAR,
        borderMode=border,
    )
    return np.asarray(warped, np.uint8)
