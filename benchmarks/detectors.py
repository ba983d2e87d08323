"""Our detector beside MTCNN and YuNet: faces found by size and yaw, false alarms, milliseconds.

    python -m benchmarks.detectors --shared ../shared [--json OUT]

Faces: held-out people of YouTube Faces and held-out photos of HELEN and AFW, whole pictures scaled down and
put on shelves that were not trained on (640×360, JPEG). False alarms: the last 50 shelf pictures, 640 wide;
and the videos that were not trained on, where neither the hand labels nor YuNet (score from 0.3) know a face
(for YuNet: the hand labels alone, without the crowd, which is not labelled completely). Each detector at the
score that starts a track in the product.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.face_samples import HEIGHT, WIDTH, compressed, shelves
from benchmarks.intervals import Figure, mean_figure
from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.pts import read_pts
from training.datasets.splits import select
from training.evaluation.matching import matching
from training.evaluation.subgroups import face_size
from vitrine.fieldtest.labels import Labels, read_labels, true_frames
from vitrine.fieldtest.measured import SeenFrame
from vitrine.vision.crop import Image
from vitrine.vision.detectors import (
    Detections,
    Detector,
    Mtcnn,
    SingleShot,
    YuNet,
    detect_scaled,
)
from vitrine.vision.models import YUNET_FILE
from vitrine.vision.networks import load_network
from vitrine.vision.pose import head_pose
from vitrine.vision.shape import Points

SIZES: Final = (12, 16, 20, 24, 32, 48, 64, 96)
"""Square roots of the areas of face boxes, pixels."""
YAWS: Final = (0, 15, 30, 45, 90)
YAW_SIZE: Final = 32
"""Size at which yaw is compared."""
FACES: Final = 200
VIDEOS: Final = ("two-people-head-pose", "expressions-b", "crowd-1080p")
EVERY: Final = 5
"""Each n-th frame of a video."""
DOUBTFUL: Final = 0.3
SLACK: Final = 0.25
"""By how much of its size a labelled face is widened before what lies in it is no false alarm."""
LABELS: Final = Path("vitrine/fieldtest/labels")


@dataclass(frozen=True)
class Placed:
    """A face in a shop."""

    picture: Image
    points: Points
    group: str
    size: int
    yaw: float


@dataclass(frozen=True)
class Frame:
    """A frame of a video, and the boxes of the faces that a person saw."""

    picture: Image
    boxes: np.ndarray[Any, np.dtype[np.float64]]
    complete: bool


def main() -> None:
    arguments = _arguments()
    cv2.setNumThreads(1)
    yunet = YuNet(load_network(arguments.shared / "models" / YUNET_FILE))
    own = (
        SingleShot(load_network(arguments.weights))
        if arguments.weights
        else SingleShot.load()
    )
    detectors: dict[str, Detector] = {
        "ours": own,
        "MTCNN": Mtcnn.load(),
        "YuNet": yunet,
    }
    walls = shelves(arguments.shared / "data" / "shop_shelves_no_faces.zip")
    placed = list(placed_faces(held_out(arguments.shared / "data"), walls))
    frames = [
        f for name in VIDEOS for f in labelled_frames(arguments.shared / "video", name)
    ]
    doubtful = YuNet(load_network(arguments.shared / "models" / YUNET_FILE), DOUBTFUL)
    known = [detect_scaled(doubtful, frame.picture).boxes for frame in frames]
    speeds = milliseconds(detectors, [p.picture for p in placed[:40]])
    results = {}
    for name, detector in detectors.items():
        results[name] = recall(detector, placed) | {
            "false on 50 shelves": alarms(detector, walls),
            "false in video frames": decoys(
                detector, frames, None if detector is yunet else known
            ),
            "ms, 640×360": speeds[name],
        }
    show(results)
    if arguments.json:
        arguments.json.write_text(
            json.dumps(results, indent=2, default=_plain) + "\n", encoding="utf-8"
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True)
    parser.add_argument(
        "--weights", type=Path, help="our detector's file; default: the one that ships"
    )
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def held_out(data: Path) -> list[LabelledFace]:
    """Some of the faces that nothing was trained on or chosen by."""
    faces = select(read_keypoints_csv(data / "youtube_faces_keypoints.zip"), "held-out")
    faces += select(read_pts(data / "helen_afw_68.zip"), "held-out")
    return [faces[i] for i in np.random.default_rng(0).permutation(len(faces))[:FACES]]


def placed_faces(
    faces: Sequence[LabelledFace], walls: Sequence[Image]
) -> Iterator[Placed]:
    """Each face at each size that it can be scaled down to, anywhere on a shelf."""
    rng = np.random.default_rng(1)
    for face in faces:
        image = face.image()
        points = face.points
        yaw = head_pose(points, image.shape[1], image.shape[0]).yaw
        for size in SIZES:
            scale = size / face_size(points)
            if scale > 1:
                continue
            small = cv2.resize(
                image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
            )[:HEIGHT, :WIDTH]
            wall = cv2.resize(walls[int(rng.integers(len(walls)))], (WIDTH, HEIGHT))
            room = np.array([WIDTH - small.shape[1], HEIGHT - small.shape[0]])
            x, y = rng.integers(0, room + 1)
            wall[y : y + small.shape[0], x : x + small.shape[1]] = small
            moved = (points + 0.5) * scale - 0.5 + (x, y)
            yield Placed(
                compressed(np.asarray(wall, np.uint8)), moved, face.group, size, yaw
            )


def labelled_frames(folder: Path, name: str) -> Iterator[Frame]:
    """Each EVERY-th frame of a video, at most 640 pixels long, with its hand labels."""
    labels = read_labels(LABELS / f"{name}.csv")
    capture = cv2.VideoCapture(str(folder / labels.video))
    number = 0
    rate = capture.get(cv2.CAP_PROP_FPS) or 25
    while capture.grab():
        if number % EVERY == 0:
            picture = np.asarray(capture.retrieve()[1], np.uint8)
            scale = WIDTH / max(picture.shape[:2])
            size = round(picture.shape[1] * scale), round(picture.shape[0] * scale)
            small = np.asarray(
                cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8
            )
            yield Frame(small, _boxes(labels, number / rate, size), labels.complete)
        number += 1


def _boxes(
    labels: Labels, at_s: float, size: tuple[int, int]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    seen = SeenFrame("", "", round(at_s * 1e9), *size, {})
    people = true_frames(labels, [seen], 0)[0].people
    return np.array([person.box for person in people], np.float64).reshape(-1, 4)


def recall(detector: Detector, placed: Sequence[Placed]) -> dict[str, Figure]:
    """By size, and by yaw at one size."""
    found = [
        bool(matching(_believed(detector, p.picture), p.points).any()) for p in placed
    ]

    def of(chosen: Callable[[Placed], bool]) -> Figure:
        some = [
            (float(hit), p.group)
            for hit, p in zip(found, placed, strict=True)
            if chosen(p)
        ]
        return mean_figure([hit for hit, _ in some], [group for _, group in some])

    figures = {
        f"recall, {size} px": of(lambda p, size=size: p.size == size)  # type: ignore[misc]
        for size in SIZES
    }
    for low, high in pairwise(YAWS):
        name = f"recall, {YAW_SIZE} px, yaw {low}–{high}°"
        figures[name] = of(
            lambda p, low=low, high=high: (
                p.size == YAW_SIZE and low <= abs(p.yaw) < high
            )  # type: ignore[misc]
        )
    return figures


def _believed(detector: Detector, picture: Image) -> Detections:
    found = detect_scaled(detector, picture)
    return found[found.scores >= detector.trust.start]


def alarms(detector: Detector, pictures: Sequence[Image]) -> int:
    """Detections where there are no faces."""
    return sum(len(_believed(detector, picture)) for picture in pictures)


def decoys(
    detector: Detector,
    frames: Sequence[Frame],
    known: Sequence[np.ndarray[Any, Any]] | None,
) -> str:
    """Detections that neither the labels nor the teacher know, and of how many frames."""
    false = judged = 0
    for number, frame in enumerate(frames):
        if known is None and not frame.complete:
            continue
        boxes = (
            frame.boxes
            if known is None
            else np.concatenate([frame.boxes, known[number]])
        )
        judged += 1
        for box in _believed(detector, frame.picture).boxes:
            middle = box[:2] + box[2:] / 2
            slack = SLACK * boxes[:, 2:]
            low = boxes[:, :2] - slack
            high = boxes[:, :2] + boxes[:, 2:] + slack
            false += not ((low <= middle) & (middle <= high)).all(axis=1).any()
    return f"{false} in {judged}"


def milliseconds(
    detectors: Mapping[str, Detector], pictures: Sequence[Image]
) -> dict[str, float]:
    """Median of a picture, one thread, process time; in turns, so that other work hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in detectors}
    for picture in pictures:
        for name, detector in detectors.items():
            started = time.process_time()
            detector.detect(picture)
            seconds[name].append(time.process_time() - started)
    return {name: float(1e3 * np.median(some)) for name, some in seconds.items()}


def show(results: dict[str, dict[str, Any]]) -> None:
    """Prints a table, a column a detector."""
    table = Table("", *results)
    for row in next(iter(results.values())):
        table.add_row(row, *(_shown(figures[row]) for figures in results.values()))
    Console().print(table)


def _shown(value: Figure | float | str) -> str:
    if isinstance(value, Figure):
        low, high = value.interval
        return f"{value.value:.1%} ({low:.0%}–{high:.0%}, {value.count})"
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def _plain(figure: Figure) -> dict[str, Any]:
    return {"value": figure.value, "interval": figure.interval, "n": figure.count}


if __name__ == "__main__":
    main()
