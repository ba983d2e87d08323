"""Print how much of an expression the networks show, and how much of that is head pose.

python -m benchmarks.expression labels DATA     predicted against annotated points, people held out
python -m benchmarks.expression video VIDEO …   the measures over time; [--frames FIRST LAST];
                                                for the videos of BY_EYE, the response in calm
                                                frames and in others

Faces are found by YuNet where --models has it, by MTCNN otherwise.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from benchmarks.tracked_faces import tracked_faces
from benchmarks.vision import read
from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.splits import select
from training.evaluation.matching import matched
from vitrine.faces.analysis import Analyser
from vitrine.faces.models import FaceModels
from vitrine.presence.expression import FULL_CHANGE, Baseline
from vitrine.schemas import Expression, Face, FrameFaces
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
from vitrine.vision.networks import Network, load_network
from vitrine.vision.pose import HeadPose, head_pose
from vitrine.vision.quality import QualityScore
from vitrine.vision.shape import Points

NAMES: Final = tuple(FULL_CHANGE)
GEOMETRY: Final = NAMES[:4]
"""Those that landmarks give."""
CONE_YAW: Final = 25
CONE_PITCH: Final = 20
"""Degrees from the camera within which a face counts: it looks at the stand."""
WIDTH: Final = 640
MOST_FRAMES: Final = 3000
Span = tuple[int, int]
BY_EYE: Final[dict[str, tuple[list[Span], list[Span]]]] = {
    "expressions-a.mp4": (
        [
            (24, 30),
            (54, 96),
            (180, 222),
        ],
        [
            (12, 18),
            (36, 48),
            (114, 162),
            (234, 270),
            (294, 348),
        ],
    ),
    "expressions-b.mp4": (
        [
            (0, 12),
            (60, 66),
            (282, 282),
            (312, 312),
            (336, 348),
        ],
        [
            (24, 24),
            (192, 270),
            (288, 306),
            (318, 330),
        ],
    ),
}
"""First and last frames of calm stretches, and of smiles, grimaces, frowns, surprise.

