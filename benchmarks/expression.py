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

from benchmarks.expression_figures import (
    CONE_PITCH,
    CONE_YAW,
    area,
    by_pose,
    frame_noise,
    row_of,
    values_of,
)
from benchmarks.expression_points import labels
from benchmarks.tracked_faces import tracked_faces
from benchmarks.vision import read
from vitrine.faces.analysis import Analyser
from vitrine.faces.models import FaceModels
from vitrine.presence.expression import Baseline
from vitrine.schemas import Face, FrameFaces
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector, FaceScore, Mtcnn, YuNet
from vitrine.vision.expression_classes import ExpressionClassifier
from vitrine.vision.models import (
    EXPRESSION_FILE,
    LANDMARKS_FILE,
    YUNET_FILE,
    model_path,
    optional_model,
)
from vitrine.vision.networks import load_network
from vitrine.vision.pose import HeadPose
from vitrine.vision.quality import QualityScore

WIDTH: Final = 640
# Of a video: pictures are kept in memory, some 2 GB of them.
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


@dataclass(slots=True)
class Views:
    """Hold the views of one track, with the numbers of their frames."""

    numbers: list[int] = field(default_factory=list)
    faces: list[Face] = field(default_factory=list)


def main() -> None:
    """Print the figures of the chosen part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
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
            # The service measures no response of a face that looks away.
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
        response = baseline.observe(face.expression, 1 / fps)
        change = np.subtract(baseline.now, baseline.usual)
        pose = HeadPose(face.yaw, face.pitch, face.roll)
        responses.append(response)
        changes.append(np.abs(change))
        values.append(values_of(face.expression))
        poses.append(pose)
    measures = np.array(values)
    height = np.mean([face.box[3] for face in views.faces])
    print(f"{video_name}: {len(views.faces)} views, face {height:.0f} px")
    print("  sd                     ", row_of(measures.std(axis=0)))
    print("  frame noise            ", row_of(frame_noise(measures)))
    print("  share explained by pose", by_pose(measures, poses))
    # Not the largest, which may be a frame with a bad landmark.
    largest_changes = np.percentile(changes, 97, axis=0)
    print("  change, 97th percentile", row_of(largest_changes))
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


def responses_within(
    spans: Sequence[Span],
    numbers: Sequence[int],
    responses: Sequence[float],
) -> list[float]:
    """Return the responses in frames that lie in one of the spans, both ends included."""
    found = []
    for number, response in zip(
        numbers,
        responses,
        strict=True,
    ):
        if any(first <= number <= last for first, last in spans):
            found.append(response)
    return found


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


if __name__ == "__main__":
    main()
