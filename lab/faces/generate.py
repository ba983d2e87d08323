"""Draw videos of people who do not exist, with the heads of the synthetic mall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.lab.faces.face_videos import FaceVideo, Floats
from vitrine.synthetic.figure import Look, draw_figure, draw_look
from vitrine.synthetic.head import Stance, face_model, landmarks
from vitrine.synthetic.mesh import Mesh, head_mesh
from vitrine.synthetic.people import Basis, load_basis
from vitrine.synthetic.truth import face_box
from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose
from vitrine.vision.shape import POINT_COUNT

SIDES: Final = (120, 160, 200)
"""Pixels of a picture's sides, of one video or another."""
# Of a lens, as a share of the side: a face that fills a picture of a telephone.
FOCAL: Final = 2.0
# A video has at least this share of the frames asked for.
SHORTEST: Final = 0.5
FPS: Final = 10.0
# Of a video: where the camera hangs and how large the face is. Chosen by eye.
YAW_SPREAD: Final = 14.0
PITCH_SPREAD: Final = 7.0
EYES: Final = (0.16, 0.25)
"""Between the eyes, as a share of the side."""
# Of a movement within a video: degrees, and turns a second. Chosen by eye.
SWAY: Final = HeadPose(yaw=11.0, pitch=5.0, roll=4.0)
TEMPO: Final = (0.08, 0.3)


@dataclass(frozen=True, slots=True)
class Movement:
    """Hold how a head moves in one video: sums of two waves for each angle."""

    side: int
    """Of the picture, in pixels."""
    base: HeadPose
    pivot: tuple[float, float]
    eyes: float
    waves: Floats
    """(5, 2, 3): amplitude, turns a second and phase of yaw, pitch, roll, smile and mouth."""

    def stance(self, at_s: float) -> Stance:
        """Return how the head stands after so many seconds."""
        amplitude, tempo, phase = np.moveaxis(self.waves, -1, 0)
        waves = (amplitude * np.sin(2 * np.pi * tempo * at_s + phase)).sum(axis=1)
        yaw, pitch, roll, smile, mouth = waves.tolist()
        pose = HeadPose(
            self.base.yaw + yaw, self.base.pitch + pitch, self.base.roll + roll
        )
        return Stance(
            pose=pose,
            pivot=self.pivot,
            eye_distance=self.eyes,
            smile=min(1.0, max(0.0, smile)),
            open_mouth=min(1.0, max(0.0, mouth)),
        )


def draw_movement(rng: np.random.Generator) -> Movement:
    """Draw where a camera hangs, and how the head before it moves."""
    amplitudes = np.array([SWAY.yaw, SWAY.pitch, SWAY.roll, 0.8, 0.4])
    waves = np.stack(
        [
            amplitudes[:, None] * rng.uniform(0.3, 0.9, (5, 2)),
            rng.uniform(*TEMPO, (5, 2)),
            rng.uniform(0, 2 * np.pi, (5, 2)),
        ],
        axis=-1,
    )
    yaw = rng.normal(0, YAW_SPREAD)
    pitch = rng.normal(0, PITCH_SPREAD)
    side = int(rng.choice(SIDES))
    x, y = rng.normal(side / 2, side / 40, 2)
    return Movement(
        side=side,
        base=HeadPose(float(yaw), float(pitch), 0.0),
        pivot=(float(x), float(y)),
        eyes=float(rng.uniform(*EYES)) * side,
        waves=waves,
    )


class Studio:
    """Draw videos; the same seed, person and video give the same pictures."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._basis: Basis = load_basis()
        self._mesh: Mesh = head_mesh(self._basis.mean_shape)

    def video(self, person: int, number: int, frames: int) -> FaceVideo:
        """Draw a video of at most so many frames; `person` and `number` count from 0."""
        look = draw_look(
            self._basis,
            self._mesh,
            person=self._rng(0, person),
            visit=self._rng(1, person, number),
            clothes=self._rng(2, person, number),
        )
        rng = self._rng(3, person, number)
        movement = draw_movement(rng)
        wall = _draw_wall(movement.side, rng)
        length = max(1, round(frames * rng.uniform(SHORTEST, 1)))
        images = []
        points = []
        spatial = []
        for frame in range(length):
            stance = movement.stance(frame / FPS)
            earlier = movement.stance((frame - 0.2) / FPS)
            images.append(_draw(look, stance, earlier, wall))
            points.append(landmarks(look.head, stance, FOCAL * movement.side))
            spatial.append(landmarks_3d(look, stance))
        name = f"Synthetic_{person + 1:03d}"
        return FaceVideo(
            video=f"{name}_{number}",
            person=name,
            images=np.array(images)[..., ::-1],
            boxes=np.array([box_corners(one) for one in points]),
            points=np.array(points, np.float64),
            points_3d=np.array(spatial, np.float64),
        )

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, *stream])


def landmarks_3d(look: Look, stance: Stance) -> Floats:
    """Return the landmarks (68, 3) in pixels, without perspective; more is farther away."""
    model = face_model(look.head.view, look.head.mesh, stance)[:POINT_COUNT]
    turned = model @ stance.turn().T * stance.eye_distance
    return np.asarray(turned + np.array([*stance.pivot, 0.0]), np.float64)


def box_corners(
    points: NDArray[np.floating],
) -> Floats:
    """Return the corners (4, 2) of the box about landmarks (68, 2)."""
    x, y, width, height = face_box(np.asarray(points, np.float32))
    right, bottom = x + width, y + height
    return np.array([[x, y], [right, y], [right, bottom], [x, bottom]])


def _draw_wall(side: int, rng: np.random.Generator) -> Image:
    """Draw a wall whose light falls off to one side."""
    light = np.linspace(rng.uniform(60, 120), rng.uniform(120, 200), side)
    wall = np.repeat(light[None, :, None], side, axis=0) * rng.uniform(0.85, 1, 3)
    noise = rng.normal(0, 3, wall.shape)
    return np.asarray(np.clip(wall + noise, 0, 255), np.uint8)


def _draw(look: Look, stance: Stance, earlier: Stance, wall: Image) -> Image:
    """Draw a frame before a wall (side, side, 3) BGR."""
    picture = wall.copy()
    side = len(wall)
    layers, _ = draw_figure(look, stance, earlier, (side, side), FOCAL * side)
    for layer in layers:
        layer.paste(picture)
    return np.asarray(cv2.GaussianBlur(picture, (3, 3), 0.6), np.uint8)
