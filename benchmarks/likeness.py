"""How much drawn people resemble the real ones that their basis was computed from.

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

DRAWN_PEOPLE = 100
DRAWN_SIDE = 320

Vectors = NDArray[np.float32]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--models", type=Path, required=True, help="folder with MobileFaceNet"
    )
    parser.add_argument(
        "--faces",
        type=Path,
        required=True,
        help="archive of the YouTube Faces keypoints",
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    embedder = Embedder(
        load_network(model_path(PUBLIC_EMBEDDING_FILE, options.models)),
        PUBLIC_EMBEDDING_FILE,
    )
    print_likeness(options.faces, embedder)


def embedded(embedder: Embedder, aligned: Iterable[Image]) -> Vectors:
    """One after the other: a batch of hundreds would need gigabytes."""
    return np.concatenate([embedder.embed([one]) for one in aligned])


def print_likeness(archive: Path, embedder: Embedder) -> None:
    """How like the most similar real person is to drawn people, and to real ones."""
    faces, _, _ = frontal_faces(archive)
    real = embedded(embedder, (align(face.image(), face.points) for face in faces))
    owners = np.array([face.group for face in faces])
    same = owners[:, None] == owners
    similar = np.asarray(real @ real.T)
    firsts = np.unique(owners, return_index=True)[1]
    others = np.where(same, -1, similar)[firsts].max(axis=1)
    own = np.where(same & ~np.eye(len(same), dtype=bool), similar, -1)[firsts].max(
        axis=1
    )
    drawn = embedded(embedder, map(portrait, range(DRAWN_PEOPLE)))
    print(f"cosine to the most similar of {len(firsts)} real people:")
    for name, values in (
        (f"{DRAWN_PEOPLE} drawn people", (drawn @ real.T).max(axis=1)),
        ("another real person", others),
        ("another picture of a real person", own[own > -1]),
    ):
        print(f"  {name}: median {np.median(values):.2f}, at most {values.max():.2f}")


def portrait(seed: int) -> Image:
    """A drawn person who looks into the camera, aligned for the embedding."""
    basis = load_basis()
    streams = (np.random.default_rng([seed, stream]) for stream in range(3))
    look = draw_look(basis, head_mesh(basis.mean_shape), *streams)
    stance = Stance(
        HeadPose(0, 0, 0), (DRAWN_SIDE * 0.5, DRAWN_SIDE * 0.6), DRAWN_SIDE / 4
    )
    picture = np.full((DRAWN_SIDE, DRAWN_SIDE, 3), 128, np.uint8)
    layers, points = draw_figure(
        look, stance, stance, (DRAWN_SIDE, DRAWN_SIDE), 4.0 * DRAWN_SIDE
    )
    for layer in layers:
        layer.paste(picture)
    return align(picture, points)


if __name__ == "__main__":
    main()
