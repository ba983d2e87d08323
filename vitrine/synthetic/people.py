"""Draw people from the committed basis: means and components only, no picture of anyone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.synthetic.layer import premultiplied
from vitrine.synthetic.mesh import EYE_CENTRE, EYE_DISTANCE, HEIGHT, WIDTH, Floats
from vitrine.vision.crop import Image
from vitrine.vision.manifest import read_weights
from vitrine.vision.models import model_path
from vitrine.vision.shape import JAW

BASIS_FILE: Final = "synthetic_faces.npz"
# People differ more and views less than in the data. models/synthetic_faces.card.md names the
# factors; no measurement that led to them is kept.
BETWEEN: Final = 1.3
WITHIN_SHAPE: Final = 0.6
WITHIN_TEXTURE: Final = 0.3
"""Factors on the measured variances."""
# Deviations beyond which faces come apart. Chosen by eye.
MOST_DEVIATIONS: Final = 2
# Few components are soft. Set so that faces are about as sharp as video frames of people, by a
# small run of the rows on pictures in docs/synthetic.md.
SHARPENED: Final = 0.9
"""How much edges are raised, as a share of themselves."""
GRAIN: Final = 7.0
"""Of the skin, grey levels."""

Colour = tuple[int, int, int]
Patches = tuple[tuple[slice, slice], ...]
"""Rows and columns of the texture."""

# By the texture's layout (`mesh.EYE_CENTRE`): below the eyes, beside the nose.
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
    arrays = {}
    with np.load(BytesIO(read_weights(model_path(BASIS_FILE)))) as file:
        for name in file.files:
            arrays[name] = file[name].astype(np.float32)
    # Stored as small integers, each row with its own scale.
    components = arrays["texture_components"] * arrays["texture_scale"]
    expressions = arrays["texture_expressions"] * arrays["texture_expression_scale"]
    return Basis(
        mean_shape=arrays["mean_shape"],
        shape_components=arrays["shape_components"],
        shape_expressions=arrays["shape_expressions"],
        texture_mean=arrays["texture_mean"],
        texture_components=components,
        texture_expressions=expressions,
        between=arrays["between"],
        within=arrays["within"],
    )


def _bounded(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Draw normal deviates, cut off at MOST_DEVIATIONS."""
    deviates = rng.standard_normal(count)
    return np.clip(deviates, -MOST_DEVIATIONS, MOST_DEVIATIONS)


def draw_person(basis: Basis, rng: np.random.Generator) -> Floats:
    """Draw an identity: weights of the shape components, then of the texture components."""
    noise = _bounded(rng, len(basis.between))
    # A factor on a variance is its root on a deviation.
    weights = np.sqrt(BETWEEN) * basis.between @ noise
    return np.asarray(weights, np.float32)


def draw_view(
    basis: Basis,
    person: Floats,
    rng: np.random.Generator,
) -> View:
    """Draw a person as one day, light and camera show them."""
    count = len(basis.shape_components)
    noise = _bounded(rng, len(basis.within))
    change = basis.within @ noise
    of_shape = np.sqrt(WITHIN_SHAPE) * change[:count]
    of_texture = np.sqrt(WITHIN_TEXTURE) * change[count:]
    shape_weights = person[:count] + of_shape
    texture_weights = person[count:] + of_texture
    added = np.tensordot(
        shape_weights,
        basis.shape_components,
        axes=1,
    )
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
    colours = pixels.reshape(-1, 3)
    median = np.median(colours, axis=0)
    blue, green, red = median.astype(int).tolist()
    return blue, green, red


def _colours(vector: Floats, pores: cv2.typing.MatLike) -> Image:
    """Return BGR; edges are raised, and the skin gets its grain."""
    luma, chroma = _planes(vector)
    soft = cv2.GaussianBlur(luma, (0, 0), 1.6)
    edges = luma - soft
    sharp = luma + SHARPENED * edges + GRAIN * pores
    whole = [cv2.resize(half, (WIDTH, HEIGHT)) for half in chroma]
    planes = np.dstack([sharp, *whole])
    merged = np.clip(planes, 0, 255).astype(np.uint8)
    colours = cv2.cvtColor(merged, cv2.COLOR_YCrCb2BGR)
    return np.asarray(colours, np.uint8)


def _planes(vector: Floats) -> tuple[Floats, Floats]:
    """Return luma (HEIGHT, WIDTH), and chroma (2, HEIGHT / 2, WIDTH / 2)."""
    size = WIDTH * HEIGHT
    luma = vector[:size].reshape(HEIGHT, WIDTH)
    rest = vector[size:]
    halves = rest.reshape(3, HEIGHT // 2, WIDTH // 2)
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
    # The forehead is half an ellipse above the ends of the jaw.
    middle = round(x), int(jaw[0, 1])
    radii = round(1.08 * EYE_DISTANCE), round(1.12 * EYE_DISTANCE)
    cv2.ellipse(
        face,
        middle,
        radii,
        angle=0,
        startAngle=180,
        endAngle=360,
        color=255,
        thickness=cv2.FILLED,
    )
    # Smaller first, since what is softened grows.
    smaller = cv2.erode(face, np.ones((9, 9)))
    soft = cv2.GaussianBlur(smaller, (0, 0), 4)
    sharp = cv2.GaussianBlur(face, (0, 0), 1)
    # From soft to sharp between half an eye distance below the eyes and a whole one.
    half = 0.5 * EYE_DISTANCE
    rows = np.arange(HEIGHT)[:, None]
    below = (rows - (y + half)) / half
    share = np.clip(below, 0, 1)
    alpha = soft * (1 - share) + sharp * share
    return np.asarray(alpha, np.uint8)
