"""Print how much drawn people resemble the real ones that their basis was computed from.

python -m benchmarks.likeness --models FOLDER --faces youtube_faces_keypoints.zip
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.once.shapes import frontal_faces
from vitrine.synthetic.figure import draw_figure, draw_look
from vitrine.synthetic.head import Stance
from vitrine.synthetic.mesh import head_mesh
from vitrine.synthetic.people import load_basis
from vitrine.vision.crop import Image
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.models import PUBLIC_EMBEDDING_FILE, model_path
from vitrine.vision.networks import load_network
from vitrine.vision.pose import HeadPose

# Chosen, not measured.
DRAWN_PEOPLE = 100
DRAWN_SIDE = 320
GREY = 128
# Below every cosine: leaves a pair out of a maximum.
LEFT_OUT = -1

Vectors = NDArray[np.float32]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--models",
        type=Path,
        required=True,
        help="folder with MobileFaceNet",
    )
    parser.add_argument(
        "--faces",
        type=Path,
        required=True,
        help="archive of the YouTube Faces keypoints",
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    path = model_path(PUBLIC_EMBEDDING_FILE, options.models)
    embedder = Embedder(load_network(path), PUBLIC_EMBEDDING_FILE)
    print_likeness(options.faces, embedder)


def embedded(embedder: Embedder, aligned: Iterable[Image]) -> Vectors:
    """Return embeddings (n, 128), computed one by one: a batch of hundreds needs gigabytes."""
    return np.concatenate([embedder.embed([one]) for one in aligned])


def print_likeness(archive: Path, embedder: Embedder) -> None:
    """Print how like the most similar real person is to drawn people, and to real ones."""
    faces, _, _ = frontal_faces(archive)
    aligned = (align(face.image(), face.points) for face in faces)
    real = embedded(embedder, aligned)
    owners = np.array([face.group for face in faces])
    # One picture of each person, so that those with many do not decide.
    _, firsts = np.unique(owners, return_index=True)
    similar = np.asarray(real[firsts] @ real.T)
    is_same = owners[firsts, None] == owners
    is_itself = firsts[:, None] == np.arange(len(owners))
    is_other_picture = is_same & ~is_itself
    to_others = np.where(is_same, LEFT_OUT, similar)
    to_own = np.where(is_other_picture, similar, LEFT_OUT)
    others = to_others.max(axis=1)
    own = to_own.max(axis=1)
    portraits = map(portrait, range(DRAWN_PEOPLE))
    drawn = embedded(embedder, portraits)
    to_real = drawn @ real.T
    nearest = to_real.max(axis=1)
    print(f"cosine to the most similar of {len(firsts)} real people:")
    print_cosines(f"{DRAWN_PEOPLE} drawn people", nearest)
    print_cosines("another real person", others)
    print_cosines("another picture of a real person", own[own > LEFT_OUT])


def print_cosines(name: str, values: Vectors) -> None:
    """Print the middle and the largest of some cosines."""
    print(f"  {name}: median {np.median(values):.2f}, at most {values.max():.2f}")


def portrait(seed: int) -> Image:
    """Return a drawn person who looks into the camera, aligned for the embedding."""
    basis = load_basis()
    mesh = head_mesh(basis.mean_shape)
    # What stays of a person, what a day changes, and clothes have streams of their own.
    streams = [np.random.default_rng([seed, stream]) for stream in range(3)]
    look = draw_look(basis, mesh, *streams)
    pose = HeadPose(
        yaw=0,
        pitch=0,
        roll=0,
    )
    # Below the middle: hair takes room above the eyes.
    middle = (DRAWN_SIDE * 0.5, DRAWN_SIDE * 0.6)
    stance = Stance(pose, middle, DRAWN_SIDE / 4)
    picture = np.full((DRAWN_SIDE, DRAWN_SIDE, 3), GREY, np.uint8)
    layers, points = draw_figure(
        look,
        stance,
        stance,
        (DRAWN_SIDE, DRAWN_SIDE),
        4.0 * DRAWN_SIDE,
    )
    for layer in layers:
        layer.paste(picture)
    return align(picture, points)


if __name__ == "__main__":
    main()
