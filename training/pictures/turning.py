"""Real faces turned farther than they were photographed, because photos show few turned heads.

The points get the depth of the mean face in their pose and turn about a point inside the head; the
picture follows them piecewise linearly, while the head's outline and all behind it stay (after
face profiling, Zhu et al. 2016, arXiv:1511.07212). Where the jaw of a turned head is seen depends
on the very head, so its points are not trained on.

Angles and the outline were chosen by looking at turned faces, not measured.
"""

from dataclasses import dataclass
from itertools import product
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator

from training.pictures.cuts import CACHE_SIZE, CachedFace
from vitrine.vision.crop import Image
from vitrine.vision.pose import head_pose, mean_shape, rotation
from vitrine.vision.shape import BROW_LEFT, BROW_RIGHT, JAW, Points

Floats = NDArray[np.float64]

LEAST_TURN: Final = 12.0
MOST_TURN: Final = 35.0
"""Degrees that a face is turned by, at least and at most."""
FARTHEST: Final = 45.0
"""Degrees of yaw or pitch after turning; beyond, what was hidden would have to be invented."""
PIVOT: Final = np.array([0.0, 0.2, 0.55])
"""Inside the head, in the mean shape's coordinates: between the ears."""
OUTLINE: Final = np.array([1.15, 1.6])
"""Half width and half height of the outline that stays around the pivot.

In distances of the outer eye corners.
"""
FOREHEAD: Final = np.array([0.0, -0.45, 0.12])
"""From the brows to the forehead's points, in the mean shape's coordinates."""
FAR: Final = (-200.0, CACHE_SIZE + 200.0)
"""Corners of the plane that is interpolated: far outside, where nothing moves."""
GRID: Final = 4
"""Pixels between the places where the warp is computed."""


@dataclass(frozen=True)
class _Turn:
    """Hold the turn of a head that is seen by weak perspective."""

    before: Floats
    after: Floats
    """Rotations (3, 3) from model to camera axes."""
    scale: float
    """Pixels a distance of the outer eye corners."""
    origin: Floats
    """Place of the mean shape's origin in the picture, (2,)."""

    def depth(self, model: Floats) -> Floats:
        """Return the depth of model points (n, 3), in pixels."""
        return np.asarray(self.scale * model @ self.before[2])

    @property
    def pivot(self) -> Floats:
        """(3,), pixels."""
        origin = np.append(self.origin, 0)
        return np.asarray(origin + self.scale * (self.before @ PIVOT))

    def moved(self, points: Points, depth: Floats) -> Floats:
        """Return points (n, 2) of depths (n,) after the turn."""
        solid = np.column_stack([points, depth]) - self.pivot
        turn = self.after @ self.before.T
        turned_solid = solid @ turn.T + self.pivot
        return np.asarray(turned_solid[:, :2])


def turned(face: CachedFace, rng: np.random.Generator) -> CachedFace | None:
    """Turn a view by 12 to 35 degrees more to its side, or up or down.

    None where it would be too far.
    """
    pose = head_pose(face.points, CACHE_SIZE, CACHE_SIZE)
    yaw, pitch = _drawn_pose(pose.yaw, pose.pitch, rng)
    if max(abs(yaw), abs(pitch)) > FARTHEST:
        return None
    before = rotation(pose.yaw, pose.pitch, pose.roll)
    after = rotation(yaw, pitch, pose.roll)
    turn = _turn_of(face.points, before, after)
    points = turn.moved(face.points, turn.depth(mean_shape()))
    # Where the jaw of a turned head is seen depends on the very head.
    certain = np.ones(len(points), bool)
    certain[JAW] = False
    image = _warped(face, points, turn)
    return CachedFace(image, points.astype(np.float32), certain)


def _drawn_pose(
    yaw: float,
    pitch: float,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Return yaw and pitch after the turn, degrees; six in ten turn to a side.

    A head that looks to a side mostly turns farther to it; one that looks straight ahead turns to
    either, and the same with up and down.
    """
    more = rng.uniform(LEAST_TURN, MOST_TURN)
    if rng.random() < 0.6:
        side = 1 if yaw + rng.normal(0, 5) > 0 else -1
        return yaw + side * more, pitch
    side = 1 if pitch + rng.normal(0, 12) > 0 else -1
    return yaw, pitch + side * more


def _turn_of(
    points: Points,
    before: Floats,
    after: Floats,
) -> _Turn:
    """Fit the mean shape, turned by `before`, to the points."""
    model = mean_shape() @ before[:2].T
    middle = points.mean(axis=0)
    model_middle = model.mean(axis=0)
    spread = model - model_middle
    shared = ((points - middle) * spread).sum()
    scale = float(shared / (spread**2).sum())
    return _Turn(before, after, scale, middle - scale * model_middle)


def _warped(
    face: CachedFace,
    points: Floats,
    turn: _Turn,
) -> Image:
    """Return the picture whose points moved to `points`."""
    brows = np.r_[BROW_LEFT, BROW_RIGHT]
    forehead = face.points[brows] + turn.scale * (FOREHEAD @ turn.before[:2].T)
    forehead_depth = turn.depth(mean_shape()[brows] + FOREHEAD)
    forehead_moved = turn.moved(forehead, forehead_depth)
    still = _still_points(turn)
    from_here = LinearNDInterpolator(
        np.vstack([points, forehead_moved, still]),
        np.vstack([face.points, forehead, still]),
    )
    line = np.arange(
        0,
        CACHE_SIZE + GRID,
        GRID,
        dtype=np.float64,
    )
    places = np.stack(np.meshgrid(line, line), axis=-1)
    found = from_here(places)
    # Outside all triangles nothing moves.
    sources = np.where(np.isnan(found), places, found).astype(np.float32)
    x, y = cv2.split(_dense(sources))
    bent = cv2.remap(
        face.image,
        x,
        y,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(bent, np.uint8)


def _still_points(turn: _Turn) -> Floats:
    """Return the outline of the head and the far corners, (28, 2)."""
    around = np.linspace(
        0,
        2 * np.pi,
        24,
        endpoint=False,
    )
    circle = np.column_stack([np.cos(around), np.sin(around)])
    outline = turn.pivot[:2] + turn.scale * OUTLINE * circle
    corners = np.array(list(product(FAR, FAR)))
    return np.vstack([outline, corners])


def _dense(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """Interpolate values at every GRID-th pixel to every pixel of the cut."""
    rows, columns = coarse.shape[:2]
    size = (columns * GRID, rows * GRID)
    fine = cv2.resize(
        coarse,
        size,
        interpolation=cv2.INTER_LINEAR,
    )
    # cv2.resize puts value k in the middle of its block, not at its first pixel.
    shift = (GRID - 1) / 2
    back = np.array([[1, 0, -shift], [0, 1, -shift]])
    there = cv2.warpAffine(
        fine,
        back,
        size,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.ascontiguousarray(there[:CACHE_SIZE, :CACHE_SIZE])
