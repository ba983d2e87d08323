"""Print how alike views of one person with a mask or dark glasses are, and of different people.

python -m benchmarks.covered_faces --faces FOLDER/data/lfw_aligned_144.zip

Two photos of each held-out person of LFW, aligned by five points, bare and with a mask or glasses
drawn over them. Where the face is lies open to the alignment, so a real mask is harder. The
visitors of a day are told apart by such similarities.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from training.datasets.people import PersonFace, read_people
from training.datasets.splits import part_of
from vitrine.shipped import MODELS
from vitrine.vision.crop import Image
from vitrine.vision.embedding import Embedder
from vitrine.vision.networks import load_network

MIDDLE: Final = slice(16, 128)
"""The central 112 of 144 pixels, as the network takes them."""
# In the 112 pixels the eyes are at 38 and 74 across, 52 down, and the mouth 92 down.
MASK: Final = np.array([[14, 62], [56, 56], [98, 62], [92, 104], [56, 112], [20, 104]])
MASK_COLOUR: Final = (214, 190, 160)
LENSES: Final = ((38, 53), (74, 53))
LENS_SIZE: Final = (16, 12)
GLASSES_COLOUR: Final = (30, 26, 24)
# Masks and glasses of another colour and shape than those above.
BLACK_MASK: Final = np.array(
    [
        [18, 58],
        [44, 54],
        [56, 50],
        [68, 54],
        [94, 58],
        [88, 96],
        [70, 108],
        [56, 110],
        [42, 108],
        [24, 96],
    ]
)
BLACK: Final = (34, 30, 38)
FOLDS: Final = (70, 82, 94)
FOLD_COLOUR: Final = (52, 48, 56)
WHITE_MASK: Final = np.array(
    [[22, 70], [56, 60], [90, 70], [96, 88], [74, 108], [38, 108], [16, 88]]
)
WHITE: Final = (240, 240, 236)
RIDGE_COLOUR: Final = (205, 205, 200)
STRAPS: Final = (((22, 70), (0, 60)), ((90, 70), (111, 60)))
STRAP_COLOUR: Final = (225, 225, 220)
SQUARES: Final = (((20, 41), (53, 67)), ((59, 41), (92, 67)))
BROWN: Final = (96, 66, 40)
RIM_COLOUR: Final = (60, 40, 24)
TINT: Final = 0.9
"""How much of what is behind a brown lens is not seen."""
BARE: Final = "bare"
PAIRS: Final = (
    (BARE, BARE),
    ("mask", "mask"),
    ("glasses", "glasses"),
    (BARE, "mask"),
    (BARE, "glasses"),
)
"""How somebody looks in the first photo, and in the second."""
THRESHOLDS: Final = (0.25, 0.30, 0.35, 0.40, 0.45, 0.50)

Vectors = NDArray[np.float32]
Cover = Callable[[Image], Image]


def main() -> None:
    """Print a row for each pair of ways to look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=MODELS / "embedding_112_v2.onnx")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    embedder = Embedder(load_network(arguments.model), arguments.model.stem)
    pairs = _photo_pairs(arguments.faces)
    looks: dict[str, tuple[Vectors, Vectors]] = {}
    for name, cover in COVERS.items():
        firsts = [cover(first) for first, _ in pairs]
        seconds = [cover(second) for _, second in pairs]
        looks[name] = (embedder.embed(firsts), embedder.embed(seconds))
    print(
        f"{len(pairs)} people; same person, and different people, above the threshold"
    )
    columns = " | ".join(f"{threshold:.2f}" for threshold in THRESHOLDS)
    print(f"| first, then | {columns} |")
    print("|---" * (1 + len(THRESHOLDS)) + "|")
    for before, after in PAIRS:
        first, _ = looks[before]
        _, second = looks[after]
        cells = " | ".join(shares(first, second))
        print(f"| {before}, {after} | {cells} |")