Every sixth frame was looked at; speech and what was not clear is in neither. Frames are those
of the file, counted from 0.
"""
Values = NDArray[np.float64]


@dataclass(slots=True)
class Views:
    """Hold the views of one track, with the numbers of their frames."""

    numbers: list[int] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)


@dataclass(slots=True)
class Compared:
    """Hold measures and poses of annotated and of predicted points, a row a face."""

    annotated: list[list[float]] = field(default_factory=list)
    predicted: list[list[float]] = field(default_factory=list)
    annotated_poses: list[HeadPose] = field(default_factory=list)
    predicted_poses: list[HeadPose] = field(default_factory=list)

    def add(self, face: LabelledFace, predicted: Points) -> None:
        """Measure both kinds of points of a face."""
        height, width = face.image().shape[:2]
        annotated_pose = head_pose(face.points, width, height)
        predicted_pose = head_pose(predicted, width, height)
        self.annotated.append(_geometry(measure(face.points, annotated_pose)))
        self.predicted.append(_geometry(measure(predicted, predicted_pose)))
        self.annotated_poses.append(annotated_pose)
        self.predicted_poses.append(predicted_pose)


def main() -> None:
    """Print the figures of the chosen part."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("part", choices=["labels", "video"])
    parser.add_argument(
        "paths",
        type=Path,
        nargs="+",
    )
    parser.add_argument(
        "--models",
        type=Path,
        help="folder with the optional public models",
    )
    parser.add_argument(
        "--frames",
        type=int,
        nargs=2,
        default=(0, MOST_FRAMES),
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
    """Print correlation and slope of predicted on annotated measures, and their difference."""
    network = load_network(model_path(LANDMARKS_FILE))
    compared = Compared()
    for face in select(read_keypoints_csv(data), "held-out"):
        points = predicted_points(face, detector, network)
        if points is not None:
            compared.add(face, points)
    annotated = np.array(compared.annotated)
    predicted = np.array(compared.predicted)
    print(f"{data.name}: {len(annotated)} held-out faces")
    for column, name in enumerate(GEOMETRY):
        print_agreement(
            name,
            annotated[:, column],
            predicted[:, column],
        )
    print(
        "  share explained by pose, annotated:",
        _by_pose(annotated, compared.annotated_poses),
    )
    print(
        "  share explained by pose, predicted:",
        _by_pose(predicted, compared.predicted_poses),
    )


def predicted_points(
    face: LabelledFace,
    detector: Detector,
    network: Network,
) -> Points | None:
    """Return the network's 68 points of a face; None where the detector missed it."""
    image = face.image()
    matches = matched(detector, image, face.points)
    if not len(matches):
        return None
    crop = crop_of_box(matches.boxes[0].tolist(), matches.five[0])
    outputs = network.run(network_input([cut(image, crop)]))
    points: Points = to_frame(outputs[0], [crop])[0]
    return points


def print_agreement(
    name: str,
    true: Values,
    seen: Values,
) -> None:
    """Print how well a predicted measure follows the annotated one."""
    correlation = np.corrcoef(true, seen)[0, 1]
    slope = np.polyfit(true, seen, 1)[0]
    error = seen - true
    print(
        f"  {name:12s} r {correlation:.2f}  slope {slope:.2f}"
        f"  sd {true.std():.3f} → {seen.std():.3f}"
        f"  sd of difference {error.std():.3f}"
    )


def video(
    path: Path,
    detector: Detector,
    frames: slice,
) -> None:
    """Print the figures of each track, of its views in the cone."""
    capture = cv2.VideoCapture(str(path))
    fps = capture.get(cv2.CAP_PROP_FPS)
    images = list(read(path, WIDTH, MOST_FRAMES))
    events = list(enumerate(faces_in(images, fps, detector)))
    tracks: dict[str, Views] = {}
    for number, event in events[frames]:
        for face in event.faces:
            if abs(face.yaw) > CONE_YAW or abs(face.pitch) > CONE_PITCH:
                continue
            views = tracks.setdefault(face.track_id, Views())
            views.numbers.append(number)
            views.faces.append(face)
    for views in tracks.values():
        print_track(path.name, views, fps)


def print_track(
    video_name: str,
    views: Views,
    fps: float,
) -> None:
    """Print spread, frame noise, share explained by pose, and response of a track."""
    baseline = Baseline()
    responses = []
    changes = []
    values = []
    poses = []
    for face in views.faces:
        responses.append(baseline.observe(face.expression, 1 / fps))
        changes.append(np.abs(np.subtract(baseline.now, baseline.usual)))
        values.append(_values(face.expression))
        poses.append(HeadPose(face.yaw, face.pitch, face.roll))
    measures = np.array(values)
    height = np.mean([face.box[3] for face in views.faces])
    print(f"{video_name}: {len(views.faces)} views, face {height:.0f} px")
    print("  sd                     ", _row(measures.std(axis=0)))
    print("  frame noise            ", _row(frame_noise(measures)))
    print("  share explained by pose", _by_pose(measures, poses))
    print(
        "  change, 97th percentile",
        _row(
            np.percentile(
                changes,
                97,
                axis=0,
            )
        ),
    )
    print(f"  response: mean {np.mean(responses):.3f}, max {np.max(responses):.3f}")
    if video_name in BY_EYE:
        calm_spans, moved_spans = BY_EYE[video_name]
        calm = responses_within(
            calm_spans,
            views.numbers,
            responses,
        )
        moved = responses_within(
            moved_spans,
            views.numbers,
            responses,
        )
        print(
            f"  response by eye: calm {np.mean(calm):.3f}, moved {np.mean(moved):.3f}"
            f", area under the ROC curve {area(moved, calm):.2f}"
        )


def frame_noise(values: Values) -> Values:
    """Return the noise (k,) of values (frames, k), from their second differences.

    1.4826 makes a median of absolute values a standard deviation; a second difference
    has six times the variance of its terms.
    """
    seconds = np.diff(
        values,
        n=2,
        axis=0,
    )
    spread = 1.4826 * np.median(np.abs(seconds), axis=0)
    return np.asarray(spread / np.sqrt(6))


def responses_within(
    spans: Sequence[Span],
    numbers: Sequence[int],
    responses: Sequence[float],
) -> list[float]:
    """Return the responses in frames that lie in one of the spans, both ends included."""
    found = []
    for number, response in zip(numbers, responses, strict=True):
        if any(first <= number <= last for first, last in spans):
            found.append(response)
    return found


def area(higher: ArrayLike, lower: ArrayLike) -> float:
    """Return the area under the ROC curve: how often one of `higher` is above one of `lower`.

    Ties count half.
    """
    difference = np.subtract.outer(np.asarray(higher), np.asarray(lower))
    return float((np.sign(difference) + 1).mean() / 2)


def faces_in(
    images: Iterable[Image],
    fps: float,
    detector: Detector,
) -> list[FrameFaces]:
    """Return the faces of each picture, with expressions, as the service gives them."""
    classes = load_network(model_path(EXPRESSION_FILE))
    models = FaceModels(
        detector=detector,
        landmarks=load_network(model_path(LANDMARKS_FILE)),
        face_score=FaceScore.load(),
        quality=QualityScore.load(),
        expressions=ExpressionClassifier(classes),
    )
    return tracked_faces(images, fps, Analyser(models))


def _geometry(measured: ExpressionGeometry) -> list[float]:
    return [getattr(measured, name) for name in GEOMETRY]


def _values(expression: Expression) -> list[float]:
    return [getattr(expression, name) or 0.0 for name in NAMES]


def _by_pose(values: Values, poses: Iterable[HeadPose]) -> str:
    """Return R² of each measure on yaw, pitch and their squares, over poses inside the cone."""
    turns = [(pose.yaw, pose.pitch) for pose in poses]
    angles = np.array(turns) / CONE_YAW
    within = np.abs(angles) <= (1, CONE_PITCH / CONE_YAW)
    inside = within.all(axis=1)
    ones = np.ones(inside.sum())
    terms = np.column_stack([ones, angles[inside], angles[inside] ** 2])
    seen = values[inside]
    factors = np.linalg.lstsq(terms, seen, rcond=None)[0]
    rest = seen - terms @ factors
    unexplained = rest.var(axis=0) / seen.var(axis=0)
    return _row(1 - unexplained, 2)


def _row(values: Values, digits: int = 4) -> str:
    cells = []
    # Landmarks give fewer measures than there are names.
    for name, value in zip(NAMES, values.tolist(), strict=False):
        cells.append(f"{name} {value:.{digits}f}")
    return ", ".join(cells)


if __name__ == "__main__":
    main()
