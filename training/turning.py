"""Real faces turned farther than they were photographed, because sets of photos hold few turned heads.

The points get the depth of the mean face in their pose and turn about a point inside the head; the picture
follows them piecewise linearly, while the head's outline and all behind it stay (after face profiling, Zhu et
al. 2016, arXiv:1511.07212). Where the jaw of a turned head is seen depends on the very head, so its points
are not trained on.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator

from training.augmentation import CACHE_SIZE, CachedFace
from vitrine.vision.crop import Image
from vitrine.vision.pose import head_pose, mean_shape, rotation
from vitrine.vision.shape import BROW_LEFT, BROW_RIGHT, JAW, Points

FARTHEST: Final = 45.0
"""Degrees of yaw or pitch after turning; beyond, what was hidden would have to be invented."""
PIVOT: Final = np.array([0.0, 0.2, 0.55])
"""Inside the head, in the mean shape's coordinates: between the ears."""
OUTLINE: Final = np.array([1.15, 1.6])
"""Half width and half height of the outline that stays, around the pivot, in distances of the eye corners."""
FOREHEAD: Final = np.array([0.0, -0.45, 0.12])
"""From the brows to the forehead's points."""
FAR: Final = (-200.0, CACHE_SIZE + 200.0)
GRID: Final = 4
"""Pixels between the places where the warp is computed."""


@dataclass(frozen=True)
class _Turn:
    """Of a head seen by weak perspective."""

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    """Rotations (3, 3) from model to camera axes."""
    scale: float
    """Pixels a distance of the outer eye corners."""
    origin: NDArray[np.float64]
    """Where the mean shape's origin lies in the picture, (2,)."""

    def depth(self, model: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of model points (n, 3), in pixels."""
        return np.asarray(self.scale * model @ self.before[2])

    @property
    def pivot(self) -> NDArray[np.float64]:
        """(3,), pixels."""
        return np.asarray(
            np.append(self.origin, 0) + self.scale * (self.before @ PIVOT)
        )

    def moved(self, points: Points, depth: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (n, 2) of depths (n,), after the turn."""
        solid = np.column_stack([points, depth]) - self.pivot
        return np.asarray((solid @ (self.after @ self.before.T).T + self.pivot)[:, :2])


def turned(face: CachedFace, rng: np.random.Generator) -> CachedFace | None:
    """A view turned by 12 to 35 degrees more to its side, or up or down; None where it would be too far."""
    pose = head_pose(face.points, CACHE_SIZE, CACHE_SIZE)
    more = rng.uniform(12, 35)
    yaw = pose.yaw
    pitch = pose.pitch
    if rng.random() < 0.6:
        yaw += more if yaw + rng.normal(0, 5) > 0 else -more
    else:
        pitch += more if pitch + rng.normal(0, 12) > 0 else -more
    if max(abs(yaw), abs(pitch)) > FARTHEST:
        return None
    turn = _turn_of(
        face.points,
        rotation(pose.yaw, pose.pitch, pose.roll),
        rotation(yaw, pitch, pose.roll),
    )
    points = turn.moved(face.points, turn.depth(mean_shape()))
    certain = np.ones(len(points), bool)
    certain[JAW] = False
    return CachedFace(_warped(face, points, turn), points.astype(np.float32), certain)


def _turn_of(
    points: Points, before: NDArray[np.float64], after: NDArray[np.float64]
) -> _Turn:
    """The mean shape, turned by `before`, fitted to the points."""
    model = mean_shape() @ before[:2].T
    middle = points.mean(axis=0)
    model_middle = model.mean(axis=0)
    spread = model - model_middle
    scale = float(((points - middle) * spread).sum() / (spread**2).sum())
    return _Turn(before, after, scale, middle - scale * model_middle)


def _warped(face: CachedFace, points: NDArray[np.float64], turn: _Turn) -> Image:
    """The picture whose points moved to `points`."""
    brows = np.r_[BROW_LEFT, BROW_RIGHT]
    forehead = face.points[brows] + turn.scale * (FOREHEAD @ turn.before[:2].T)
    forehead_moved = turn.moved(forehead, turn.depth(mean_shape()[brows] + FOREHEAD))
    around = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    still = turn.pivot[:2] + turn.scale * OUTLINE * np.column_stack(
        [np.cos(around), np.sin(around)]
    )
    far = np.array([(x, y) for x in FAR for y in FAR])
    from_here = LinearNDInterpolator(
        np.vstack([points, forehead_moved, still, far]),
        np.vstack([face.points, forehead, still, far]),
    )
    line = np.arange(0, CACHE_SIZE + GRID, GRID, dtype=np.float64)
    places = np.stack(np.meshgrid(line, line), axis=-1)
    found = from_here(places)
    x, y = cv2.split(
        _dense(np.where(np.isnan(found), places, found).astype(np.float32))
    )
    bent = cv2.remap(
        face.image, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(bent, np.uint8)


def _dense(coarse: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values at every GRID-th pixel → at every pixel of the cut."""
    size = coarse.shape[1] * GRID, coarse.shape[0] * GRID
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    shift = (GRID - 1) / 2  # cv2.resize puts value k in the middle of its block
    there = cv2.warpAffine(
        fine,
        np.array([[1, 0, -shift], [0, 1, -shift]]),
        size,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.ascontiguousarray(there[:CACHE_SIZE, :CACHE_SIZE])
