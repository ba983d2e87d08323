"""Computes the synthetic people's basis: means and principal components of face shape and texture.

A texture is a picture of a head, warped so that its landmarks lie on the mean shape, with an alpha that says
where the head is. People are drawn from the covariance between people, views from the one within a person.
`python -m training.synthetic_basis --data youtube_faces_keypoints.zip --out models/synthetic_faces.npz`
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from vitrine.synthetic.mesh import (
    EYE_CENTRE,
    EYE_DISTANCE,
    HEIGHT,
    WIDTH,
    Mesh,
    head_depth,
    head_mesh,
    rings,
    warp,
)
from vitrine.vision.crop import Image
from vitrine.vision.pose import RIGID
from vitrine.vision.shape import CHIN, EYE_LEFT, EYE_RIGHT, MIRROR, NOSE_TIP

Floats = NDArray[np.float32]

SHAPE_COMPONENTS = 20
TEXTURE_COMPONENTS = 80
SMALLEST_EYE_DISTANCE = 18.0
TYPICAL_SKIN = (125.0, 152.0, 113.0)
"""Luma, red and blue difference of a face in neutral light."""
HALF = (WIDTH // 2, HEIGHT // 2)
"""Chroma and alpha are kept at half the resolution of the luma."""


@dataclass(frozen=True)
class Pca:
    mean: Floats
    components: Floats
    """(k, d), each scaled by its standard deviation, so that `weights` have unit variance."""
    weights: Floats
    """(n, k) of the samples."""


def pca(samples: Floats, count: int) -> Pca:
    """The first principal components of (n, d) samples, by the Gram matrix in float64."""
    mean = samples.mean(axis=0)
    centred = (samples - mean).astype(np.float64)
    values, left = np.linalg.eigh(centred @ centred.T)
    scale = np.sqrt(values[::-1][:count])
    left = left[:, ::-1][:, :count]
    right = (left.T @ centred) / scale[:, None]
    sign = np.sign(right.sum(axis=1))  # an eigenvector's sign is free: fix it
    deviation = sign * scale / np.sqrt(len(samples))
    weights = left * sign * np.sqrt(len(samples))
    return Pca(
        mean,
        (right * deviation[:, None]).astype(np.float32),
        weights.astype(np.float32),
    )


def to_texture_frame(points: Floats, reference: Floats) -> Floats:
    """The least-squares similarity (2, 3) of points (68, 2) onto the reference (Umeyama 1991)."""
    a = points.mean(axis=0)
    b = reference.mean(axis=0)
    p = points - a
    q = reference - b
    norm = float((p**2).sum())
    cosine = float((p * q).sum()) / norm
    sine = float((p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum()) / norm
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.asarray(np.column_stack([linear, b - linear @ a]), np.float32)


def transformed(points: Floats, matrix: Floats) -> Floats:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def mirrored(shape: Floats) -> Floats:
    flipped = shape[..., MIRROR, :].copy()
    flipped[..., 0] = 2 * EYE_CENTRE[0] - flipped[..., 0]
    return np.asarray(flipped, np.float32)


def on_canvas(shape: Floats) -> Floats:
    """A shape moved and scaled so that the eyes lie where the texture has them."""
    left = shape[EYE_LEFT].mean(axis=0)
    right = shape[EYE_RIGHT].mean(axis=0)
    scale = EYE_DISTANCE / float(np.linalg.norm(right - left))
    return np.asarray((shape - (left + right) / 2) * scale + EYE_CENTRE, np.float32)


def mean_shape(shapes: Floats) -> tuple[Floats, Floats]:
    """Generalised Procrustes: the symmetric mean (68, 2), and all shapes (n, 68, 2) laid on it."""
    reference = on_canvas(shapes[0])
    for _ in range(5):
        aligned = np.stack(
            [transformed(s, to_texture_frame(s, reference)) for s in shapes]
        )
        mean = aligned.mean(axis=0)
        reference = on_canvas((mean + mirrored(mean)) / 2)
    return reference, aligned


def is_frontal(shapes: Floats) -> NDArray[np.bool_]:
    """Whether the nose tip lies near the middle of the jaw's ends, for aligned shapes (n, 68, 2)."""
    left = shapes[:, 0:3, 0].mean(axis=1)
    right = shapes[:, 14:17, 0].mean(axis=1)
    return np.asarray(
        np.abs((shapes[:, NOSE_TIP, 0] - left) / (right - left) - 0.5) < 0.1
    )


def texture_of(face: LabelledFace, mesh: Mesh) -> Image:
    """The head of a picture warped onto the mean shape, (HEIGHT, WIDTH, 4) BGR and alpha."""
    image: cv2.typing.MatLike = face.image()
    points = face.points
    matrix = to_texture_frame(points, mesh.texture[:68])
    shrink = 2 ** max(0.0, np.floor(-np.log2(np.hypot(*matrix[:, 0])) + 0.25))
    if shrink > 1:
        image = cv2.resize(
            image, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA
        )
        points = (points + 0.5) / shrink - 0.5
        matrix = to_texture_frame(points, mesh.texture[:68])
    back = np.asarray(cv2.invertAffineTransform(matrix), np.float32)
    source = np.vstack([points, transformed(rings(), back)])
    frame = WIDTH, HEIGHT
    texture = warp(
        np.asarray(image),
        source,
        mesh.texture,
        mesh.triangles,
        frame,
        cv2.BORDER_REPLICATE,
    )
    return with_alpha(texture, mesh.texture[:68])


