"""Draw presentation attacks: faces of photos and films on paper, screens and masks.

A plane (or bent sheet, or relief) with a picture on it is held before a camera of 640×360 whose
focal length is the longer side. What moves it is a sum of slow swings and a hand's tremor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.crop import Image
from vitrine.vision.pose import mean_shape, rotation
from vitrine.vision.shape import outer_eye_distance

Numbers = NDArray[np.float64]
Kind = Literal[
    "print-still",
    "print-moved",
    "print-bent",
    "print-eyes-cut",
    "screen-photo",
    "screen-film",
    "mask-relief",
]
FILM: Final[Kind] = "screen-film"
KINDS: Final[tuple[Kind, ...]] = (
    "print-still",
    "print-moved",
    "print-bent",
    "print-eyes-cut",
    "screen-photo",
    "screen-film",
    "mask-relief",
)
WIDTH: Final = 640
HEIGHT: Final = 360
FOCAL_PX: Final = 640.0
# All below is chosen, not measured: what a hand does, and what paper and screens look like.
TREMOR_DEG: Final = 0.5
TREMOR_SHARE: Final = 0.004
"""Of the face's height, by which a hand shakes."""
STRIPS: Final = 24
"""Planes that a bent sheet is drawn as."""
NOISE: Final = 2.5
"""Standard deviation of the camera's noise, of 255."""
LENS_PX: Final = 0.6
"""Standard deviation of the blur of the lens."""
EYES: Final = (slice(36, 42), slice(42, 48))
BLINK_EVERY_S: Final = 3.0
BLINK_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold a picture of a face, and its points (68, 2) in pixels of it."""

    image: Image
    points: Numbers

    @property
    def face_px(self) -> float:
        """The height of the face: from the brows to the chin, and a forehead."""
        return float(1.3 * np.ptp(self.points[:, 1]))


@dataclass(frozen=True, slots=True)
class Motion:
    """Hold the swings of what is held: amplitude, hertz and phase of each of six values.

    The values are yaw, pitch and roll in degrees, x and y in face heights, and the logarithm of
    the size.
    """

    amplitude: Numbers
    hertz: Numbers
    phase: Numbers

    @classmethod
    def drawn(cls, rng: np.random.Generator, amplitude: Sequence[float]) -> Motion:
        """Return swings of about these amplitudes, each once in 3 to 8 s."""
        factors = rng.uniform(0.7, 1.3, len(amplitude))
        return cls(
            amplitude=np.asarray(amplitude) * factors,
            hertz=1 / rng.uniform(3, 8, len(amplitude)),
            phase=rng.uniform(0, 2 * np.pi, len(amplitude)),
        )

    def at(self, seconds: float) -> Numbers:
        """Return the six values at a time."""
        angle = 2 * np.pi * self.hertz * seconds + self.phase
        return np.asarray(self.amplitude * np.sin(angle))


# yaw, pitch, roll in degrees; x, y in face heights; logarithm of the size.
HELD: Final = (1.5, 1.5, 1.0, 0.03, 0.02, 0.01)
MOVED: Final = (28.0, 14.0, 8.0, 0.5, 0.2, 0.15)
TURNED: Final = (20.0, 8.0, 4.0, 0.1, 0.05, 0.03)
AMPLITUDES: Final[dict[Kind, tuple[float, ...]]] = {
    "print-still": HELD,
    "print-moved": MOVED,
    "print-bent": MOVED,
    "print-eyes-cut": TURNED,
    "screen-photo": MOVED,
    "screen-film": HELD,
    "mask-relief": TURNED,
}


def scene(
    kind: Kind,
    shown: Sequence[Shown],
    background: Image,
    seed: int,
    count: int,
    fps: float,
) -> Iterator[Image]:
    """Yield `count` pictures of an attack; of several pictures that are shown, one after another.

    All pictures that are shown have one size.
    """
    rng = np.random.default_rng(seed)
    behind = _background(background, rng)
    motion = Motion.drawn(rng, AMPLITUDES[kind])
    height_px = rng.uniform(70, 150)
    middle = np.array(
        [rng.uniform(0.35, 0.65) * WIDTH, rng.uniform(0.45, 0.55) * HEIGHT]
    )
    gain = rng.uniform(0.75, 1.1)
    draw = _drawer(kind, rng)
    for number in range(count):
        seconds = number / fps
        face = shown[number % len(shown)]
        values = motion.at(seconds)
        values[:3] += rng.normal(0, TREMOR_DEG, 3)
        values[3:5] += rng.normal(0, TREMOR_SHARE, 2)
        sheet, mask = draw(face, values, middle, height_px, seconds)
        yield _photographed(behind, sheet, mask, gain, rng)


Drawer = Callable[[Shown, Numbers, Numbers, float, float], tuple[Image, Image]]


def _drawer(kind: Kind, rng: np.random.Generator) -> Drawer:
    bend = rng.uniform(0.5, 0.9)
    bend_hertz = 1 / rng.uniform(3, 6)
    blink_phase = rng.uniform(0, BLINK_EVERY_S)
    look = _Screen.drawn(rng)

    def draw(
        face: Shown,
        values: Numbers,
        middle: Numbers,
        height_px: float,
        seconds: float,
    ) -> tuple[Image, Image]:
        image = face.image
        curve = 0.0
        if kind == "mask-relief":
            image, cover = relief(face, values[0], values[1])
            values = values.copy()
            values[:2] = 0
            return _on_sheet(image, cover, face, values, middle, height_px, 0.0)
        if kind == "print-bent":
            curve = bend * (1.2 + np.sin(2 * np.pi * bend_hertz * seconds))
        if kind == "print-eyes-cut":
            curve = bend
            if (seconds + blink_phase) % BLINK_EVERY_S < BLINK_S:
                image = _eyes_closed(face)
        if kind.startswith("screen"):
            image = look.shows(image)
        cover = np.full(image.shape[:2], 255, np.uint8)
        return _on_sheet(image, cover, face, values, middle, height_px, curve)

    return draw


def _on_sheet(
    image: Image,
    cover: Image,
    face: Shown,
    values: Numbers,
    middle: Numbers,
    height_px: float,
    curve: float,
) -> tuple[Image, Image]:
    """Return a sheet as the camera sees it, and the mask of where it is.

    `curve` is the angle in radians that a bent sheet spans, 0 for a flat one.
    """
    height, width = image.shape[:2]
    yaw, pitch, roll, right, down, larger = values
    scale = height_px * np.exp(larger) / face.face_px
    centre = face.points.mean(axis=0)
    # A life-size face: a distance at which the focal length makes it as high as it is drawn.
    depth = FOCAL_PX / scale
    turn = rotation(yaw, pitch, roll)
    at = middle + height_px * np.array([right, down])
    canvas = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    covered = np.zeros((HEIGHT, WIDTH), np.uint8)
    strips = STRIPS if curve else 1
    edges = np.linspace(0, width, strips + 1)
    for left, end in pairwise(edges):
        corners = np.array([[left, 0], [end, 0], [end, height], [left, height]])
        flat = corners - centre
        space = _bent(flat, curve, width)
        seen = space @ turn.T
        seen[:, 2] += depth
        projected = FOCAL_PX * seen[:, :2] / seen[:, 2:] + at
        # A strip reaches a pixel into the next one, so that no gap shows between them.
        first = max(0, int(left) - 1)
        last = min(width, int(np.ceil(end)) + 1)
        source = corners - [first, 0]
        matrix = np.asarray(
            cv2.getPerspectiveTransform(
                source.astype(np.float32),
                projected.astype(np.float32),
            ),
            np.float64,
        )
        _paste(
            canvas,
            covered,
            image[:, first:last],
            cover[:, first:last],
            matrix,
            projected,
        )
    return canvas, covered


def _paste(
    canvas: Image,
    covered: Image,
    image: Image,
    cover: Image,
    matrix: Numbers,
    corners: Numbers,
) -> None:
    """Draw a part of a sheet, by its homography, where its corners (4, 2) are on the canvas."""
    low = np.clip(np.floor(corners.min(axis=0)) - 1, 0, [WIDTH, HEIGHT]).astype(int)
    high = np.clip(np.ceil(corners.max(axis=0)) + 2, 0, [WIDTH, HEIGHT]).astype(int)
    size = high - low
    if size.min() <= 0:
        return
    shift = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]], float)
    here = shift @ matrix
    drawn = cv2.warpPerspective(
        np.ascontiguousarray(image),
        here,
        size.tolist(),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    there = cv2.warpPerspective(
        np.ascontiguousarray(cover),
        here,
        size.tolist(),
        flags=cv2.INTER_NEAREST,
    )
    box = np.s_[low[1] : high[1], low[0] : high[0]]
    np.copyto(canvas[box], drawn, where=(there > 0)[..., None])
    covered[box] = np.maximum(covered[box], there)


def _bent(flat: Numbers, curve: float, width: int) -> Numbers:
    """Return points (4, 2) of a sheet in space (4, 3), bent towards the camera at its middle."""
    space = np.zeros((len(flat), 3))
    space[:, :2] = flat
    if curve:
        radius = width / curve
        angle = flat[:, 0] / radius
        space[:, 0] = radius * np.sin(angle)
        space[:, 2] = radius * (1 - np.cos(angle))
    return space


def relief(face: Shown, yaw: float, pitch: float) -> tuple[Image, Image]:
    """Return a rigid mask with the picture on it, turned by degrees, and where it is.

    Its depth is the mean face's, at the picture's own points; all of it keeps still but the head.
    """
    height, width = face.image.shape[:2]
    across = float(outer_eye_distance(face.points))
    depth = mean_shape()[:, 2] * across
    surface = _surface(face.points, depth, (height, width))
    turn = rotation(yaw, pitch, 0)
    centre = face.points.mean(axis=0)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    place = np.stack([columns, rows], axis=-1) - centre.astype(np.float32)
    # What is seen at a place comes from where the turn brings its own depth to that place.
    source = place.copy()
    back = np.linalg.inv(turn[:2, :2])
    for _ in range(6):
        from_x = (source[..., 0] + centre[0]).astype(np.float32)
        from_y = (source[..., 1] + centre[1]).astype(np.float32)
        z = cv2.remap(
            surface, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        shifted = place - z[..., None] * turn[:2, 2]
        source = shifted @ back.T
    map_x = (source[..., 0] + centre[0]).astype(np.float32)
    map_y = (source[..., 1] + centre[1]).astype(np.float32)
    drawn = cv2.remap(face.image, map_x, map_y, cv2.INTER_LINEAR)
    whole = np.full((height, width), 255, np.uint8)
    cover = cv2.remap(whole, map_x, map_y, cv2.INTER_LINEAR)
    return np.asarray(drawn, np.uint8), np.asarray(cover, np.uint8)


def _surface(
    points: Numbers,
    depth: Numbers,
    size: tuple[int, int],
) -> NDArray[np.float32]:
    """Return the depth of each pixel: smooth between the points, that of the jaw beyond them."""
    height, width = size
    rows, columns = np.mgrid[0:height:4, 0:width:4]
    places = np.stack([columns.ravel(), rows.ravel()], axis=1)
    gaps = np.linalg.norm(places[:, None] - points[None], axis=2)
    spread = 0.06 * np.ptp(points[:, 1])
    # Weights fall with the distance: an average of the nearest points.
    weights = 1 / (gaps + spread) ** 4
    values = (weights * depth).sum(axis=1) / weights.sum(axis=1)
    coarse = values.reshape(rows.shape).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height)), np.float32)


def _eyes_closed(face: Shown) -> Image:
    """Return the picture with lids over its eyes, in the colour of the skin beside them."""
    image = face.image.copy()
    for eye in EYES:
        corners = face.points[eye]
        middle = corners.mean(axis=0)
        outline = middle + 1.25 * (corners - middle)
        below = corners[:, 1].max() + 0.35 * np.ptp(corners[:, 0])
        row = int(np.clip(below, 0, image.shape[0] - 1))
        column = int(np.clip(middle[0], 0, image.shape[1] - 1))
        colour = image[row, column].tolist()
        cv2.fillPoly(image, [outline.astype(np.int32)], colour)
        lid = corners[[0, 5, 4, 3]].astype(np.int32)
        cv2.polylines(image, [lid], False, [value // 2 for value in colour], 2)
    return image


@dataclass(frozen=True, slots=True)
class _Screen:
    """Hold how a screen shows a picture: gamma, glow and a reflection.

    Its pixels are not drawn: a pixel of this camera takes the mean of several of them.
    """

    gamma: float
    glow: float
    shine: float

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> _Screen:
        return cls(
            gamma=rng.uniform(0.8, 1.25),
            glow=rng.uniform(5, 25),
            shine=rng.uniform(0, 50),
        )

    def shows(self, image: Image) -> Image:
        """Return a picture as the screen shows it."""
        height, width = image.shape[:2]
        light = 255 * (image / 255.0) ** self.gamma
        slope = np.linspace(0, 1, width)[None, :] * np.linspace(1, 0, height)[:, None]
        light += self.glow + self.shine * slope[..., None]
        return np.asarray(np.clip(light, 0, 255), np.uint8)


def _background(image: Image, rng: np.random.Generator) -> Image:
    """Return a picture of 640×360 as what is behind, out of focus."""
    scaled = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(scaled, (0, 0), rng.uniform(2, 4))
    return np.asarray(blurred, np.uint8)


def _photographed(
    behind: Image,
    sheet: Image,
    mask: Image,
    gain: float,
    rng: np.random.Generator,
) -> Image:
    """Return the picture that a camera takes: lens blur, light and noise."""
    mixed = behind.copy()
    np.copyto(mixed, sheet, where=(mask > 0)[..., None])
    blurred = cv2.GaussianBlur(mixed, (0, 0), LENS_PX)
    noise = rng.standard_normal(blurred.shape, np.float32)
    noisy = gain * blurred.astype(np.float32) + NOISE * noise
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)
