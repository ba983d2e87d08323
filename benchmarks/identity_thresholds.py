"""Print what identity's thresholds mean on aligned faces of people, in pairs and alone.

    python -m benchmarks.identity_thresholds --faces ../shared/data/lfw_aligned_144.zip \
        --model models/embedding_112_v2.onnx

The archive holds `Person/Person_0001.jpg`, 144×144, aligned by five points; its central 112×112
is embedded. People who are held out do not count. Those that our network was trained on may make
it look stricter than it is; `--part validation` asks only the few others. The defaults are, for
every network, the thresholds at which about 2e-5 (visitor) and 2.5e-6 (least) of pairs of
different people pass.

Prints, per threshold: how often two different people pass, how often a view of somebody who is not
enrolled resembles one of 200 enrolled with one template each, and how often two pictures of one
person pass.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from training.datasets.splits import part_of
from training.likeness import threshold_at
from vitrine.vision.crop import Image
from vitrine.vision.embedding import Embedder
from vitrine.vision.networks import load_network

# Enough pairs for the smallest of FARS, few enough for all similarities to fit in memory.
PAIRED = 500
ALONE = 800
PICTURES = 5
ENROLLED = 200
FARS = (1e-2, 1e-3, 1e-4, 2e-5, 2.5e-6)
THRESHOLDS = (0.35, 0.40, 0.45, 0.50, 0.55, 0.60)
MIDDLE = slice(16, 128)
"""The central 112 of 144 pixels."""


@dataclass(
    frozen=True,
    eq=False,
    slots=True,
)
class Embedded:
    """Hold the embeddings of people's pictures."""

    vectors: NDArray[np.float32]
    """(n, 128)."""
    owners: NDArray[np.str_]
    """(n,): whose they are."""
    paired: Sequence[str]
    """The people with several pictures."""


@dataclass(
    frozen=True,
    eq=False,
    slots=True,
)
class Pairs:
    """Hold the similarities of pairs of pictures."""

    same: NDArray[np.float32]
    """Of two pictures of one person."""
    different: NDArray[np.float32]
    """Of two people."""
    nearest: NDArray[np.float32]
    """Of each picture of somebody who is not enrolled, to the most similar enrolled person."""


def pictures_by_person(
    names: Iterable[str], parts: Sequence[str]
) -> dict[str, list[str]]:
    """Return the files of everybody who belongs to one of the parts of the split."""
    pictures = defaultdict(list)
    for name in sorted(names):
        if not name.endswith(".jpg"):
            continue
        person = name.split("/")[-2]
        if part_of(person) in parts:
            pictures[person].append(name)
    return pictures


def embeddings(
    archive: Path,
    embedder: Embedder,
    parts: Sequence[str],
) -> Embedded:
    """Return the embeddings of some people, those with several pictures first."""
    with ZipFile(archive) as faces:
        pictures = pictures_by_person(faces.namelist(), parts)
        people = sorted(pictures)
        # Names in order of the alphabet would not be a random sample.
        random.Random(0).shuffle(people)
        paired = [person for person in people if len(pictures[person]) > 1]
        alone = [person for person in people if len(pictures[person]) == 1]
        paired = paired[:PAIRED]
        chosen = paired + alone[:ALONE]
        vectors = []
        owners = []
        for person in track(
            chosen,
            "embedding",
            console=Console(stderr=True),
        ):
            for name in pictures[person][:PICTURES]:
                image = middle_of(faces.read(name))
                vectors.append(embedder.embed([image])[0])
                owners.append(person)
    return Embedded(
        vectors=np.stack(vectors),
        owners=np.array(owners),
        paired=paired,
    )


def middle_of(jpeg: bytes) -> Image:
    """Return the central (112, 112, 3) of an aligned picture."""
    raw = np.frombuffer(jpeg, np.uint8)
    image = cv2.imdecode(raw, cv2.IMREAD_COLOR)
    return np.asarray(image, np.uint8)[MIDDLE, MIDDLE]


def pairs_of(embedded: Embedded) -> Pairs:
    """Return the similarities of all pairs, and of strangers to those enrolled."""
    owners = embedded.owners
    similar = np.asarray(embedded.vectors @ embedded.vectors.T)
    upper = np.triu_indices(len(owners), 1)
    is_same = (owners[:, None] == owners[None])[upper]
    similar_pairs = similar[upper]
    enrolled = embedded.paired[:ENROLLED]
    # One template each: the first picture of everybody who is enrolled.
    gallery = [int(np.argmax(owners == person)) for person in enrolled]
    is_stranger = ~np.isin(owners, enrolled)
    nearest = similar[is_stranger][:, gallery].max(axis=1)
    return Pairs(
        same=similar_pairs[is_same],
        different=similar_pairs[~is_same],
        nearest=nearest,
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--faces",
        type=Path,
        required=True,
    )
    parser.add_argument(
        "--model",
        type=Path,
        required=True,
    )
    parser.add_argument(
        "--part",
        choices=("train", "validation"),
        help="by default both",
    )
    options = parser.parse_args()
    embedder = Embedder(load_network(options.model), options.model.stem)
    parts = [options.part] if options.part else ["train", "validation"]
    embedded = embeddings(options.faces, embedder, parts)
    show(pairs_of(embedded), pictures=len(embedded.owners))


def show(pairs: Pairs, pictures: int) -> None:
    """Print how many pairs pass at each threshold, and the thresholds of some rates."""
    table = Table(
        "threshold",
        "different people pass",
        f"stranger resembles one of {ENROLLED}",
        "same person passes",
    )
    for threshold in THRESHOLDS:
        different = (pairs.different >= threshold).mean()
        stranger = (pairs.nearest >= threshold).mean()
        same = (pairs.same >= threshold).mean()
        table.add_row(
            f"{threshold:.2f}",
            f"{different:.1e}",
            f"{stranger:.2%}",
            f"{same:.1%}",
        )
    exact = []
    for far in FARS:
        threshold = threshold_at(pairs.different, far)
        exact.append(f"{far:g} at {threshold:.3f}")
    Console().print(
        table,
        f"{pictures} pictures, {len(pairs.same)} pairs of one person,"
        f" {len(pairs.different)} of two",
        f"different people pass: {', '.join(exact)}",
    )


if __name__ == "__main__":
    main()
