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
        points = (points + 0.5) / shrink - 0.5
        matrix = to_texture_frame(points, reference)
    back = np.asarray(cv2.invertAffineTransform(matrix), np.float32)
    texture = warp(
        np.asarray(image),
        np.vstack([points, transformed(rings(), back)]),
        mesh.texture,
        mesh.triangles,
        (WIDTH, HEIGHT),
        cv2.BORDER_REPLICATE,
    )
    return with_alpha(texture, reference)


def _halvings(matrix: Floats) -> float:
    """Return by how much a picture is made smaller before it is warped, a power of two."""
    scale = np.hypot(*matrix[:, 0])
    return float(2 ** max(0.0, np.floor(-np.log2(scale) + 0.25)))


def with_alpha(texture: Image, landmarks: Floats) -> Image:
    """Add as alpha what GrabCut takes for the head; fill the rest with its nearest colours."""
    # GrabCut draws its first clusters from OpenCV's generator.
    cv2.setRNGSeed(0)
    inside = _head(texture, _guess(landmarks))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    # The rim of the head mixes with the background; its colours are taken from further inside.
    core = np.asarray(cv2.erode(inside, kernel), np.uint8)
    filled = _filled(texture, core)
    alpha = cv2.GaussianBlur(inside * 255, (0, 0), 1.2)
    # Half of the head's outline is as good as the other, and the mean of both is smoother.
    symmetric_alpha = cv2.addWeighted(
        alpha,
        0.5,
        alpha[:, ::-1],
        0.5,
        0,
    )
    return np.dstack([balanced(filled, landmarks), symmetric_alpha])


def _guess(landmarks: Floats) -> Mask:
    """Return what GrabCut starts from: sure and likely head, likely and sure background.

    Proportions of the ellipses and of the neck are in distances of the eyes; they were chosen by
    looking at the heads that came out.
    """
    labels = np.full((HEIGHT, WIDTH), cv2.GC_PR_BGD, np.uint8)
    x, y = EYE_CENTRE
    unit = EYE_DISTANCE
    middle = round(x)
    head = (round(1.62 * unit), round(2.15 * unit))
    centre = (middle, round(y + 0.05 * unit))
    cv2.ellipse(
        labels,
        centre,
        head,
        0,
        0,
        360,
        cv2.GC_PR_FGD,
        -1,
    )
    chin = round(landmarks[CHIN, 1])
    neck = slice(round(x - 1.1 * unit), round(x + 1.1 * unit))
    labels[chin:, neck] = cv2.GC_PR_FGD
    labels[:, :4] = cv2.GC_BGD
    labels[:, -4:] = cv2.GC_BGD
    labels[:3] = cv2.GC_BGD
    shoulders = round(y + unit)
    labels[shoulders:, : round(x - 1.3 * unit)] = cv2.GC_BGD
    labels[shoulders:, round(x + 1.3 * unit) :] = cv2.GC_BGD
    cv2.fillConvexPoly(labels, _hull(landmarks), cv2.GC_FGD)
    forehead = (round(0.95 * unit), round(1.15 * unit))
    above = (middle, round(y - 0.2 * unit))
    cv2.ellipse(
        labels,
        above,
        forehead,
        0,
        180,
        360,
        cv2.GC_FGD,
        -1,
    )
    return labels


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
        3,
        cv2.GC_INIT_WITH_MASK,
    )
    inside = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
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
    colours = np.zeros((nearest.max() + 1, 3), np.uint8)
    colours[nearest[core > 0]] = texture[core > 0]
    around = cv2.GaussianBlur(colours[nearest], (0, 0), 4)
    return np.asarray(np.where(core[..., None] > 0, texture, around), np.uint8)


def _hull(landmarks: Floats) -> cv2.typing.MatLike:
    return cv2.convexHull(np.rint(landmarks).astype(np.int32))


def balanced(texture: Image, landmarks: Floats) -> Image:
    """Take most of the colour cast out and half of the exposure, by the mean of the face."""
    face = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(face, _hull(landmarks), 1)
    planes = cv2.cvtColor(texture, cv2.COLOR_BGR2YCrCb).astype(np.float32)
    # Half of the exposure and three quarters of the cast: people differ in skin, not in lamps.
    luma, *colour = cv2.mean(planes, face)[:3]
    planes[..., 0] *= (TYPICAL_SKIN[0] / max(luma, DARKEST)) ** 0.5
    planes[..., 1:] += 0.75 * (np.array(TYPICAL_SKIN[1:]) - colour)
    rounded = np.clip(planes, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(rounded, cv2.COLOR_YCrCb2BGR), np.uint8)


def packed(texture: Image) -> Floats:
    """Return (HEIGHT, WIDTH, 4) BGR and alpha as a vector.

    Luma; then red difference, blue difference and alpha at half size.
    """
    converted = cv2.cvtColor(texture[..., :3], cv2.COLOR_BGR2YCrCb)
    luma, red, blue = cv2.split(converted)
    parts = [luma.ravel()]
    for plane in (red, blue, texture[..., 3]):
        half = cv2.resize(
            plane,
            HALF,
            interpolation=cv2.INTER_AREA,
        )
        parts.append(half.ravel())
    return np.concatenate(parts).astype(np.float32)
