"""Compare our detector with MTCNN and YuNet: faces found, false alarms, milliseconds.

    python -m benchmarks.detectors --shared ../shared [--json OUT]

Faces: held-out people of YouTube Faces and held-out photos of HELEN and AFW, whole pictures scaled
down and put on shelves that were not trained on (640×360, JPEG). False alarms: the last 50 shelf
pictures, 640 wide; and the videos that were not trained on, where neither the hand labels nor YuNet
(score from 0.3) know a face (for YuNet: the hand labels alone, without the crowd, which is not
labelled completely). Each detector at the score that starts a track in the product.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from itertools import compress, pairwise
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.detector_samples import (
    SIZES,
    Boxes,
    Frame,
    Placed,
    held_out,
    labelled_frames,
    placed_faces,
)
from benchmarks.face_samples import shelves
from benchmarks.intervals import Figure, mean_figure
from training.evaluation.matching import matching, trusted
from vitrine.vision.crop import Image
from vitrine.vision.detectors import (
    Detector,
    Mtcnn,
    SingleShot,
    YuNet,
    detect_scaled,
)
from vitrine.vision.models import YUNET_FILE
from vitrine.vision.networks import load_network

YAWS: Final = (0, 15, 30, 45, 90)
YAW_SIZE: Final = 32
"""Size at which yaw is compared."""
VIDEOS: Final = ("two-people-head-pose", "expressions-b", "crowd-1080p")
DOUBTFUL: Final = 0.3
"""Score from which YuNet's word is enough for a detection to be no false alarm."""
TIMED: Final = 40
"""Pictures over which a detector is timed."""
SLACK: Final = 0.25
"""By how much of its size a labelled face is widened before what lies in it is no false alarm."""


def main() -> None:
    """Print a table, a column a detector."""
    arguments = _arguments()
    # Times of one thread are comparable between machines, and between detectors.
    cv2.setNumThreads(1)
    data = arguments.shared / "data"
    yunet_file = arguments.shared / "models" / YUNET_FILE
    detectors: dict[str, Detector] = {
        "ours": own_detector(arguments.weights),
        "MTCNN": Mtcnn.load(),
        "YuNet": YuNet(load_network(yunet_file)),
    }
    walls = shelves(data / "shop_shelves_no_faces.zip")
    placed = list(placed_faces(held_out(data), walls))
    frames: list[Frame] = []
    for name in VIDEOS:
        frames += labelled_frames(arguments.shared / "video", name)
    doubtful = YuNet(load_network(yunet_file), DOUBTFUL)
    known = []
    for frame in frames:
        found = detect_scaled(doubtful, frame.picture)
        known.append(found.boxes)
    pictures = [one.picture for one in placed[:TIMED]]
    speeds = milliseconds(detectors, pictures)
    results: dict[str, dict[str, Any]] = {}
    for name, detector in detectors.items():
        # YuNet cannot be its own judge.
        by_teacher = None if name == "YuNet" else known
        figures: dict[str, Any] = dict(recall(detector, placed))
        figures["false on 50 shelves"] = alarms(detector, walls)
        figures["false in video frames"] = video_alarms(
            detector,
            frames,
            by_teacher,
        )
        figures["ms, 640×360"] = speeds[name]
        results[name] = figures
    show(results)
    if arguments.json:
        text = json.dumps(
            results,
            indent=2,
            default=_plain,
        )
        arguments.json.write_text(text + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--shared",
        type=Path,
        required=True,
    )
    parser.add_argument(
        "--weights",
        type=Path,
        help="our detector's file; default: the one that ships",
    )
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def own_detector(weights: Path | None) -> SingleShot:
    """Return our detector, with the weights that ship or with given ones."""
    if weights is None:
        return SingleShot.load()
    return SingleShot(load_network(weights))


