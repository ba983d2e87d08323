"""Test and retest measures of expression: print how far they change when the face does not.

python -m benchmarks.expression_noise pictures FERPLUS [--faces 400]
    the pictures of FER2013Valid seen twice, as between two frames of a face that keeps still:
    shifted, scaled and turned as landmarks wander, lighter or darker, with noise, as JPEG;
    and how far expressions differ
python -m benchmarks.expression_noise still VIDEO … [--models FOLDER]
    the first frame for half a minute, with noise and changing light, through detector,
    tracks and networks
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.expression import faces_in
from benchmarks.expression_figures import area
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
# Deviations of a view. A face of 100 px then wanders by 1 px, as landmarks do.
SHIFT = 0.01
SCALE = 0.015
"""Shares of the face's side."""
TURN = 1.0
"""Degrees."""
FPS = 10.0
STILL_FRAMES = 300
# Light and noise of a second view. Chosen, not measured.
GAIN = 0.04
OFFSET = 3.0
NOISE_LEVEL = 2.0
JPEG = (75, 96)


def main() -> None:
    """Print the figures of the chosen part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("part", choices=["pictures", "still"])
    parser.add_argument(
        "paths",
        type=Path,
        nargs="+",
    )
    parser.add_argument(
        "--faces",
        type=int,
        default=400,
        help="of each expression, at most",
    )
    parser.add_argument(
        "--models",
        type=Path,
        help="folder with the optional public models",
    )
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    for path in arguments.paths:
        if arguments.part == "pictures":
            pictures(path, arguments.faces)
        else:
            unchanged(path, arguments.models)


def pictures(data: Path, most: int) -> None:
    """Print both parts of the benchmark on single pictures."""
    classifier = ExpressionClassifier(load_network(model_path(EXPRESSION_FILE)))
    chosen = chosen_pictures(data, most)
    everything = []
    for images in chosen.values():
        everything += images
    retest(classifier, everything)
    differences(classifier, chosen)


def chosen_pictures(data: Path, most: int) -> dict[str, list[Image]]:
    """Return the first pictures of each expression, at most `most`."""
    chosen: dict[str, list[Image]] = {}
    for face in read_ferplus(data):
        if face.split != MEASURED_ON:
            continue
        label = majority(face.votes)
        if label is None:
            continue
        images = chosen.setdefault(CLASSES[label], [])
        if len(images) < most:
            images.append(face.image())
    return chosen


def unchanged(video: Path, models: Path | None) -> None:
    """Print deviations and response of each face of a picture that stands still."""
    first = next(read(video, 640, 1))
    images = list(still(first, STILL_FRAMES, FPS))
    tracks: dict[str, list[Expression]] = {}
    for event in faces_in(images, FPS, load_detector(models)):
        for face in event.faces:
            views = tracks.setdefault(face.track_id, [])
            views.append(face.expression)
    for views in tracks.values():
        print(f"{video.name}: {len(views)} views of a picture that stands still")
        print_still_track(views)


def print_still_track(views: Sequence[Expression]) -> None:
    """Print deviations and response of one face that stands still."""
    baseline = Baseline()
    responses = [baseline.observe(view, 1 / FPS) for view in views]
    cells = []
    for name in FULL_CHANGE:
        deviation = np.std([getattr(view, name) for view in views])
        cells.append(f"{name} {deviation:.4f}")
    print("  deviation", ", ".join(cells))
    print(f"  response: mean {np.mean(responses):.4f}, max {np.max(responses):.3f}")


def retest(classifier: ExpressionClassifier, images: Sequence[Image]) -> None:
    """Print how far two views of a picture differ."""
    # One generator for both: the second view must not repeat the first one's noise.
    rng = np.random.default_rng(0)
    first = classifier.classify([seen_again(image, rng) for image in images])
    second = classifier.classify([seen_again(image, rng) for image in images])
    off = first[:, NEUTRAL] - second[:, NEUTRAL]
    apart = np.abs(off)
    variance = (off**2).mean()
    # The difference of two views has twice the variance of one.
    deviation = np.sqrt(variance / 2)
    ninety_fifth = np.percentile(apart, 95)
    print(f"{len(images)} pictures seen twice")
    print(
        f"  shown: deviation of one view {deviation:.3f}"
        f", apart: median {np.median(apart):.3f}, 95th percentile {ninety_fifth:.3f}"
    )
    change = apart / FULL_CHANGE["shown"]
    # As `Baseline` has it, without its smoothing over time.
    above = (change - NOISE) / (1 - NOISE)
    response = above.clip(0, 1)
    responding = (response > 0).mean()
    print(
        f"  response to the other view, unsmoothed: mean {response.mean():.3f}"
        f", above 0 in {responding:.1%}, deviation {response.std():.3f}"
    )
    same = first.argmax(axis=1) == second.argmax(axis=1)
    print(f"  same likeliest expression in {same.mean():.1%}")


def differences(
    classifier: ExpressionClassifier, chosen: dict[str, list[Image]]
) -> None:
    """Print what pictures of each expression show, and how far that is from neutral ones."""
    shown = {}
    for name, images in chosen.items():
        scores = classifier.classify(images)
        shown[name] = 1 - scores[:, NEUTRAL]
    neutral = shown[CLASSES[NEUTRAL]]
    for name in CLASSES:
        if name not in shown:
            continue
        values = shown[name]
        print(
            f"  {name:10s} {len(values):4d} shown {values.mean():.3f} ± {values.std():.3f}"
            f"  area under the ROC curve against neutral {area(values, neutral):.3f}"
        )


def seen_again(image: Image, rng: np.random.Generator) -> Image:
    """Return another view of a grey picture (48, 48) of a face that has not changed."""
    degrees = rng.normal(0, TURN)
    turn = np.radians(degrees)
    right = np.array([np.cos(turn), np.sin(turn)])
    shift = rng.normal(0, SHIFT * SIDE, 2)
    middle = (SIDE - 1) / 2 + shift
    # The exponential: larger and smaller are equally likely.
    log_scale = rng.normal(0, SCALE)
    scale = float(np.exp(log_scale))
    crop = crop_at(
        middle,
        SIDE * scale,
        right,
        SIDE,
    )
    moved = cv2.warpAffine(
        image,
        crop,
        (SIDE, SIDE),
        borderMode=cv2.BORDER_REPLICATE,
    )
    log_gain = rng.normal(0, GAIN)
    gain = np.exp(log_gain)
    offset = rng.normal(0, OFFSET)
    light = moved.astype(np.float64) * gain + offset
    noise = rng.normal(0, NOISE_LEVEL, moved.shape)
    grey_values = (light + noise).clip(0, 255)
    noisy = grey_values.astype(np.uint8)
    quality = int(rng.integers(*JPEG))
    _, jpeg = cv2.imencode(
        ".jpg",
        noisy,
        [cv2.IMWRITE_JPEG_QUALITY, quality],
    )
    decoded = cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)
    return np.asarray(decoded, dtype=np.uint8)


if __name__ == "__main__":
    main()
