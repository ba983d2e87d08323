"""Draw what was measured over a picture, as the page of the cameras does in a browser.

Colours, widths and the lines of the face are those of `style.js`, which `overlay.js` of the
console reads too. Coordinates are OpenCV's fixed-point ones, so that lines lie between pixels.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.lab.view.lettering import Colour, panel, text_mask, write
from vitrine.services.console.web import PAGES
from vitrine.vision.crop import Image
from vitrine.vision.pose import rotation
from vitrine.vision.shape import EYE_LEFT, EYE_RIGHT, POINT_COUNT

View = Mapping[str, Any]
"""What is known of a picture, in the form that the console's pages read."""
Face = Mapping[str, Any]
Floats = NDArray[np.float64]

STYLE_FILE: Final = "style.js"
# Bits of a pixel's fraction in OpenCV's coordinates.
SHIFT: Final = 4
TRACK: Final = re.compile(r"(\d+)-(\d+)$")
# A name has three digits of base 36.
NAMES: Final = 36**3
DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@cache
def style() -> Mapping[str, Any]:
    """Return how faces are drawn: the JSON in `style.js`."""
    text = (PAGES / STYLE_FILE).read_text(encoding="utf-8")
    start = text.index("{", text.index("="))
    content: dict[str, Any] = json.loads(text[start : text.rindex(";")])
    return content


def colour_of(text: str) -> Colour:
    """Return #rrggbb or #rrggbbaa as blue, green, red, cover."""
    values = bytes.fromhex(text.removeprefix("#"))
    cover = values[3] if len(values) == 4 else 255
    return (values[2], values[1], values[0], cover)


@cache
def colour(name: str) -> Colour:
    """Return a colour of the style."""
    return colour_of(style()["colours"][name])


def status_of(face: Face) -> str:
    """Return the name of a face's colour: whether it is counted, and looks at the screen."""
    if "score" not in face:
        return "aside"
    return "looking" if face["attending"] else "here"


