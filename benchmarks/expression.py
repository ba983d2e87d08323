"""How much of an expression the networks show, and how much of what they show is head pose.

python -m benchmarks.expression labels DATA     predicted against annotated points, people held out
python -m benchmarks.expression video VIDEO …   the measures over time; [--frames FIRST LAST]; for the videos
                                                of BY_EYE, the response in calm frames and in others

Faces are found by YuNet where --models has it, by MTCNN otherwise.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmarks.vision import START_NS, read
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.splits import select
from training.evaluation.matching import matched
from vitrine.bus import Received, Record
from vitrine.clock import EventClock
from vitrine.faces.analysis import Analyser
from vitrine.faces.models import FaceModels
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.presence.expression import FULL_CHANGE, Baseline
from vitrine.schemas import Expression, Face, FrameFaces, FrameMeta
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.vision.crop import Image, crop_of_box, cut, network_input, to_frame
from vitrine.vision.detectors import Detector, FaceScore, Mtcnn, YuNet
from vitrine.vision.expression import ExpressionGeometry, measure
from vitrine.vision.expression_classes import ExpressionClassifier
from vitrine.vision.models import (
    EXPRESSION_FILE,
    LANDMARKS_FILE,
    YUNET_FILE,
    model_path,
    optional_model,
)
from vitrine.vision.networks import load_network
from vitrine.vision.pose import HeadPose, head_pose
from vitrine.vision.quality import QualityScore

NAMES: Final = tuple(FULL_CHANGE)
GEOMETRY: Final = NAMES[:4]
"""Those that landmarks give."""
BY_EYE: Final = {
    "expressions-a.mp4": (
        [(24, 30), (54, 96), (180, 222)],
        [(12, 18), (36, 48), (114, 162), (234, 270), (294, 348)],
    ),
    "expressions-b.mp4": (
        [(0, 12), (60, 66), (282, 282), (312, 312), (336, 348)],
        [(24, 24), (192, 270), (288, 306), (318, 330)],
    ),
}
"""First and last frames of calm stretches, and of smiles, grimaces, frowns, surprise. Every sixth frame was
looked at; speech and what was not clear is in neither. Frames are those of the file, counted from 0."""
Values = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("part", choices=["labels", "video"])
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument(
        "--models", type=Path, help="folder with the optional public models"
    )
    parser.add_argument(
        "--frames",
        type=int,
        nargs=2,
        default=(0, 3000),
        help="of a video, the last not taken",
    )
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    path = optional_model(YUNET_FILE, arguments.models)
    detector: Detector = YuNet(load_network(path)) if path else Mtcnn.load()
    for given in arguments.paths:
        if arguments.part == "labels":
            labels(given, detector)
        else:
            video(given, detector, slice(*arguments.frames))


def labels(data: Path, detector: Detector) -> None:
    """Correlation and slope of predicted on annotated measures, and the spread of their difference."""
    network = load_network(model_path(LANDMARKS_FILE))
    pairs = []
    poses = []
    for face in select(read_keypoints_csv(data), "held-out"):
        image = face.image()
        matches = matched(detector, image, face.points)
        if not len(matches):
            continue
        crop = crop_of_box(matches.boxes[0].tolist(), matches.five[0])
        found = to_frame(network.run(network_input([cut(image, crop)]))[0], [crop])[0]
        height, width = image.shape[:2]
        both = [
            (points, head_pose(points, width, height))
            for points in (face.points, found)
        ]
        pairs.append(
            [_geometry(measure(points, pose)) for points, pose in both],
        )
        poses.append([pose for _, pose in both])
    values = np.array(pairs)
    print(f"{data.name}: {len(values)} held-out faces")
    for k, name in enumerate(GEOMETRY):
        true = values[:, 0, k]
        seen = values[:, 1, k]
        r = np.corrcoef(true, seen)[0, 1]
        slope = np.polyfit(true, seen, 1)[0]
        print(
            f"  {name:12s} r {r:.2f}  slope {slope:.2f}  sd {true.std():.3f} → {seen.std():.3f}",
            end="",
        )
        print(f"  sd of difference {(seen - true).std():.3f}")
    for number, kind in enumerate(("annotated", "predicted")):
        print(
            f"  share explained by pose, {kind}:",
            _by_pose(values[:, number], [p[number] for p in poses]),
        )


def video(path: Path, detector: Detector, frames: slice) -> None:
    """Spread, frame noise, share explained by pose, and response of each track in the cone of ±25°, ±20°."""
    fps = cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS)
    tracks: dict[str, list[tuple[int, Face]]] = {}
    events = list(enumerate(faces_in(list(read(path, 640, 3000)), fps, detector)))[
        frames
    ]
    for number, event in events:
        for face in event.faces:
            if abs(face.yaw) <= 25 and abs(face.pitch) <= 20:
                tracks.setdefault(face.track_id, []).append((number, face))
    for views in tracks.values():
        numbers, faces = zip(*views, strict=True)
        values = np.array([_values(face.expression) for face in faces])
        baseline = Baseline()
        responses = []
        changes = []
        for face in faces:
            responses.append(baseline.observe(face.expression, 1 / fps))
            changes.append(np.abs(np.subtract(baseline.now, baseline.usual)))
        noise = (
            1.4826
            * np.median(np.abs(np.diff(values, n=2, axis=0)), axis=0)
            / np.sqrt(6)
        )
        print(
            f"{path.name}: {len(faces)} views, face {np.mean([f.box[3] for f in faces]):.0f} px"
        )
        print("  sd                     ", _row(values.std(axis=0)))
        print("  frame noise            ", _row(noise))
        print(
            "  share explained by pose",
            _by_pose(values, [HeadPose(f.yaw, f.pitch, f.roll) for f in faces]),
        )
        print("  change, 97th percentile", _row(np.percentile(changes, 97, axis=0)))
        print(f"  response: mean {np.mean(responses):.3f}, max {np.max(responses):.3f}")
        if path.name in BY_EYE:
            calm, moved = (
                [
                    r
                    for n, r in zip(numbers, responses, strict=True)
                    if any(a <= n <= b for a, b in spans)
                ]
                for spans in BY_EYE[path.name]
            )
            print(
                f"  response by eye: calm {np.mean(calm):.3f}, moved {np.mean(moved):.3f}",
                end="",
            )
            print(f", area under the ROC curve {area(moved, calm):.2f}")


def area(higher: ArrayLike, lower: ArrayLike) -> float:
    """Under the ROC curve: how often one of `higher` is above one of `lower`; ties count half."""
    difference = np.subtract.outer(np.asarray(higher), np.asarray(lower))
    return float((np.sign(difference) + 1).mean() / 2)


def faces_in(images: list[Image], fps: float, detector: Detector) -> list[FrameFaces]:
    classes = load_network(model_path(EXPRESSION_FILE))
    models = FaceModels(
        detector=detector,
        landmarks=load_network(model_path(LANDMARKS_FILE)),
        face_score=FaceScore.load(),
        quality=QualityScore.load(),
        expressions=ExpressionClassifier(classes),
    )
    analyser = Analyser(models)
    mall = Mall(cameras=(), stands=(Stand(id="stand"),), campaigns=())
    handler = LandmarksHandler(analyser, FixedMall(mall), EventClock(), detect_every=3)
    records = [_record(number, image, fps) for number, image in enumerate(images)]
    messages = [
        message for record in records for message in handler.handle([record]).messages
    ]
    return [
        message.event for message in messages if isinstance(message.event, FrameFaces)
    ]


def _record(number: int, image: Image, fps: float) -> Received[FrameMeta]:
    height, width = image.shape[:2]
    at = START_NS + round(number * 1e9 / fps)
    meta = FrameMeta(
        camera_id="camera",
        stand_id="stand",
        captured_at_ns=at,
        width=width,
        height=height,
    )
    body = cv2.imencode(".jpg", image)[1].tobytes()
    return Received(meta, Record("frames", 0, number, "camera", body, {}, at))


def _geometry(measured: ExpressionGeometry) -> list[float]:
    return [getattr(measured, name) for name in GEOMETRY]


def _values(expression: Expression) -> list[float]:
    return [getattr(expression, name) or 0.0 for name in NAMES]


def _by_pose(values: Values, poses: list[HeadPose]) -> str:
    """R² of each measure on yaw, pitch and their squares, over poses inside the cone."""
    angles = np.array([(pose.yaw, pose.pitch) for pose in poses]) / 25
    inside = (np.abs(angles) <= (1, 0.8)).all(axis=1)
    terms = np.column_stack(
        [np.ones(inside.sum()), angles[inside], angles[inside] ** 2]
    )
    rest = (
        values[inside] - terms @ np.linalg.lstsq(terms, values[inside], rcond=None)[0]
    )
    return _row(1 - rest.var(axis=0) / values[inside].var(axis=0), 2)


def _row(values: Values, digits: int = 4) -> str:
    return ", ".join(
        f"{n} {v:.{digits}f}" for n, v in zip(NAMES, values.tolist(), strict=False)
    )


if __name__ == "__main__":
    main()
