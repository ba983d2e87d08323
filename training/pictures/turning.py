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
from numpy.random import Generator
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
        away = self.before[2]
        return np.asarray(self.scale * model @ away)

    @property
    def pivot(self) -> Floats:
        """(3,), pixels."""
        origin = np.append(self.origin, 0)
        turned_pivot = self.before @ PIVOT
        place = origin + self.scale * turned_pivot
        return np.asarray(place)

    def moved(self, points: Points, depth: Floats) -> Floats:
        """Return points (n, 2) of depths (n,) after the turn."""
        solid = np.column_stack([points, depth])
        centred = solid - self.pivot
        # Back to the model's axes, then to those of the camera after the turn.
        turn = self.after @ self.before.T
        turned_centred = centred @ turn.T
        turned_solid = turned_centred + self.pivot
        return np.asarray(turned_solid[:, :2])


def turned(face: CachedFace, rng: Generator) -> CachedFace | None:
    """Turn a view by 12 to 35 degrees more to its side, or up or down.

    None where it would be too far.
    """
    pose = head_pose(face.points, CACHE_SIZE, CACHE_SIZE)
    yaw, pitch = _drawn_pose(pose.yaw, pose.pitch, rng)
    farthest = max(abs(yaw), abs(pitch))
    if farthest > FARTHEST:
        return None
    before = rotation(pose.yaw, pose.pitch, pose.roll)
    after = rotation(yaw, pitch, pose.roll)
    turn = _turn_of(face.points, before, after)
    depth = turn.depth(mean_shape())
    points = turn.moved(face.points, depth)
    # Where the jaw of a turned head is seen depends on the very head.
    certain = np.ones(len(points), bool)
    certain[JAW] = False
    image = _warped(face, points, turn)
    return CachedFace(
        image,
        points.astype(np.float32),
        certain,
    )


def _drawn_pose(
    yaw: float,
    pitch: float,
    rng: Generator,
) -> tuple[float, float]:
    """Return yaw and pitch after the turn, degrees; six in ten turn to a side.

    A head that looks to a side mostly turns farther to it; one that looks straight ahead turns to
    either, and the same with up and down.
    """
    more = rng.uniform(LEAST_TURN, MOST_TURN)
    # Near 0 the side is a matter of chance; the spreads were chosen, not measured.
    if rng.random() < 0.6:
        seen_yaw = yaw + rng.normal(0, 5)
        return _farther(yaw, more, seen_yaw), pitch
    seen_pitch = pitch + rng.normal(0, 12)
    return yaw, _farther(pitch, more, seen_pitch)


def _farther(
    angle: float,
    more: float,
    seen: float,
) -> float:
    """Return an angle turned by more degrees to the side on which it was seen."""
    if seen > 0:
        return angle + more
    return angle - more


def _turn_of(
    points: Points,
    before: Floats,
    after: Floats,
) -> _Turn:
    """Fit the mean shape, turned by `before`, to the points."""
    to_plane = before[:2]
    model = mean_shape() @ to_plane.T
    middle = points.mean(axis=0)
    model_middle = model.mean(axis=0)
    centred = points - middle
    model_centred = model - model_middle
    products = centred * model_centred
    squares = model_centred**2
    # Least squares.
    scale = float(products.sum() / squares.sum())
    origin = middle - scale * model_middle
    return _Turn(
        before,
        after,
        scale,
        origin,
    )


def _warped(
    face: CachedFace,
    points: Floats,
    turn: _Turn,
) -> Image:
    """Return the picture whose points moved to `points`."""
    brows = np.r_[BROW_LEFT, BROW_RIGHT]
    to_plane = turn.before[:2]
    above_brows = FOREHEAD @ to_plane.T
    forehead = face.points[brows] + turn.scale * above_brows
    forehead_model = mean_shape()[brows] + FOREHEAD
    forehead_depth = turn.depth(forehead_model)
    forehead_moved = turn.moved(forehead, forehead_depth)
    still = _still_points(turn)
    moved_to = np.vstack([points, forehead_moved, still])
    moved_from = np.vstack([face.points, forehead, still])
    sources = _sources(moved_to, moved_from)
    x, y = cv2.split(_dense(sources))
    bent = cv2.remap(
        face.image,
        x,
        y,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(bent, np.uint8)


def _sources(moved_to: Floats, moved_from: Floats) -> NDArray[np.float32]:
    """Return where every GRID-th pixel of the cut comes from, (rows, columns, 2)."""
    from_here = LinearNDInterpolator(moved_to, moved_from)
    line = np.arange(
        0,
        CACHE_SIZE + GRID,
        GRID,
        dtype=np.float64,
    )
    x, y = np.meshgrid(line, line)
    places = np.stack([x, y], axis=-1)
    found = from_here(places)
    # Outside all triangles nothing moves.
    outside = np.isnan(found)
    sources = np.where(outside, places, found)
    return sources.astype(np.float32)


def _still_points(turn: _Turn) -> Floats:
    """Return the outline of the head and the far corners, (28, 2)."""
    around = np.linspace(
        0,
        2 * np.pi,
        24,
        endpoint=False,
    )
    x = np.cos(around)
    y = np.sin(around)
    circle = np.column_stack([x, y])
    middle = turn.pivot[:2]
    outline = middle + turn.scale * OUTLINE * circle
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
    back = np.array(
        [
            [1, 0, -shift],
            [0, 1, -shift],
        ]
    )
    there = cv2.warpAffine(
        fine,
        back,
        size,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.ascontiguousarray(there[:CACHE_SIZE, :CACHE_SIZE])
