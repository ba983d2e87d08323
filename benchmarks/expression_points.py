"""Compare expression measured from predicted points with that from annotated ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.expression_figures import GEOMETRY, Values, by_pose, geometry_of
from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.splits import select
from training.evaluation.matching import matched
from vitrine.vision.crop import crop_of_box, cut, network_input, to_frame
from vitrine.vision.detectors import Detector
from vitrine.vision.expression import measure
from vitrine.vision.models import LANDMARKS_FILE, model_path
from vitrine.vision.networks import Network, load_network
from vitrine.vision.pose import HeadPose, head_pose
from vitrine.vision.shape import Points


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
        # Each with its own pose: what landmarks get wrong of it is part of their error.
        annotated_measures = measure(face.points, annotated_pose)
        predicted_measures = measure(predicted, predicted_pose)
        self.annotated.append(geometry_of(annotated_measures))
        self.predicted.append(geometry_of(predicted_measures))
        self.annotated_poses.append(annotated_pose)
        self.predicted_poses.append(predicted_pose)


def labels(data: Path, detector: Detector) -> None:
    """Print correlation and slope of predicted on annotated measures, and their difference."""
    network = load_network(model_path(LANDMARKS_FILE))
    compared = Compared()
    faces = read_keypoints_csv(data)
    # The network was trained on the others.
    for face in select(faces, "held-out"):
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
        by_pose(annotated, compared.annotated_poses),
    )
    print(
        "  share explained by pose, predicted:",
        by_pose(predicted, compared.predicted_poses),
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
    box = matches.boxes[0].tolist()
    crop = crop_of_box(box, matches.five[0])
    small = cut(image, crop)
    outputs = network.run(network_input([small]))
    points = to_frame(outputs[0], [crop])
    found: Points = points[0]
    return found


def print_agreement(
    name: str,
    true: Values,
    seen: Values,
) -> None:
    """Print how well a predicted measure follows the annotated one."""
    correlations = np.corrcoef(true, seen)
    correlation = correlations[0, 1]
    # Beside the correlation: a measure may follow well, and too weakly.
    slope, _ = np.polyfit(true, seen, 1)
    error = seen - true
    print(
        f"  {name:12s} r {correlation:.2f}  slope {slope:.2f}"
        f"  sd {true.std():.3f} → {seen.std():.3f}"
        f"  sd of difference {error.std():.3f}"
    )
