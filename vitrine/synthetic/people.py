"""Draw people from the committed basis: means and components only, no picture of anyone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.synthetic.layer import premultiplied
from vitrine.synthetic.mesh import EYE_CENTRE, EYE_DISTANCE, HEIGHT, WIDTH, Floats
from vitrine.vision.crop import Image
from vitrine.vision.models import model_path
from vitrine.vision.shape import JAW

BASIS_FILE: Final = "synthetic_faces.npz"
BETWEEN: Final = 1.3
WITHIN_SHAPE: Final = 0.6
WITHIN_TEXTURE: Final = 0.3
"""Factors on the measured variances: people differ more and views less than in the data."""

SHARPENED: Final = 0.9
GRAIN: Final = 7.0
"""Chosen so that faces are about as sharp as video frames of people (docs/synthetic.md)."""

Colour = tuple[int, int, int]
Patches = tuple[tuple[slice, slice], ...]
"""Rows and columns of the texture."""

CHEEKS: Final[Patches] = (
    (slice(86, 102), slice(38, 52)),
    (slice(86, 102), slice(76, 90)),
)
SIDES: Final[Patches] = (
    (slice(30, 70), slice(22, 30)),
    (slice(30, 70), slice(98, 106)),
)
"""Beside the forehead, where the texture has hair."""


@dataclass(frozen=True)
class Basis:
    """Hold means and components, as training/once/synthetic_faces.py wrote them.

    Rows of `texture`: luma, then chroma and alpha at half the size.
    """

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
    """Hold one person on one occasion: landmarks and textures, calm and with each expression."""

    shape: Floats
    """(68, 2), texture pixels."""
    expressions: Floats
    """(2, 68, 2): what a full smile and a fully open mouth add to the shape."""
    textures: tuple[Image, ...]
    """Calm, smiling, mouth open.

    (HEIGHT, WIDTH, 4) premultiplied BGR and alpha of the face, without hair.
    """
    skin: Colour
    hair: Colour


@cache
def load_basis() -> Basis:
    """Read the basis. Raises ConfigurationError without the file."""
    with np.load(model_path(BASIS_FILE)) as file:
        arrays = {name: file[name].astype(np.float32) for name in file.files}
    components = arrays["texture_components"] * arrays["texture_scale"]
    scale = arrays["texture_expression_scale"]
    return Basis(
        mean_shape=arrays["mean_shape"],
        shape_components=arrays["shape_components"],
        shape_expressions=arrays["shape_expressions"],
        texture_mean=arrays["texture_mean"],
        texture_components=components,
        texture_expressions=arrays["texture_expressions"] * scale,
        between=arrays["between"],
        within=arrays["within"],
    )


def _bounded(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Draw normal deviates; beyond two deviations faces come apart."""
    return np.clip(rng.standard_normal(count), -2, 2)


def draw_person(basis: Basis, rng: np.random.Generator) -> Floats:
    """Draw an identity: weights of the shape components, then of the texture components."""
    noise = _bounded(rng, len(basis.between))
    return np.asarray(np.sqrt(BETWEEN) * basis.between @ noise, np.float32)


def draw_view(
    basis: Basis,
    person: Floats,
    rng: np.random.Generator,
) -> View:
    """Draw a person as one day, light and camera show them."""
    count = len(basis.shape_components)
    change = basis.within @ _bounded(rng, len(basis.within))
    shape_weights = person[:count] + np.sqrt(WITHIN_SHAPE) * change[:count]
    texture_weights = person[count:] + np.sqrt(WITHIN_TEXTURE) * change[count:]
    added = np.tensordot(shape_weights, basis.shape_components, axes=1)
    calm = basis.texture_mean + texture_weights @ basis.texture_components
    grain = rng.standard_normal((HEIGHT, WIDTH), np.float32)
    pores = cv2.GaussianBlur(grain, (0, 0), 0.7)
    face = _face_alpha(basis.mean_shape)
    colours = _colours(calm, pores)
    textures = [premultiplied(colours, face)]
    for extra in basis.texture_expressions:
        expressive = _colours(calm + extra, pores)
        textures.append(premultiplied(expressive, face))
    return View(
        shape=basis.mean_shape + added,
        expressions=basis.shape_expressions,
        textures=tuple(textures),
        skin=_typical(colours, CHEEKS),
        hair=_typical(colours, SIDES),
    )


def _typical(texture: Image, patches: Patches) -> Colour:
    """Return the median colour of pieces of the texture, all equally high."""
    pixels = np.hstack([texture[patch] for patch in patches])
    blue, green, red = np.median(pixels.reshape(-1, 3), axis=0)
    return int(blue), int(green), int(red)


def _colours(vector: Floats, pores: cv2.typing.MatLike) -> Image:
    """Return BGR; few components are soft, so edges are raised, and the skin gets its grain."""
    luma, chroma = _planes(vector)
    edges = luma - cv2.GaussianBlur(luma, (0, 0), 1.6)
    luma = luma + SHARPENED * edges + GRAIN * pores
    whole = [cv2.resize(half, (WIDTH, HEIGHT)) for half in chroma]
    planes = np.dstack([luma, *whole])
    merged = np.clip(planes, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(merged, cv2.COLOR_YCrCb2BGR), np.uint8)


def _planes(vector: Floats) -> tuple[Floats, Floats]:
    """Return luma (HEIGHT, WIDTH), and chroma (2, HEIGHT / 2, WIDTH / 2)."""
    size = WIDTH * HEIGHT
    luma = vector[:size].reshape(HEIGHT, WIDTH)
    halves = vector[size:].reshape(3, HEIGHT // 2, WIDTH // 2)
    # The third half is the alpha of the photos, which `_face_alpha` replaces.
    return luma, halves[:2]


def _face_alpha(mean_shape: Floats) -> Image:
    """Return the face's alpha from the jaw to the hairline.

    It is sharp at the jaw, and fades where skin goes on: at the temples and above.
    """
    x, y = EYE_CENTRE
    face = np.zeros((HEIGHT, WIDTH), np.uint8)
    jaw = np.rint(mean_shape[JAW]).astype(np.int32)
    cv2.fillConvexPoly(face, jaw, 255)
    middle = round(x), round(float(jaw[0, 1]))
    radii = round(1.08 * EYE_DISTANCE), round(1.12 * EYE_DISTANCE)
    cv2.ellipse(face, middle, radii, 0, 180, 360, 255, cv2.FILLED)
    smaller = cv2.erode(face, np.ones((9, 9)))
    soft = cv2.GaussianBlur(smaller, (0, 0), 4)
    sharp = cv2.GaussianBlur(face, (0, 0), 1)
    # From soft to sharp between half an eye distance below the eyes and a whole one.
    half = 0.5 * EYE_DISTANCE
    down = np.clip((np.arange(HEIGHT) - (y + half)) / half, 0, 1)[:, None]
    return np.asarray(soft * (1 - down) + sharp * down, np.uint8)
