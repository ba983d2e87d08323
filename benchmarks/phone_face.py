"""A drawn person before a phone's camera, who does what enrolling asks: as a film for a browser."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from vitrine.customers.challenge import Step
from vitrine.synthetic.figure import Look, draw_figure, draw_look
from vitrine.synthetic.head import Stance
from vitrine.synthetic.mesh import head_mesh
from vitrine.synthetic.people import load_basis
from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose

WIDTH: Final = 640
HEIGHT: Final = 480
FPS: Final = 10
EYE_DISTANCE: Final = 78.0
"""Pixels: somebody at arm's length."""
TURN_DEG: Final = 27.0
# Each movement in frames: there, held, back.
MOVE: Final = 6
HOLD: Final = 8
FRONT: Final = 10
# Drawn eyes are blurred: opened wider than in their basis, they differ from closed ones as those of
# people do (0.58 of the opening with seed 6; blinks of people in two videos 0.61 to 0.72).
WIDER: Final = -0.6
UPPER_LIDS: Final = (37, 38, 43, 44)
LOWER_LIDS: Final = (41, 40, 47, 46)


def draw_face(seed: int) -> Look:
    """Return how a drawn person looks; another seed is somebody else."""
    basis = load_basis()
    streams = [np.random.default_rng([seed, number]) for number in range(3)]
    return draw_look(basis, head_mesh(basis.mean_shape), *streams)


def draw_view(look: Look, yaw: float, *, closed: float = 0) -> Image:
    """Return a picture (HEIGHT, WIDTH, 3) of a head that is turned by degrees.

    The eyes are `closed` from 0 to 1.
    """
    picture = np.full((HEIGHT, WIDTH, 3), (176, 182, 186), np.uint8)
    stance = Stance(
        HeadPose(yaw, 0, 0),
        pivot=(0.5 * WIDTH, 0.45 * HEIGHT),
        eye_distance=EYE_DISTANCE,
    )
    shown = _with_lids(look, WIDER + closed * (1 - WIDER))
    layers, _ = draw_figure(
        shown,
        stance,
        earlier=stance,
        size=(WIDTH, HEIGHT),
        focal=float(WIDTH),
    )
    for layer in layers:
        layer.paste(picture)
    return picture


def film(look: Look, steps: Sequence[Step]) -> Iterator[Image]:
    """Yield the frames of somebody who takes some steps, and looks into the camera in between."""
    for step in steps:
        for _ in range(FRONT):
            yield draw_view(look, 0)
        for share in _course():
            if step == "close":
                yield draw_view(look, 0, closed=share)
            else:
                side = 1 if step == "left" else -1
                yield draw_view(look, side * share * TURN_DEG)


def write_film(path: Path, frames: Iterator[Image]) -> None:
    """Write a file of Motion JPEG, as Chromium takes it for a camera."""
    with path.open("wb") as file:
        for frame in frames:
            _, encoded = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 90])
            file.write(encoded.tobytes())


def _course() -> list[float]:
    """Return how far a movement is in each of its frames, 0 to 1."""
    there = np.linspace(0, 1, MOVE).tolist()
    return [*there, *[1.0] * HOLD, *reversed(there)]


def _with_lids(look: Look, share: float) -> Look:
    """Return a look whose upper lids come down by a share of the way to the lower ones."""
    view = look.head.view
    shape = view.shape.copy()
    for upper, lower in zip(UPPER_LIDS, LOWER_LIDS, strict=True):
        shape[upper] += share * (shape[lower] - shape[upper])
    head = replace(look.head, view=replace(view, shape=shape))
    return replace(look, head=head)