def with_alpha(texture: Image, landmarks: Floats) -> Image:
    """Adds as alpha what GrabCut takes for the head; fills the rest with the head's nearest colours."""
    cv2.setRNGSeed(0)
    labels = np.full((HEIGHT, WIDTH), cv2.GC_PR_BGD, np.uint8)
    x, y, unit = *EYE_CENTRE, EYE_DISTANCE
    centre = (round(x), round(y + 0.05 * unit))
    cv2.ellipse(
        labels,
        centre,
        (round(1.62 * unit), round(2.15 * unit)),
        0,
        0,
        360,
        cv2.GC_PR_FGD,
        -1,
    )
    labels[
        round(landmarks[CHIN, 1]) :, round(x - 1.1 * unit) : round(x + 1.1 * unit)
    ] = cv2.GC_PR_FGD
    labels[:, :4] = labels[:, -4:] = cv2.GC_BGD
    labels[:3] = cv2.GC_BGD
    labels[round(y + unit) :, : round(x - 1.3 * unit)] = cv2.GC_BGD
    labels[round(y + unit) :, round(x + 1.3 * unit) :] = cv2.GC_BGD
    cv2.fillConvexPoly(
        labels, cv2.convexHull(np.rint(landmarks).astype(np.int32)), cv2.GC_FGD
    )
    cv2.ellipse(
        labels,
        (round(x), round(y - 0.2 * unit)),
        (round(0.95 * unit), round(1.15 * unit)),
        0,
        180,
        360,
        cv2.GC_FGD,
        -1,
    )
    cv2.grabCut(
        texture,
        labels,
        (0, 0, 0, 0),
        np.zeros((1, 65)),
        np.zeros((1, 65)),
        3,
        cv2.GC_INIT_WITH_MASK,
    )
    inside: cv2.typing.MatLike = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(
        np.uint8
    )
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    inside = cv2.morphologyEx(inside, cv2.MORPH_OPEN, kernel)
    inside = cv2.morphologyEx(inside, cv2.MORPH_CLOSE, kernel)
    core = cv2.erode(inside, kernel)
    _, nearest = cv2.distanceTransformWithLabels(
        1 - core, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((nearest.max() + 1, 3), np.uint8)
    colours[nearest[core > 0]] = texture[core > 0]
    filled = colours[nearest]
    blurred = cv2.GaussianBlur(filled, (0, 0), 4)
    texture = np.where(core[..., None] > 0, texture, blurred)
    alpha = cv2.GaussianBlur(inside * 255, (0, 0), 1.2)
    return np.dstack(
        [
            balanced(texture, landmarks),
            cv2.addWeighted(alpha, 0.5, alpha[:, ::-1], 0.5, 0),
        ]
    )


def balanced(texture: Image, landmarks: Floats) -> Image:
    """Takes most of the colour cast out and half of the exposure, by the mean colour of the face."""
    face = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(np.rint(landmarks).astype(np.int32)), 1)
    planes = cv2.cvtColor(texture, cv2.COLOR_BGR2YCrCb).astype(np.float32)
    luma, *colour = cv2.mean(planes, face)[:3]
    planes[..., 0] *= (TYPICAL_SKIN[0] / max(luma, 30)) ** 0.5
    planes[..., 1:] += 0.75 * (np.array(TYPICAL_SKIN[1:]) - colour)
    balanced_planes = np.clip(planes, 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(balanced_planes, cv2.COLOR_YCrCb2BGR), np.uint8)


def packed(texture: Image) -> Floats:
    """(HEIGHT, WIDTH, 4) BGR and alpha → a vector: luma; red, blue difference and alpha at half size."""
    luma, *colour = cv2.split(cv2.cvtColor(texture[..., :3], cv2.COLOR_BGR2YCrCb))
    halves = [
        cv2.resize(p, HALF, interpolation=cv2.INTER_AREA)
        for p in (*colour, texture[..., 3])
    ]
    return np.concatenate([p.ravel() for p in (luma, *halves)]).astype(np.float32)


