"""Test and retest of expression measures: how far they change when the face does not.

python -m benchmarks.expression_noise pictures FERPLUS [--faces 400]
    the pictures of FER2013Valid seen twice, as between two frames of a face that keeps still: shifted, scaled
    and turned as landmarks wander, lighter or darker, with noise, as JPEG; and how far expressions differ
python -m benchmarks.expression_noise still VIDEO … [--models FOLDER]
    the first frame for half a minute, with noise and changing light, through detector, tracks and networks
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.expression import area, faces_in
from benchmarks.static_faces import still
from benchmarks.vision import read
from training.datasets.ferplus import majority, read_ferplus
from vitrine.presence.expression import FULL_CHANGE, NOISE, Baseline
from vitrine.schemas import Expression
from vitrine.vision.crop import Image, crop_at
from vitrine.vision.detectors import load_detector
from vitrine.vision.expression_classes import (
    CLASSES,
    NEUTRAL,
    SIDE,
    ExpressionClassifier,
)
from vitrine.vision.models import EXPRESSION_FILE, model_path
from vitrine.vision.networks import load_network

MEASURED_ON: Final = "FER2013Valid"
SHIFT = 0.01
SCALE = 0.015
TURN = 1.0
"""Deviations of a view: shares of the face's side, and degrees; a face of 100 px that wanders by 1 px."""
FPS = 10.0
STILL_FRAMES = 300
GAIN = 0.04
OFFSET = 3.0
NOISE_LEVEL = 2.0
JPEG = (75, 96)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("part", choices=["pictures", "still"])
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument(
        "--faces", type=int, default=400, help="of each expression, at most"
    )
    parser.add_argument(
        "--models", type=Path, help="folder with the optional public models"
    )
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    for path in arguments.paths:
        if arguments.part == "pictures":
            pictures(path, arguments.faces)
        else:
            unchanged(path, arguments.models)


def pictures(data: Path, most: int) -> None:
    """Both parts of the benchmark on single pictures."""
    classifier = ExpressionClassifier(load_network(model_path(EXPRESSION_FILE)))
    chosen: dict[str, list[Image]] = {}
    for face in read_ferplus(data):
        label = majority(face.votes) if face.split == MEASURED_ON else None
        if (
            label is not None
            and len(of := chosen.setdefault(CLASSES[label], [])) < most
        ):
            of.append(face.image())
    retest(classifier, [image for images in chosen.values() for image in images])
    differences(classifier, chosen)


def unchanged(video: Path, models: Path | None) -> None:
    """Deviations of the measures, and the response, of each face of a picture that stands still."""
    first = next(iter(read(video, 640, 1)))
    tracks: dict[str, list[Expression]] = {}
    for event in faces_in(
        list(still(first, STILL_FRAMES, FPS)), FPS, load_detector(models)
    ):
        for face in event.faces:
            tracks.setdefault(face.track_id, []).append(face.expression)
    for views in tracks.values():
        baseline = Baseline()
        responses = [baseline.observe(view, 1 / FPS) for view in views]
        values = np.array(
            [[getattr(view, name) for name in FULL_CHANGE] for view in views]
        )
        print(f"{video.name}: {len(views)} views of a picture that stands still")
        print(
            "  deviation",
            ", ".join(
                f"{n} {v:.4f}"
                for n, v in zip(FULL_CHANGE, values.std(axis=0), strict=True)
            ),
        )
        print(f"  response: mean {np.mean(responses):.4f}, max {np.max(responses):.3f}")


def retest(classifier: ExpressionClassifier, images: list[Image]) -> None:
    """How far two views of a picture differ."""
    rng = np.random.default_rng(0)
    first, second = (
        classifier.classify([seen_again(image, rng) for image in images])
        for _ in range(2)
    )
    apart = np.abs(first - second)[:, NEUTRAL]
    print(f"{len(images)} pictures seen twice")
    print(
        f"  shown: deviation of one view {np.sqrt((apart**2).mean() / 2):.3f}", end=""
    )
    print(
        f", apart: median {np.median(apart):.3f}, 95th percentile {np.percentile(apart, 95):.3f}"
    )
    above = apart / FULL_CHANGE["shown"]
    response = np.clip((above - NOISE) / (1 - NOISE), 0, 1)
    print(
        f"  response to the other view, unsmoothed: mean {response.mean():.3f}", end=""
    )
    print(f", above 0 in {(response > 0).mean():.1%}, deviation {response.std():.3f}")
    print(
        f"  same likeliest expression in {(first.argmax(1) == second.argmax(1)).mean():.1%}"
    )


def differences(
    classifier: ExpressionClassifier, chosen: dict[str, list[Image]]
) -> None:
    """What is shown by the pictures of each expression, and how far that is from neutral ones."""
    shown = {
        name: 1 - classifier.classify(images)[:, NEUTRAL]
        for name, images in chosen.items()
    }
    neutral = shown[CLASSES[NEUTRAL]]
    for name in CLASSES:
        if name in shown:
            print(
                f"  {name:10s} {len(shown[name]):4d} shown {_mean(shown[name])}", end=""
            )
            print(
                f"  area under the ROC curve against neutral {area(shown[name], neutral):.3f}"
            )


def _mean(values: NDArray[np.floating]) -> str:
    return f"{values.mean():.3f} ± {values.std():.3f}"


def seen_again(image: Image, rng: np.random.Generator) -> Image:
    """Another view of a grey picture (48, 48) of a face that has not changed."""
    turn = np.radians(rng.normal(0, TURN))
    middle = (SIDE - 1) / 2 + rng.normal(0, SHIFT * SIDE, 2)
    crop = crop_at(
        middle,
        SIDE * float(np.exp(rng.normal(0, SCALE))),
        np.array([np.cos(turn), np.sin(turn)]),
        SIDE,
    )
    moved = cv2.warpAffine(
        image, crop, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float64)
    light = moved * np.exp(rng.normal(0, GAIN)) + rng.normal(0, OFFSET)
    noisy = np.clip(light + rng.normal(0, NOISE_LEVEL, moved.shape), 0, 255).astype(
        np.uint8
    )
    encoded = cv2.imencode(
        ".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*JPEG))]
    )[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


if __name__ == "__main__":
    main()
