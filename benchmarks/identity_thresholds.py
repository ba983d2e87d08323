"""What the thresholds of identity mean on aligned faces of people who appear in pairs and alone.

    python -m benchmarks.identity_thresholds --faces ../shared/data/lfw_aligned_144.zip \
        --model models/embedding_112.onnx

The archive holds `Person/Person_0001.jpg`, 144×144, aligned by five points; its central 112×112 is embedded.
People who are held out do not count. Those that our network was trained on may make it look stricter than it
is; `--part validation` asks only the few others. The defaults are, for every network, the thresholds at which
2e-5 (visitor) and 2.5e-6 (known) of pairs of different people pass, rounded to 0.01.

Prints, per threshold: how often two different people pass, how often a view of somebody who is not enrolled
resembles one of 200 enrolled with one template each, and how often two pictures of one person pass.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Sequence
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
from vitrine.vision.embedding import Embedder
from vitrine.vision.networks import load_network

PAIRED = 500
ALONE = 800
PICTURES = 5
ENROLLED = 200
FARS = (1e-2, 1e-3, 1e-4, 2e-5, 2.5e-6)


def embeddings(
    archive: Path, embedder: Embedder, parts: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.str_], list[str]]:
    """Vectors (n, 128), whose they are (n,), and the people with several pictures."""
    with ZipFile(archive) as faces:
        pictures = defaultdict(list)
        for name in sorted(name for name in faces.namelist() if name.endswith(".jpg")):
            if part_of(name.split("/")[-2]) in parts:
                pictures[name.split("/")[-2]].append(name)
        people = sorted(pictures)
        random.Random(0).shuffle(people)
        paired = [p for p in people if len(pictures[p]) > 1][:PAIRED]
        alone = [p for p in people if len(pictures[p]) == 1][:ALONE]
        chosen = [(p, name) for p in paired + alone for name in pictures[p][:PICTURES]]
        vectors = []
        for _, name in track(chosen, "embedding", console=Console(stderr=True)):
            image = cv2.imdecode(
                np.frombuffer(faces.read(name), np.uint8), cv2.IMREAD_COLOR
            )
            vectors.append(
                embedder.embed([np.asarray(image, np.uint8)[16:128, 16:128]])[0]
            )
    return np.stack(vectors), np.array([p for p, _ in chosen]), paired


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--faces", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument(
        "--part", choices=("train", "validation"), help="by default both"
    )
    options = parser.parse_args()
    embedder = Embedder(load_network(options.model), options.model.stem)
    parts = [options.part] if options.part else ["train", "validation"]
    vectors, owners, paired = embeddings(options.faces, embedder, parts)
    similar = np.asarray(vectors @ vectors.T)
    upper = np.triu_indices(len(owners), 1)
    same = (owners[:, None] == owners[None])[upper]
    enrolled = paired[:ENROLLED]
    gallery = [int(np.argmax(owners == person)) for person in enrolled]
    strangers = ~np.isin(owners, enrolled)
    nearest = similar[strangers][:, gallery].max(axis=1)
    table = Table(
        "threshold",
        "different people pass",
        f"stranger resembles one of {ENROLLED}",
        "same person passes",
    )
    for threshold in (0.35, 0.40, 0.45, 0.50, 0.55, 0.60):
        passes = similar[upper] >= threshold
        rates = passes[~same].mean(), (nearest >= threshold).mean(), passes[same].mean()
        table.add_row(
            f"{threshold:.2f}", f"{rates[0]:.1e}", f"{rates[1]:.2%}", f"{rates[2]:.1%}"
        )
    exact = ", ".join(
        f"{far:g} at {threshold_at(similar[upper][~same], far):.3f}" for far in FARS
    )
    Console().print(
        table,
        f"{len(owners)} pictures, {same.sum()} pairs of one person, {(~same).sum()} of two",
        f"different people pass: {exact}",
    )


if __name__ == "__main__":
    main()