def name_of(track: str) -> str:
    """Return the three characters by which the console's pages name a track."""
    found = TRACK.search(track)
    if found is None:
        return track
    rest = (int(found[1]) // 1_000_000 + int(found[2]) * 7) % NAMES
    name = ""
    for _ in range(3):
        rest, digit = divmod(rest, 36)
        name = DIGITS[digit] + name
    return name


def draw_marks(picture: Image, view: View, scale: float) -> Image:
    """Return the (H, W, 3) BGR picture `scale` times as large, with boxes, points and axes."""
    height, width = picture.shape[:2]
    size = (round(width * scale), round(height * scale))
    canvas = np.asarray(cv2.resize(picture, size), np.uint8)
    for face in view["faces"]:
        points = np.array(face["points"], np.float64).reshape(POINT_COUNT, 2) * scale
        box = np.array(face["box"], np.float64) * scale
        _draw_points(canvas, points, colour(status_of(face)))
        _draw_box(canvas, face, box)
        _draw_axes(canvas, face, points, box)
    return canvas


def draw_faces(picture: Image, view: View, scale: float) -> Image:
    """Return the same with a label at each face."""
    canvas = draw_marks(picture, view, scale)
    # Labels last, so that no line of a neighbour crosses them.
    for face in view["faces"]:
        box = np.array(face["box"], np.float64) * scale
        _draw_label(canvas, face, box)
    return canvas


def fixed(points: NDArray[np.floating]) -> NDArray[np.int32]:
    """Return points in pixels as OpenCV's fixed-point coordinates."""
    return np.round(points * (1 << SHIFT)).astype(np.int32)


def _width(name: str) -> int:
    width: float = style()[name]
    return max(1, round(width))


def line(
    canvas: Image,
    points: NDArray[np.floating],
    ink: Colour,
    width: int,
    *,
    closed: bool,
) -> None:
    """Draw a line through points (n, 2), in pixels of the canvas."""
    cv2.polylines(
        canvas,
        [fixed(points)],
        closed,
        ink[:3],
        width,
        cv2.LINE_AA,
        SHIFT,
    )


def dots(
    canvas: Image,
    points: NDArray[np.floating],
    radius: float,
    ink: Colour,
) -> None:
    """Draw a dot at each of points (n, 2); all in pixels of the canvas."""
    size = round(radius * (1 << SHIFT))
    for x, y in fixed(points).tolist():
        cv2.circle(canvas, (x, y), size, ink[:3], cv2.FILLED, cv2.LINE_AA, SHIFT)


def _draw_points(canvas: Image, points: Floats, ink: Colour) -> None:
    shape = style()
    curves = colour("curve")
    for first, last, closed in shape["curves"]:
        line(canvas, points[first : last + 1], curves, 1, closed=closed)
    across = abs(points[16, 0] - points[0, 0])
    wanted = across / shape["face_widths_per_dot"]
    dot = min(shape["most_dot"], max(shape["least_dot"], wanted))
    dots(canvas, points, dot, ink)


def rounded(box: Floats, corner: float) -> Floats:
    """Return the outline (n, 2) of a box x, y, width, height with round corners."""
    x, y, width, height = box
    outline = []
    turns = np.radians(np.arange(0, 91, 15))
    for quarter, (right, bottom) in enumerate([(1, 1), (0, 1), (0, 0), (1, 0)]):
        centre_x = x + corner + right * (width - 2 * corner)
        centre_y = y + corner + bottom * (height - 2 * corner)
        for turn in turns + quarter * math.pi / 2:
            place = (
                centre_x + corner * math.cos(turn),
                centre_y + corner * math.sin(turn),
            )
            outline.append(place)
    return np.array(outline)


def _draw_box(canvas: Image, face: Face, box: Floats) -> None:
    shape = style()
    status = status_of(face)
    ink = colour(status)
    outline = rounded(box, min(shape["corner"], box[2] / 6))
    if status == "aside":
        for start, end in dashes(outline, shape["dash"]):
            line(canvas, np.stack([start, end]), ink, _width("box_width"), closed=False)
    else:
        line(canvas, outline, ink, _width("box_width"), closed=True)
    response = face.get("response", 0)
    if response > shape["least_response"]:
        x, y, width, height = box
        edge = x + width + shape["response_gap"]
        bar = np.array([[edge, y + height], [edge, y + height * (1 - response)]])
        line(canvas, bar, colour("response"), _width("response_width"), closed=False)


def dashes(outline: Floats, dash: float) -> list[tuple[Floats, Floats]]:
    """Return the dashes of a closed outline (n, 2): pieces `dash` long, with gaps as long."""
    ring = np.concatenate([outline, outline[:1]])
    steps = np.linalg.norm(np.diff(ring, axis=0), axis=1)
    along = np.concatenate([[0], np.cumsum(steps)])
    pieces = []
    for start in np.arange(0, along[-1], 2 * dash):
        ends = np.array([start, min(start + dash, along[-1])])
        x = np.interp(ends, along, ring[:, 0])
        y = np.interp(ends, along, ring[:, 1])
        one, other = np.stack([x, y], axis=1)
        pieces.append((one, other))
    return pieces


def axes_of(face: Face) -> Floats:
    """Return the axes of the head (3, 2) in the picture: to its right, down, out of the face."""
    turn = rotation(face["yaw"], face["pitch"], face["roll"])
    # The nose points towards -z.
    signs = np.array([[1], [1], [-1]])
    return np.asarray(turn[:2].T * signs)


def _draw_axes(canvas: Image, face: Face, points: Floats, box: Floats) -> None:
    shape = style()
    eyes = points[EYE_LEFT.start : EYE_RIGHT.stop].mean(axis=0)
    length = max(shape["least_gaze"], box[3] / 2)
    width = _width("gaze_width")
    for axis, ink in zip(axes_of(face), shape["colours"]["axes"], strict=True):
        rod = np.stack([eyes, eyes + length * axis])
        line(canvas, rod, colour_of(ink), width, closed=False)


def label_of(face: Face) -> list[tuple[str, Colour]]:
    """Return what a label says: name, engagement, whether known, confidence, expression."""
    parts = [(name_of(face["track"]), colour("ink"))]
    if "score" in face:
        parts.append((str(face["score"]), colour(status_of(face))))
    if face.get("known"):
        parts.append(("known", colour("known")))
    parts.append((f"face {percent(face['found'])}", colour("aside")))
    if "shown" in face:
        expression = f"expression {percent(face['shown'])}"
        parts.append((expression, colour("response")))
    return parts


def percent(share: float) -> str:
    """Return a share as a whole percentage, halves upwards as in a browser."""
    return f"{math.floor(share * 100 + 0.5)}%"


def _draw_label(canvas: Image, face: Face, box: Floats) -> None:
    shape = style()
    x, y, width, height = box
    if height < shape["labelled_height"]:
        return
    parts = label_of(face)
    gap = shape["label_gap"]
    high = shape["label_height"]
    size = shape["label_size"]
    length = gap + sum(text_mask(text, size).shape[1] + gap for text, _ in parts)
    whole_height, whole_width = canvas.shape[:2]
    left = min(max(0, x + (width - length) / 2), max(0, whole_width - length))
    top = y - high - 5
    if top <= 0:
        top = min(y + height + 4, whole_height - high - 1)
    corner = (round(left), round(top))
    panel(canvas, corner, (length, high), colour("label"))
    if "score" in face:
        bar = round((length - 10) * face["score"] / 100)
        under = (corner[0] + 5, corner[1] + high - 2)
        panel(canvas, under, (bar, 2), colour(status_of(face)))
    at = left + gap
    for text, ink in parts:
        at += write(canvas, text, at, top + high / 2 - 0.5, size, ink) + gap


def draw_lines(
    canvas: Image,
    lines: Sequence[str],
    corner: tuple[int, int],
    size: int,
) -> None:
    """Write lines of text on a dark panel whose upper left corner is `corner`."""
    masks = [text_mask(line, size) for line in lines]
    margin = size // 2
    step = round(size * 1.5)
    width = max(mask.shape[1] for mask in masks) + 2 * margin
    # More than a label's: what lies below must not shine through sentences.
    ground = (*colour("ground")[:3], 240)
    panel(canvas, corner, (width, step * len(lines) + margin), ground)
    for number, line in enumerate(lines):
        middle = corner[1] + margin / 2 + step * (number + 0.5)
        write(canvas, line, corner[0] + margin, middle, size, colour("ink"))
