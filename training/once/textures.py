"""Head textures: pictures warped onto the mean shape, with an alpha of where the head is."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.datasets.faces import LabelledFace
from training.once.shapes import Floats, to_texture_frame, transformed
from vitrine.synthetic.mesh import (
    EYE_CENTRE,
    EYE_DISTANCE,
    HEIGHT,
    WIDTH,
    Mesh,
    rings,
    warp,
)
from vitrine.vision.crop import Image
from vitrine.vision.shape import CHIN

Mask = NDArray[np.uint8]

TYPICAL_SKIN: Final = (125.0, 152.0, 113.0)
"""Luma, red and blue difference of a face in neutral light."""
DARKEST: Final = 30
"""Luma below which a face is not brightened further: it would be noise."""
HALF: Final = (WIDTH // 2, HEIGHT // 2)
"""Chroma and alpha are kept at half the resolution of the luma."""
GRABCUT_ROUNDS: Final = 3
"""Chosen, not measured."""


def texture_of(face: LabelledFace, mesh: Mesh) -> Image:
    """Return the head warped onto the mean shape, (HEIGHT, WIDTH, 4) BGR and alpha."""
    image: cv2.typing.MatLike = face.image()
    points = face.points
    reference = mesh.texture[:68]
    matrix = to_texture_frame(points, reference)
    shrink = _halvings(matrix)
    if shrink > 1:
        share = 1 / shrink
        image = cv2.resize(
            image,
            None,
            fx=share,
            fy=share,
            interpolation=cv2.INTER_AREA,
        )
        # Pixel k lies at k + ½ of the picture's width.
        points = (points + 0.5) / shrink - 0.5
        matrix = to_texture_frame(points, reference)
    inverse = cv2.invertAffineTransform(matrix)
    back = np.asarray(inverse, np.float32)
    outline = transformed(rings(), back)
    all_points = np.vstack([points, outline])
    texture = warp(
        np.asarray(image),
        all_points,
        mesh.texture,
        mesh.triangles,
        (WIDTH, HEIGHT),
        cv2.BORDER_REPLICATE,
    )
    return with_alpha(texture, reference)


def _halvings(matrix: Floats) -> float:
    """Return by how much a picture is made smaller before it is warped, a power of two."""
    right = matrix[:, 0]
    scale = np.hypot(*right)
    halvings = -np.log2(scale)
    # 0.25: a picture may be enlarged by a fifth after it; chosen, not measured.
    whole = np.floor(halvings + 0.25)
    count = max(0.0, whole)
    return float(2**count)


def with_alpha(texture: Image, landmarks: Floats) -> Image:
    """Add as alpha what GrabCut takes for the head; fill the rest with its nearest colours."""
    # GrabCut draws its first clusters from OpenCV's generator.
    cv2.setRNGSeed(0)
    guess = _guess(landmarks)
    inside = _head(texture, guess)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    # The rim of the head mixes with the background; its colours are taken from further inside.
    core = np.asarray(cv2.erode(inside, kernel), np.uint8)
    filled = _filled(texture, core)
    # A rim of a pixel or two looks natural; chosen by looking, not measured.
    alpha = cv2.GaussianBlur(inside * 255, (0, 0), 1.2)
    # Half of the head's outline is as good as the other, and the mean of both is smoother.
    mirrored_alpha = alpha[:, ::-1]
    symmetric_alpha = cv2.addWeighted(
        alpha,
        0.5,
        mirrored_alpha,
        0.5,
        0,
    )
    colours = balanced(filled, landmarks)
    return np.dstack([colours, symmetric_alpha])


def _guess(landmarks: Floats) -> Mask:
    """Return what GrabCut starts from: sure and likely head, likely and sure background.

    Proportions of the ellipses and of the neck are in distances of the eyes; they were chosen by
    looking at the heads that came out.
    """
    labels = np.full((HEIGHT, WIDTH), cv2.GC_PR_BGD, np.uint8)
    _ellipse(
        labels,
        below_eyes=0.05,
        half_width=1.62,
        half_height=2.15,
        label=cv2.GC_PR_FGD,
    )
    chin = round(landmarks[CHIN, 1])
    neck = slice(_column(-1.1), _column(1.1))
    labels[chin:, neck] = cv2.GC_PR_FGD
    # Nobody's head reaches the edges of the texture.
    labels[:, :4] = cv2.GC_BGD
    labels[:, -4:] = cv2.GC_BGD
    labels[:3] = cv2.GC_BGD
    # Beside the neck there are shoulders and collars.
    shoulders = round(EYE_CENTRE[1] + EYE_DISTANCE)
    left_shoulder = _column(-1.3)
    right_shoulder = _column(1.3)
    labels[shoulders:, :left_shoulder] = cv2.GC_BGD
    labels[shoulders:, right_shoulder:] = cv2.GC_BGD
    cv2.fillConvexPoly(labels, _hull(landmarks), cv2.GC_FGD)
    # The upper half alone: the forehead.
    _ellipse(
        labels,
        below_eyes=-0.2,
        half_width=0.95,
        half_height=1.15,
        label=cv2.GC_FGD,
        first_degree=180,
    )
    return labels


def _column(off: float) -> int:
    """Return the column that lies `off` distances of the eyes right of their middle."""
    return round(EYE_CENTRE[0] + off * EYE_DISTANCE)


def _ellipse(
    labels: Mask,
    *,
    below_eyes: float,
    half_width: float,
    half_height: float,
    label: int,
    first_degree: int = 0,
) -> None:
    """Fill an ellipse under the middle of the eyes; all sizes in distances of the eyes."""
    row = round(EYE_CENTRE[1] + below_eyes * EYE_DISTANCE)
    axes = (
        round(half_width * EYE_DISTANCE),
        round(half_height * EYE_DISTANCE),
    )
    cv2.ellipse(
        labels,
        (_column(0), row),
        axes,
        angle=0,
        startAngle=first_degree,
        endAngle=360,
        color=label,
        thickness=cv2.FILLED,
    )


def _head(texture: Image, labels: Mask) -> Mask:
    """Return 1 where GrabCut sees the head, without specks and holes."""
    background_model = np.zeros((1, 65))
    head_model = np.zeros((1, 65))
    cv2.grabCut(
        texture,
        labels,
        (0, 0, 0, 0),
        background_model,
        head_model,
        GRABCUT_ROUNDS,
        cv2.GC_INIT_WITH_MASK,
    )
    is_head = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD))
    inside = is_head.astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    opened = cv2.morphologyEx(inside, cv2.MORPH_OPEN, kernel)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, kernel)
    return np.asarray(closed, np.uint8)


def _filled(texture: Image, core: Mask) -> Image:
    """Return the texture with the nearest colours of the core around it, softened."""
    _, nearest = cv2.distanceTransformWithLabels(
        1 - core,
        cv2.DIST_L2,
        5,
        labelType=cv2.DIST_LABEL_PIXEL,
    )
    is_core = core > 0
    count = nearest.max() + 1
    colours = np.zeros((count, 3), np.uint8)
    own_labels = nearest[is_core]
    colours[own_labels] = texture[is_core]
    nearest_colours = colours[nearest]
    around = cv2.GaussianBlur(nearest_colours, (0, 0), 4)
    is_kept = is_core[..., None]
    filled = np.where(is_kept, texture, around)
    return np.asarray(filled, np.uint8)


def _hull(landmarks: Floats) -> cv2.typing.MatLike:
    pixels = np.rint(landmarks).astype(np.int32)
    return cv2.convexHull(pixels)


def balanced(texture: Image, landmarks: Floats) -> Image:
    """Take most of the colour cast out and half of the exposure, by the mean of the face."""
    face = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(face, _hull(landmarks), 1)
    converted = cv2.cvtColor(texture, cv2.COLOR_BGR2YCrCb)
    planes = converted.astype(np.float32)
    # Half of the exposure and three quarters of the cast: people differ in skin, not in lamps.
    typical_luma, *typical_colour = TYPICAL_SKIN
    # `cv2.mean` always gives four numbers.
    luma, *colour = cv2.mean(planes, face)[:3]
    exposure = typical_luma / max(luma, DARKEST)
    cast = np.array(typical_colour) - colour
    planes[..., 0] *= exposure**0.5
    planes[..., 1:] += 0.75 * cast
    in_range = planes.clip(0, 255)
    rounded = in_range.astype(np.uint8)
    colours = cv2.cvtColor(rounded, cv2.COLOR_YCrCb2BGR)
    return np.asarray(colours, np.uint8)


def packed(texture: Image) -> Floats:
    """Return (HEIGHT, WIDTH, 4) BGR and alpha as a vector.

    Luma; then red difference, blue difference and alpha at half size.
    """
    colours = texture[..., :3]
    alpha = texture[..., 3]
    converted = cv2.cvtColor(colours, cv2.COLOR_BGR2YCrCb)
    luma, red, blue = cv2.split(converted)
    parts = [luma.ravel()]
    for plane in (red, blue, alpha):
        half = cv2.resize(
            plane,
            HALF,
            interpolation=cv2.INTER_AREA,
        )
        parts.append(half.ravel())
    return np.concatenate(parts).astype(np.float32)