def shares(first: Vectors, second: Vectors) -> list[str]:
    """Return what share of same and of different people pass each threshold.

    Row n of `first` and of `second`, (people, d), shows person n.
    """
    similarities = first @ second.T
    same = np.diag(similarities)
    different = similarities[~np.eye(len(first), dtype=bool)]
    cells = []
    for threshold in THRESHOLDS:
        found = 100 * np.mean(same >= threshold)
        mistaken = 100 * np.mean(different >= threshold)
        cells.append(f"{found:.0f} %, {mistaken:.2g} %")
    return cells


def _photo_pairs(path: Path) -> list[tuple[Image, Image]]:
    """Return the first two photos of each held-out person who has so many."""
    photos: dict[str, list[PersonFace]] = defaultdict(list)
    for face in read_people(path):
        if part_of(face.person) == "held-out":
            photos[face.person].append(face)
    several = [faces for faces in photos.values() if len(faces) > 1]
    return [(_middle(faces[0]), _middle(faces[1])) for faces in several]


def _middle(face: PersonFace) -> Image:
    return np.ascontiguousarray(face.image()[MIDDLE, MIDDLE])


def bare(face: Image) -> Image:
    """Return the face as it is."""
    return face


def masked(face: Image) -> Image:
    """Return an aligned face, 112 pixels, with a mask from the nose to the chin."""
    drawn = face.copy()
    cv2.fillPoly(drawn, [MASK.astype(np.int32)], MASK_COLOUR, cv2.LINE_AA)
    return drawn


def with_glasses(face: Image) -> Image:
    """Return an aligned face, 112 pixels, with dark glasses."""
    drawn = face.copy()
    for lens in LENSES:
        cv2.ellipse(drawn, lens, LENS_SIZE, 0, 0, 360, GLASSES_COLOUR, -1, cv2.LINE_AA)
    bridge: Sequence[Sequence[int]] = LENSES
    cv2.line(drawn, bridge[0], bridge[1], GLASSES_COLOUR, 3, cv2.LINE_AA)
    return drawn


def in_black_mask(face: Image) -> Image:
    """Return an aligned face, 112 pixels, with a mask of black cloth that reaches higher."""
    drawn = face.copy()
    cv2.fillPoly(drawn, [BLACK_MASK.astype(np.int32)], BLACK, cv2.LINE_AA)
    for y in FOLDS:
        cv2.line(drawn, (26, y), (86, y + 2), FOLD_COLOUR, 1, cv2.LINE_AA)
    return drawn


def in_white_mask(face: Image) -> Image:
    """Return an aligned face, 112 pixels, with a white mask with a ridge and straps."""
    drawn = face.copy()
    cv2.fillPoly(drawn, [WHITE_MASK.astype(np.int32)], WHITE, cv2.LINE_AA)
    cv2.line(drawn, (56, 60), (56, 108), RIDGE_COLOUR, 2, cv2.LINE_AA)
    for begin, end in STRAPS:
        cv2.line(drawn, begin, end, STRAP_COLOUR, 2, cv2.LINE_AA)
    return drawn


def with_brown_glasses(face: Image) -> Image:
    """Return an aligned face, 112 pixels, with large brown square glasses."""
    drawn = face.copy()
    for corner, opposite in SQUARES:
        cv2.rectangle(drawn, corner, opposite, BROWN, -1, cv2.LINE_AA)
    tinted = np.asarray(cv2.addWeighted(drawn, TINT, face, 1 - TINT, 0), np.uint8)
    cv2.line(tinted, (50, 46), (62, 46), RIM_COLOUR, 3, cv2.LINE_AA)
    for corner, opposite in SQUARES:
        cv2.rectangle(tinted, corner, opposite, RIM_COLOUR, 2)
    return tinted


COVERS: Final[dict[str, Cover]] = {
    BARE: bare,
    "mask": masked,
    "glasses": with_glasses,
}
OTHER_COVERS: Final[dict[str, Cover]] = {
    "black mask": in_black_mask,
    "white mask": in_white_mask,
    "brown glasses": with_brown_glasses,
}
"""Covers that no template is drawn with."""


if __name__ == "__main__":
    main()
