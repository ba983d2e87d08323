"""Compare the synthetic mall with reality: our own vision code on both, side by side.

    python -m benchmarks.synthetic --shared ../shared [--models ../shared/models] [--json OUT]

Real photos are brought to the face sizes of the mall. Yaw is our head pose's from the labelled
points, on both sides. Intervals are 95 %, by bootstrap over people or photos. Landmarks are judged
on people and photos that their network never saw. All draws are seeded.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.face_comparison import (
    Finder,
    Row,
    false_alarm_rows,
    recall_rows,
)
from benchmarks.face_samples import (
    Face,
    aligned_photos,
    mall_faces,
    photo_faces,
    synthetic_identities,
)
from benchmarks.intervals import Figure
from benchmarks.landmark_comparison import landmark_rows, picture_rows
from benchmarks.separation import separation
from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.pts import read_pts
from training.datasets.splits import select
from vitrine.shipped import MODELS
from vitrine.synthetic.mesh import Floats
from vitrine.vision.detectors import YuNet
from vitrine.vision.embedding import Embedder
from vitrine.vision.models import (
    LANDMARKS_FILE,
    YUNET_FILE,
    embedding_model,
    model_path,
)
from vitrine.vision.networks import load_network

# Chosen so that the intervals tell apart what matters and a run takes some minutes.
SEEDS = 6
FRAMES = 25
PHOTOS = 450
PEOPLE = 250
WILD = "HELEN/AFW"
VIDEO = "YouTube Faces"
LOWER_IS_EASIER = ("cosine of others", "EER")


def main() -> None:
    """Print the report."""
    options = _options()
    cv2.setNumThreads(1)
    started = time.monotonic()
    models = options.models or options.shared / "models"
    rows = list(report(options.shared / "data", models))
    table = Table(
        "measure",
        "synthetic",
        "real",
        "verdict",
    )
    for row in rows:
        table.add_row(
            row.name,
            _shown(row.synthetic),
            _shown(row.real),
            row.verdict(),
        )
    Console(width=170).print(table)
    print(f"{time.monotonic() - started:.0f} s")
    if options.json:
        plain = [_as_dict(row) for row in rows]
        options.json.write_text(
            json.dumps(plain, indent=1),
            encoding="utf-8",
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--shared",
        type=Path,
        required=True,
        help="folder with data/ and models/",
    )
    parser.add_argument(
        "--models",
        type=Path,
        help="folder with YuNet and MobileFaceNet",
    )
    parser.add_argument(
        "--json",
        type=Path,
        help="file for the figures",
    )
    return parser.parse_args()


def _shown(figure: Figure) -> str:
    low, high = figure.interval
    return f"{figure.value:.3g} [{low:.3g}, {high:.3g}] n={figure.count}"


def _as_dict(row: Row) -> dict[str, Any]:
    return {
        "measure": row.name,
        "synthetic": _figure_as_dict(row.synthetic),
        "real": _figure_as_dict(row.real),
        "verdict": row.verdict(),
    }


def _figure_as_dict(figure: Figure) -> dict[str, Any]:
    return {
        "value": figure.value,
        "interval": figure.interval,
        "count": figure.count,
    }


def report(data: Path, models: Path) -> Iterator[Row]:
    """Yield all rows."""
    rng = np.random.default_rng(4)
    yunet = load_network(model_path(YUNET_FILE, models))
    find = Finder(YuNet(yunet, YuNet.trust.start))
    mall = list(mall_faces("rush", SEEDS, FRAMES))
    heights = np.array([face.height for face in mall], np.float32)
    wild = read_pts(data / "helen_afw_68.zip")
    video = read_keypoints_csv(data / "youtube_faces_keypoints.zip")
    # One generator gives all draws: their order is part of the figures.
    photos = drawn_photos(wild, heights, rng)
    yield from recall_rows(find, mall, photos)
    yield from false_alarm_rows(find, data)
    unseen_wild = drawn_photos(
        select(wild, "held-out"),
        heights,
        rng,
    )
    unseen_video = drawn_photos(
        select(video, "held-out"),
        heights,
        rng,
    )
    network = load_network(model_path(LANDMARKS_FILE, MODELS))
    yield from landmark_rows(
        WILD,
        find,
        network,
        mall,
        unseen_wild,
    )
    yield from landmark_rows(
        VIDEO,
        find,
        network,
        mall,
        unseen_video,
    )
    yield from picture_rows(WILD, mall, photos)
    yield from picture_rows(VIDEO, mall, unseen_video)
    yield from identity_rows(data, models, rng)


def drawn_photos(
    faces: Sequence[LabelledFace],
    heights: Floats,
    rng: np.random.Generator,
) -> list[Face]:
    """Return PHOTOS of the faces, drawn by chance, at the heights of the mall's faces."""
    picked = rng.permutation(len(faces))[:PHOTOS]
    chosen = [faces[index] for index in picked]
    return list(photo_faces(chosen, heights, rng))


def identity_rows(
    data: Path,
    models: Path,
    rng: np.random.Generator,
) -> Iterator[Row]:
    """Yield how well the embedding tells drawn and real people apart."""
    path = embedding_model(models)
    embedder = Embedder(load_network(path), path.stem)
    drawn = separation(embedder, synthetic_identities(PEOPLE))
    photos = aligned_photos(
        data / "lfw_aligned_144.zip",
        PEOPLE,
        rng,
    )
    real = separation(embedder, photos)
    for name, figure in drawn.items():
        yield Row(
            name=f"identity: {name}",
            synthetic=figure,
            real=real[name],
            lower_is_easier=name in LOWER_IS_EASIER,
        )


if __name__ == "__main__":
    main()
