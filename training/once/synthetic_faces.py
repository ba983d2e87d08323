"""The basis of the synthetic people: means and principal components of face shape and texture.

A texture is a picture of a head, warped so that its landmarks lie on the mean shape, with an alpha
that says where the head is. People are drawn from the covariance between people, views from the
one within a person.
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from training.datasets.faces import LabelledFace
from training.once.components import (
    Floats,
    covariance_factors,
    expression_directions,
    pca,
    quantised,
)
from training.once.shapes import frontal_faces
from training.once.textures import packed, texture_of
from vitrine.synthetic.mesh import head_mesh

SHAPE_COMPONENTS: Final = 20
TEXTURE_COMPONENTS: Final = 80
"""With these the file has 1.5 MB; chosen, not measured."""


def write_basis(data: Path, output: Path) -> str:
    """Compute the basis of a keypoint set, write it as .npz, and return a line about it."""
    # Threads of OpenCV change the order of its sums.
    cv2.setNumThreads(1)
    faces, shapes, reference = frontal_faces(data)
    arrays = basis(faces, shapes, reference)
    np.savez_compressed(
        output,
        allow_pickle=False,
        **arrays,
    )
    people = len({face.group for face in faces})
    size = output.stat().st_size
    return f"{output}: {size:,} bytes from {len(faces)} pictures of {people} people"


def basis(
    faces: list[LabelledFace],
    shapes: Floats,
    reference: Floats,
) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of the basis file."""
    mesh = head_mesh(reference)
    shown = track(
        faces,
        "textures",
        console=Console(stderr=True),
    )
    pictures = np.stack([packed(texture_of(face, mesh)) for face in shown])
    people = np.unique([face.group for face in faces], return_inverse=True)[1]
    flat = shapes.reshape(len(shapes), -1)
    shape = pca(flat, SHAPE_COMPONENTS)
    texture = pca(pictures, TEXTURE_COMPONENTS)
    weights = np.hstack([shape.weights, texture.weights])
    between, within = covariance_factors(weights, people)
    components, scale = quantised(texture.components)
    shape_changes = expression_directions(flat, shapes, people)
    texture_changes = expression_directions(pictures, shapes, people)
    expressions, expression_scale = quantised(texture_changes)
    shape_components = shape.components.reshape(-1, 68, 2)
    return {
        "mean_shape": reference,
        "shape_components": shape_components.astype(np.float16),
        "shape_expressions": shape_changes.reshape(-1, 68, 2),
        "texture_mean": np.rint(texture.mean).astype(np.uint8),
        "texture_components": components,
        "texture_scale": scale,
        "texture_expressions": expressions,
        "texture_expression_scale": expression_scale,
        "between": between.astype(np.float16),
        "within": within.astype(np.float16),
    }
