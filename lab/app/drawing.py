"""Found faces over their picture, in the style of the live views (vitrine.lab.view.drawing)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from vitrine.lab.app.finding import FoundFace
from vitrine.lab.view.drawing import (
    Floats,
    axes_of,
    colour,
    colour_of,
    dots,
    line,
    rounded,
    style,
)
from vitrine.lab.view.lettering import Colour, panel, text_mask, write
from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose
from vitrine.vision.shape import EYE_LEFT, EYE_RIGHT, POINT_COUNT, Points

# A browser shows the picture smaller than it is drawn: on a screen of 1440 pixels, by half.
DRAWN_SIDE: Final = 1280
"""Pixels of the longer side that pictures are drawn in."""
BOX_WIDTH: Final = 3
ROUNDNESS: Final = 18
DOT_RADIUS: Final = 2
LABEL_SIZE: Final = 24
LABEL_HEIGHT: Final = 36
LABEL_GAP: Final = 12
CLOSE_SIDE: Final = 520
"""Of a face from near, pixels."""
CLOSE_MARGIN: Final = 0.35
"""Room around a face from near, as a share of its box."""
THUMBNAIL_SIDE: Final = 96
FIRST: Final = "#ffb35c"
SECOND: Final = "#7ea2ff"
"""Colours of two nets on one face: those of the live view for two states."""


def draw_found(image: Image, faces: Sequence[FoundFace]) -> Image:
    """Return the (H, W, 3) BGR picture with box, points, pose and confidence of each face."""
    scale = DRAWN_SIDE / max(image.shape[:2])
    resized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    canvas = np.asarray(resized, np.uint8)
    ink = colour("looking")
    for face in faces:
        box = face.box.astype(np.float64) * scale
        corner = min(ROUNDNESS, box[2] / 6)
        line(canvas, rounded(box, corner), ink, BOX_WIDTH, closed=True)
        points = face.points.astype(np.float64) * scale
        draw_points(canvas, points, ink)
        if face.pose is not None:
            _draw_axes(canvas, face.pose, points, box)
    # Labels last, so that no line of a neighbour crosses them.
    for number, face in enumerate(faces):
        box = face.box.astype(np.float64) * scale
        _draw_label(canvas, f"{number}  {face.score:.0%}", box)
    return canvas


def _draw_axes(canvas: Image, pose: HeadPose, points: Floats, box: Floats) -> None:
    """Draw the axes of the head from between the eyes: to its right, down, out of the face."""
    eyes = points[EYE_LEFT.start : EYE_RIGHT.stop].mean(axis=0)
    axes = axes_of({"yaw": pose.yaw, "pitch": pose.pitch, "roll": pose.roll})
    for axis, ink in zip(axes, style()["colours"]["axes"], strict=True):
        rod = np.stack([eyes, eyes + box[3] / 2 * axis])
        line(canvas, rod, colour_of(ink), BOX_WIDTH, closed=False)


def _draw_label(canvas: Image, text: str, box: Floats) -> None:
    length = text_mask(text, LABEL_SIZE).shape[1] + 2 * LABEL_GAP
    left = round(min(max(0, box[0]), canvas.shape[1] - length))
    top = round(max(0, box[1] - LABEL_HEIGHT - BOX_WIDTH))
    panel(canvas, (left, top), (length, LABEL_HEIGHT), colour("label"))
    middle = top + LABEL_HEIGHT / 2
    write(canvas, text, left + LABEL_GAP, middle, LABEL_SIZE, colour("ink"))


def close_up(image: Image, box: Floats) -> tuple[Image, Floats, float]:
    """Return a box (4,) cut out with room and made large, its corner (2,) and its scale."""
    x, y, width, height = box
    room = CLOSE_MARGIN * max(width, height)
    bounds = np.round([x - room, y - room, x + width + room, y + height + room])
    high = np.array([*image.shape[1::-1], *image.shape[1::-1]])
    left, top, right, bottom = np.clip(bounds, 0, high).astype(int)
    part = image[top : max(bottom, top + 1), left : max(right, left + 1)]
    scale = CLOSE_SIDE / max(part.shape[:2])
    large = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.uint8), np.array([left, top], float), scale


def draw_points(canvas: Image, points: Points, ink: Colour) -> None:
    """Draw points (k, 2) in pixels of the canvas; of 68 also the lines of the face."""
    if len(points) == POINT_COUNT:
        for first, last, closed in style()["curves"]:
            line(canvas, points[first : last + 1], ink, 1, closed=closed)
    dots(canvas, points, DOT_RADIUS, ink)


def draw_two(image: Image, box: Floats, first: Points, second: Points) -> Image:
    """Return one face from near with the points of two nets; lines join what differs."""
    canvas, corner, scale = close_up(image, box)
    one = (first - corner) * scale
    other = (second - corner) * scale
    if len(one) == len(other):
        for pair in np.stack([one, other], axis=1):
            line(canvas, pair, colour("ink"), 1, closed=False)
    draw_points(canvas, one, colour_of(FIRST))
    draw_points(canvas, other, colour_of(SECOND))
    return canvas


def draw_one(image: Image, box: Floats, points: Points, ink: str) -> Image:
    """Return one face from near with the points of one net, in a colour #rrggbb."""
    canvas, corner, scale = close_up(image, box)
    draw_points(canvas, (points - corner) * scale, colour_of(ink))
    return canvas


def thumbnail(face: Image) -> str:
    """Return a face as the address of a small picture that is within it (a `data:` URL)."""
    small = cv2.resize(
        face, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA
    )
    _, content = cv2.imencode(".jpg", small)
    return "data:image/jpeg;base64," + base64.b64encode(content.tobytes()).decode()