def covariance_factors(
    weights: Floats, people: NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Factors F of the covariances between and within people: F @ noise (k,) has that covariance."""
    members = [weights[people == person] for person in range(people.max() + 1)]
    means = np.stack([m.mean(axis=0) for m in members])
    rest = np.concatenate([m - m.mean(axis=0) for m in members if len(m) > 1])
    freedom = sum(len(m) - 1 for m in members)
    return _factor(np.cov(means.T)), _factor(rest.T @ rest / freedom)


def _factor(covariance: NDArray[np.floating]) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)), np.float32)


def expression_directions(
    samples: Floats, shapes: Floats, people: NDArray[np.intp]
) -> Floats:
    """What a smile and an open mouth change in samples (n, d): (2, d), for two deviations of the measure.

    A regression on mouth width and inner lip opening within people, so that no one's own mouth shows.
    """
    width = np.linalg.norm(shapes[:, 54] - shapes[:, 48], axis=1)
    opening = np.linalg.norm(shapes[:, 66] - shapes[:, 62], axis=1)
    measures = _within(np.stack([width, opening], axis=1), people)
    slopes, *_ = np.linalg.lstsq(measures, _within(samples, people), rcond=None)
    return np.asarray(slopes * 2 * measures.std(axis=0)[:, None], np.float32)


def _within(values: Floats, people: NDArray[np.intp]) -> Floats:
    means = np.stack(
        [values[people == person].mean(axis=0) for person in range(people.max() + 1)]
    )
    return np.asarray(values - means[people], np.float32)


def quantised(components: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Rows as int8 with one scale a row: components ≈ int8 × scale."""
    scale = np.abs(components).max(axis=1, keepdims=True) / 127
    return np.rint(components / scale).astype(np.int8), scale.astype(np.float32)


def frontal_faces(data: Path) -> tuple[list[LabelledFace], Floats, Floats]:
    """Faces that are large and frontal, their aligned symmetric shapes (n, 68, 2), the mean shape."""
    faces = [
        f
        for f in read_keypoints_csv(data)
        if _eye_distance(f.points) >= SMALLEST_EYE_DISTANCE
    ]
    reference, aligned = mean_shape(np.stack([f.points for f in faces]))
    frontal = is_frontal(aligned)
    shapes = aligned[frontal]
    symmetric = np.stack(
        [
            transformed(s, to_texture_frame(s, reference))
            for s in (shapes + mirrored(shapes)) / 2
        ]
    )
    return (
        [f for f, keep in zip(faces, frontal, strict=True) if keep],
        level(symmetric, reference),
        reference,
    )


def level(shapes: Floats, reference: Floats) -> Floats:
    """Aligned shapes (n, 68, 2) with the nod taken out, so that pitch stays the head's and no person's trait.

    A nod moves points up or down by their depth; how much is fitted on the points that no expression moves.
    """
    up = np.array([0, 1], np.float32)
    along = reference - reference.mean(axis=0)
    nod = head_depth(np.vstack([reference, rings()]))[:68, None] * up
    sideways = np.broadcast_to(up[::-1], nod.shape)
    motions = np.stack([nod, along, sideways, np.broadcast_to(up, nod.shape)])
    rigid = motions[:, RIGID].reshape(len(motions), -1)
    amounts, *_ = np.linalg.lstsq(
        rigid.T, (shapes - reference)[:, RIGID].reshape(len(shapes), -1).T, rcond=None
    )
    upright = shapes - amounts[0][:, None, None] * nod
    return np.stack([transformed(s, to_texture_frame(s, reference)) for s in upright])


def _eye_distance(points: Floats) -> float:
    return float(
        np.linalg.norm(points[EYE_LEFT].mean(axis=0) - points[EYE_RIGHT].mean(axis=0))
    )


def basis(
    faces: list[LabelledFace], shapes: Floats, reference: Floats
) -> dict[str, NDArray[np.generic]]:
    """The arrays of the basis file."""
    mesh = head_mesh(reference)
    textures = np.stack(
        [
            packed(texture_of(f, mesh))
            for f in track(faces, "textures", console=Console(stderr=True))
        ]
    )
    people = np.unique([f.group for f in faces], return_inverse=True)[1]
    flat = shapes.reshape(len(shapes), -1)
    shape = pca(flat, SHAPE_COMPONENTS)
    texture = pca(textures, TEXTURE_COMPONENTS)
    between, within = covariance_factors(
        np.hstack([shape.weights, texture.weights]), people
    )
    components, scale = quantised(texture.components)
    expressions, expression_scale = quantised(
        expression_directions(textures, shapes, people)
    )
    return {
        "mean_shape": reference,
        "shape_components": shape.components.reshape(-1, 68, 2).astype(np.float16),
        "shape_expressions": expression_directions(flat, shapes, people).reshape(
            -1, 68, 2
        ),
        "texture_mean": np.rint(texture.mean).astype(np.uint8),
        "texture_components": components,
        "texture_scale": scale,
        "texture_expressions": expressions,
        "texture_expression_scale": expression_scale,
        "between": between.astype(np.float16),
        "within": within.astype(np.float16),
    }


@click.command()
@click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="Keypoint set, folder or zip.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The .npz to write.",
)
def main(data: Path, out: Path) -> None:
    """Compute the basis of the synthetic people."""
    cv2.setNumThreads(1)
    faces, shapes, reference = frontal_faces(data)
    np.savez_compressed(out, allow_pickle=False, **basis(faces, shapes, reference))
    people = len({f.group for f in faces})
    click.echo(
        f"{out}: {out.stat().st_size:,} bytes from {len(faces)} pictures of {people} people"
    )


if __name__ == "__main__":
    main()
