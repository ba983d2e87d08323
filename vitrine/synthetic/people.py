"""Synthetic people, drawn from the committed basis: means and components only, no picture of anyone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from vitrine.synthetic.layer import premultiplied
from vitrine.synthetic.mesh import EYE_CENTRE, EYE_DISTANCE, HEIGHT, WIDTH, Floats
from vitrine.vision.crop import Image
from vitrine.vision.models import model_path
from vitrine.vision.shape import JAW

BASIS_FILE = "synthetic_faces.npz"
BETWEEN = 1.3
WITHIN_SHAPE = 0.6
WITHIN_TEXTURE = 0.3
"""Factors on the measured variances: people differ more and views less than in the data."""


SHARPENED = 0.9
GRAIN = 7.0
"""Chosen so that faces are about as sharp as video frames of people (docs/synthetic.md)."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Basis:
    """See training/once/synthetic_faces.py. `texture` rows: luma, then chroma and alpha at half the size."""

    mean_shape: Floats
    shape_components: Floats
    shape_expressions: Floats
    texture_mean: Floats
    texture_components: Floats
    texture_expressions: Floats
    between: Floats
    within: Floats


@dataclass(frozen=True)
class View:
    """One person on one occasion: landmarks and texture with a calm face, and with each expression."""

    shape: Floats
    """(68, 2), texture pixels."""
    expressions: Floats
    """(2, 68, 2): what a full smile and a fully open mouth add to the shape."""
    textures: tuple[Image, ...]
    """(HEIGHT, WIDTH, 4) premultiplied BGR and alpha of the face, without hair: calm, smiling, mouth open."""
    skin: Colour
    hair: Colour


@cache
def load_basis() -> Basis:
    """Raises ConfigurationError without the file."""
    with np.load(model_path(BASIS_FILE)) as file:
        arrays = {name: file[name].astype(np.float32) for name in file.files}
    return Basis(
        arrays["mean_shape"],
        arrays["shape_components"],
        arrays["shape_expressions"],
        arrays["texture_mean"],
        arrays["texture_components"] * arrays["texture_scale"],
        arrays["texture_expressions"] * arrays["texture_expression_scale"],
        arrays["between"],
        arrays["within"],
    )


def draw_person(basis: Basis, rng: np.random.Generator) -> Floats:
    """An identity: weights of the shape components, then of the texture components."""
    noise = np.clip(rng.standard_normal(len(basis.between)), -2, 2)
    return np.asarray(np.sqrt(BETWEEN) * basis.between @ noise, np.float32)


def draw_view(basis: Basis, person: Floats, rng: np.random.Generator) -> View:
    """A person as one day, light and camera show them."""
    count = len(basis.shape_components)
    change = basis.within @ np.clip(rng.standard_normal(len(basis.within)), -2, 2)
    shape_weights = person[:count] + np.sqrt(WITHIN_SHAPE) * change[:count]
    texture_weights = person[count:] + np.sqrt(WITHIN_TEXTURE) * change[count:]
    shape = basis.mean_shape + np.tensordot(
        shape_weights, basis.shape_components, axes=1
    )
    calm = basis.texture_mean + texture_weights @ basis.texture_components
    face = _face_alpha(basis.mean_shape)
    pores = cv2.GaussianBlur(
        rng.standard_normal((HEIGHT, WIDTH), np.float32), (0, 0), 0.7
    )
    colours = [
        _colours(calm + extra, pores)
        for extra in (np.zeros_like(calm), *basis.texture_expressions)
    ]
    textures = tuple(premultiplied(one, face) for one in colours)
    cheeks = np.hstack([colours[0][86:102, 38:52], colours[0][86:102, 76:90]])
    sides = np.hstack([colours[0][30:70, 22:30], colours[0][30:70, 98:106]])
    skin = _typical(cheeks)
    hair = _typical(sides)
    return View(shape, basis.shape_expressions, textures, skin, hair)


def _typical(pixels: Image) -> Colour:
    blue, green, red = np.median(pixels[..., :3].reshape(-1, 3), axis=0)
    return int(blue), int(green), int(red)


def _colours(vector: Floats, pores: cv2.typing.MatLike) -> Image:
    """BGR; few components are soft, so edges are raised, and the skin gets its grain back."""
    luma, halves = _planes(vector)
    luma = (
        luma + SHARPENED * (luma - cv2.GaussianBlur(luma, (0, 0), 1.6)) + GRAIN * pores
    )
    planes = [luma, *(cv2.resize(half, (WIDTH, HEIGHT)) for half in halves[:2])]
    merged = np.clip(np.dstack(planes), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(merged, cv2.COLOR_YCrCb2BGR), np.uint8)


def _face_alpha(mean_shape: Floats) -> Image:
    """From the jaw to the hairline, sharp at the jaw, fading where skin goes on: at the temples and above."""
    x, y, unit = *EYE_CENTRE, EYE_DISTANCE
    face = np.zeros((HEIGHT, WIDTH), np.uint8)
    jaw = np.rint(mean_shape[JAW]).astype(np.int32)
    cv2.fillConvexPoly(face, jaw, 255)
    above = (round(1.08 * unit), round(1.12 * unit))
    cv2.ellipse(
        face, (round(x), round(float(jaw[0, 1]))), above, 0, 180, 360, 255, cv2.FILLED
    )
    soft = cv2.GaussianBlur(cv2.erode(face, np.ones((9, 9))), (0, 0), 4)
    down = np.clip((np.arange(HEIGHT) - (y + 0.5 * unit)) / (0.5 * unit), 0, 1)[:, None]
    return np.asarray(
        soft * (1 - down) + cv2.GaussianBlur(face, (0, 0), 1) * down, np.uint8
    )


def _planes(vector: Floats) -> tuple[Floats, Floats]:
    size = WIDTH * HEIGHT
    return vector[:size].reshape(HEIGHT, WIDTH), vector[size:].reshape(
        3, HEIGHT // 2, WIDTH // 2
    )
