"""Judge a camera's picture in words for whoever hangs the camera up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.mall import Camera
from vitrine.vision.crop import Image
from vitrine.vision.usability import DARK, SHARP, WIDTH, Floats, sharpness

State: TypeAlias = Literal["good", "fair", "bad", "unknown"]

# Grey levels of 255.
# Chosen, not measured: below, the shadows of a face are noise.
DARK_FACE: Final = 55.0
# Chosen, not measured: a face so much darker than what is around it stands before a window.
BACKLIGHT: Final = 70.0
WHITE: Final = 250
# Chosen, not measured: a lamp or a window takes less of a picture, a highlight less of a face.
WHITE_SHARE: Final = 0.25
WHITE_FACE: Final = 0.15

# The sharpest slopes of real pictures (vision/usability.py); softer ones still serve.
CRISP: Final = 0.092

# Face heights in pixels. Detectors find all faces of 24 pixels (docs/accuracy.md).
LEAST_FACE_PX: Final = 24
# Landmarks were measured on faces from here on; smaller ones scatter (docs/accuracy.md).
GOOD_FACE_PX: Final = 48

# A glance of 0.25 s, the shortest that counts, is then seen once at least, and mostly twice.
LEAST_HZ: Final = 5.0
# Chosen, not measured: a tenth less is jitter.
SLOW_SHARE: Final = 0.8


@dataclass(frozen=True, slots=True)
class Judgement:
    """Hold what is good or bad about one thing, and what to do."""

    name: str
    state: State
    words: str
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it for the page."""
        return asdict(self)


Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height as shares of the picture."""


def grey_of(pixels: Image) -> Floats:
    """Return a picture in grey, at most as wide as sharpness is judged."""
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    if width > WIDTH:
        size = (WIDTH, round(height * WIDTH / width))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, np.float32)


def seen_of(grey: Floats, mask: NDArray[np.uint8] | None) -> NDArray[np.bool_]:
    """Return which pixels lie outside a mask, (H, W) with 0 where nothing is seen."""
    if mask is None:
        return np.ones(grey.shape, bool)
    height, width = grey.shape
    scaled = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(scaled > 0)


def light(grey: Floats, seen: NDArray[np.bool_], boxes: Sequence[Box]) -> Judgement:
    """Judge the light on the largest face, or of the picture."""
    around = grey[seen]
    if around.size == 0:
        return Judgement("light", "unknown", "The mask covers the whole picture.")
    if np.percentile(around, 95) < DARK:
        return Judgement(
            "light",
            "bad",
            "Too dark: no face can be found.",
            "Switch light on, or raise the camera's exposure.",
        )
    if float(np.mean(around >= WHITE)) > WHITE_SHARE:
        return Judgement(
            "light",
            "bad",
            "Over-exposed: large parts are white.",
            "Turn the camera away from windows and lamps, or lower its exposure.",
        )
    if not boxes:
        return Judgement(
            "light",
            "fair",
            "Fine as a whole; nobody's face is there to judge.",
            "Let somebody stand where visitors will.",
        )
    face = _cut(grey, max(boxes, key=lambda box: box[3]))
    return _light_on(face, float(around.mean()))


def _light_on(face: Floats, around: float) -> Judgement:
    """Judge the light on a face in a picture of this mean grey."""
    mean = float(face.mean())
    if mean < DARK_FACE or around - mean > BACKLIGHT:
        return Judgement(
            "light",
            "bad",
            "The face is dark: the light comes from behind, or there is too little.",
            "Light people from the screen's side, or turn on backlight compensation.",
        )
    if float(np.mean(face >= WHITE)) > WHITE_FACE:
        return Judgement(
            "light",
            "bad",
            "The face is over-exposed.",
            "Lower the camera's exposure, or move the lamp.",
        )
    return Judgement("light", "good", "Fine.")


def focus(grey: Floats, seen: NDArray[np.bool_]) -> Judgement:
    """Judge the sharpness of a picture."""
    found = sharpness(grey, seen)
    if found < SHARP:
        return Judgement(
            "focus",
            "bad",
            "Blurred.",
            "Clean the glass, and turn the focus ring until this says it is sharp.",
        )
    if found < CRISP:
        return Judgement(
            "focus",
            "fair",
            "Soft.",
            "Clean the glass; focus where people's faces are, not on the wall behind.",
        )
    return Judgement("focus", "good", "Sharp.")


def face_size(
    heights_px: Sequence[float],
    camera: Camera,
    own_width: int,
) -> Judgement:
    """Judge the height of the largest face in the analysed picture.

    The camera itself gives pictures of `own_width`.
    """
    name = "face size"
    if not heights_px:
        return Judgement(
            name,
            "unknown",
            "No face in the picture.",
            "Let somebody stand where visitors will, and look at the screen.",
        )
    tallest = max(heights_px)
    words = f"{tallest:.0f} pixels high."
    if tallest >= GOOD_FACE_PX:
        return Judgement(name, "good", words)
    advice = "Zoom in, or hang the camera nearer."
    if own_width > camera.width:
        wider = min(own_width, round(camera.width * GOOD_FACE_PX / tallest))
        advice = f"Set `width: {wider}` in cameras.yaml; the camera gives {own_width} pixels."
    if tallest >= LEAST_FACE_PX:
        return Judgement(
            name,
            "fair",
            f"{words} Enough to count people; where they look is rough, and nobody is recognised.",
            advice,
        )
    return Judgement(name, "bad", f"{words} Too small to be found reliably.", advice)


def rate(found_hz: float, camera: Camera) -> Judgement:
    """Judge how many pictures a second are analysed."""
    name = "frame rate"
    words = f"{found_hz:.1f} pictures a second."
    if found_hz <= 0:
        return Judgement(name, "unknown", "Measuring.")
    if found_hz < min(LEAST_HZ, SLOW_SHARE * camera.fps):
        return Judgement(
            name,
            "bad",
            f"{words} Short glances are missed below {LEAST_HZ:g}.",
            "Look at the camera's own frame rate, its network, and this machine's load.",
        )
    if camera.fps < LEAST_HZ:
        return Judgement(
            name,
            "fair",
            f"{words} Short glances are missed below {LEAST_HZ:g}.",
            f"Set `fps: {2 * LEAST_HZ:g}` in cameras.yaml.",
        )
    if found_hz < SLOW_SHARE * camera.fps:
        return Judgement(
            name,
            "fair",
            f"{words} Fewer than `fps: {camera.fps:g}` asks for.",
            "Enough for attention; the camera or this machine gives no more.",
        )
    return Judgement(name, "good", words)


def _cut(grey: Floats, box: Box) -> Floats:
    """Return the middle of a face, without hair and background; its box as shares."""
    height, width = grey.shape
    x, y, wide, high = box
    left = int(np.clip((x + 0.2 * wide) * width, 0, width - 1))
    right = int(np.clip((x + 0.8 * wide) * width, left + 1, width))
    top = int(np.clip((y + 0.2 * high) * height, 0, height - 1))
    bottom = int(np.clip((y + 0.9 * high) * height, top + 1, height))
    return grey[top:bottom, left:right]