def recall(detector: Detector, placed: Sequence[Placed]) -> dict[str, Figure]:
    """Return the share of faces found by size, and by yaw at one size."""
    found = [is_found(detector, one) for one in placed]
    figures = {}
    for size in SIZES:
        chosen = [one.size == size for one in placed]
        figures[f"recall, {size} px"] = share_found(
            placed,
            found,
            chosen,
        )
    for low, high in pairwise(YAWS):
        name = f"recall, {YAW_SIZE} px, yaw {low}–{high}°"
        chosen = []
        for one in placed:
            in_bin = low <= abs(one.yaw) < high
            chosen.append(one.size == YAW_SIZE and in_bin)
        figures[name] = share_found(placed, found, chosen)
    return figures


def is_found(detector: Detector, placed: Placed) -> bool:
    """Return whether a detection lies on the face."""
    found = trusted(detector, placed.picture)
    matches = matching(found, placed.points)
    return bool(matches.any())


def share_found(
    placed: Sequence[Placed],
    found: Sequence[bool],
    chosen: Sequence[bool],
) -> Figure:
    """Return the share of the chosen faces that were found, resampled by person or photo."""
    hits = list(compress(found, chosen))
    groups = [one.group for one in compress(placed, chosen)]
    return mean_figure(hits, groups)


def alarms(detector: Detector, pictures: Sequence[Image]) -> int:
    """Return the number of detections where there are no faces."""
    return sum(len(trusted(detector, picture)) for picture in pictures)


def video_alarms(
    detector: Detector,
    frames: Sequence[Frame],
    known: Sequence[Boxes] | None,
) -> str:
    """Return the number of detections that neither labels nor teacher know, and of frames.

    `known`: what the teacher found in each frame. Without it only frames that are labelled
    completely are judged.
    """
    false = 0
    judged = 0
    for number, frame in enumerate(frames):
        if known is None and not frame.complete:
            continue
        boxes = frame.boxes
        if known is not None:
            boxes = np.concatenate([boxes, known[number]])
        judged += 1
        for box in trusted(detector, frame.picture).boxes:
            false += not is_in_any(box, boxes)
    return f"{false} in {judged}"


def is_in_any(box: Boxes, boxes: Boxes) -> bool:
    """Return whether the middle of a box (4,) lies in one of the widened boxes (n, 4)."""
    half = box[2:] / 2
    middle = box[:2] + half
    corners = boxes[:, :2]
    sizes = boxes[:, 2:]
    slack = SLACK * sizes
    low = corners - slack
    high = corners + sizes + slack
    within = (low <= middle) & (middle <= high)
    inside = within.all(axis=1)
    return bool(inside.any())


def milliseconds(
    detectors: Mapping[str, Detector], pictures: Sequence[Image]
) -> dict[str, float]:
    """Return each detector's median time for a picture: one thread, process time.

    Detectors take turns, so that other work on the machine hits all alike.
    """
    seconds: dict[str, list[float]] = {name: [] for name in detectors}
    for picture in pictures:
        for name, detector in detectors.items():
            started = time.process_time()
            detector.detect(picture)
            taken_s = time.process_time() - started
            seconds[name].append(taken_s)
    medians = {}
    for name, some in seconds.items():
        # A median: the first pictures warm a detector up.
        median_s = np.median(some)
        medians[name] = float(1e3 * median_s)
    return medians


def show(results: dict[str, dict[str, Any]]) -> None:
    """Print a table, a column a detector."""
    table = Table("", *results)
    first = next(iter(results.values()))
    for row in first:
        cells = [_shown(figures[row]) for figures in results.values()]
        table.add_row(row, *cells)
    Console().print(table)


def _shown(value: Figure | float | str) -> str:
    if isinstance(value, Figure):
        low, high = value.interval
        return f"{value.value:.1%} ({low:.0%}–{high:.0%}, {value.count})"
    if isinstance(value, float):
        return f"{value:.1f}"
    return str(value)


def _plain(figure: Figure) -> dict[str, Any]:
    return {
        "value": figure.value,
        "interval": figure.interval,
        "n": figure.count,
    }


if __name__ == "__main__":
    main()
