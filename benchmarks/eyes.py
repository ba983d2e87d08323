"""Print how well the landmark network sees closed eyes, by the size of the face.

python -m benchmarks.eyes helen_afw_68.zip

Every face is shrunk to several heights, as `vitrine.presence.liveness` measures them.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.expression_figures import CONE_PITCH, CONE_YAW
from training.datasets.faces import LabelledFace
from training.datasets.pts import read_pts
from training.datasets.splits import part_of
from vitrine.presence.eyes import CLOSED
from vitrine.presence.liveness import FACE_HEIGHT
from vitrine.vision.crop import Image, crop_of_points, cut, network_input, to_frame
from vitrine.vision.expression import measure
from vitrine.vision.models import LANDMARKS_FILE, model_path
from vitrine.vision.networks import Network, load_network
from vitrine.vision.pose import head_pose
from vitrine.vision.shape import Points

HEIGHTS: Final = (100, 80, 60, 50, 40, 30, 20)
"""Pixels. The first is what the others are compared with."""
SHUT: Final = 0.03
"""Annotated openings below are closed eyes: a third of the usual one."""
OPEN: Final = 0.06
Openings = NDArray[np.float64]


def main() -> None:
    """Print a table of held-out faces, and one of all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("data", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    network = load_network(model_path(LANDMARKS_FILE))
    annotated = []
    predicted = []
    unseen = []
    for face in read_pts(arguments.data):
        row = openings(face, network)
        if row is None:
            continue
        annotated.append(row[0])
        predicted.append(row[1:])
        unseen.append(part_of(face.group) != "train")
    true = np.array(annotated)
    seen = np.array(predicted)
    chosen = np.array(unseen)
    table("photos that the network never learned from", true[chosen], seen[chosen])
    table("all photos", true, seen)


def openings(face: LabelledFace, network: Network) -> list[float] | None:
    """Return the annotated opening and the predicted ones by HEIGHTS; None for a turned head."""
    image = face.image()
    annotated = opening_of(face.points, image)
    if annotated is None:
        return None
    row = [annotated]
    distances = np.linalg.norm(face.points - face.points.mean(axis=0), axis=1)
    height = FACE_HEIGHT * float(np.sqrt((distances**2).mean()))
    for wanted in HEIGHTS:
        small, points = shrunk(image, face.points, wanted / height)
        # Cut as exactly as around the points of the frame before.
        crop = crop_of_points(points)
        outputs = network.run(network_input([cut(small, crop)]))
        found = to_frame(outputs[0], [crop])[0]
        predicted = opening_of(found, small, within_cone=False)
        row.append(predicted or 0.0)
    return row


def opening_of(
    points: Points,
    image: Image,
    *,
    within_cone: bool = True,
) -> float | None:
    """Return how far the eyes of 68 points are open; None for a pose outside the cone."""
    height, width = image.shape[:2]
    pose = head_pose(points, width, height)
    turned = abs(pose.yaw) > CONE_YAW or abs(pose.pitch) > CONE_PITCH
    if within_cone and turned:
        return None
    return measure(points, pose).eye_open


def shrunk(image: Image, points: Points, scale: float) -> tuple[Image, Points]:
    """Return a picture and its points at another size."""
    height, width = image.shape[:2]
    size = (round(width * scale), round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    factors = np.array([size[0] / width, size[1] / height])
    return np.asarray(small, np.uint8), (points * factors).astype(np.float32)


def table(
    name: str,
    annotated: Openings,
    predicted: Openings,
) -> None:
    """Print a line for each height."""
    is_open = annotated >= OPEN
    is_shut = annotated < SHUT
    print(f"{name}: {is_open.sum()} open, {is_shut.sum()} closed, of {len(annotated)}")
    full = predicted[:, 0]
    usual = np.median(full[is_open])
    for column, height in enumerate(HEIGHTS):
        seen = predicted[:, column]
        correlation = np.corrcoef(annotated, seen)[0, 1]
        slope, _ = np.polyfit(annotated, seen, 1)
        kept = seen[is_open] / full[is_open]
        print(
            f"  {height:3d} px  r {correlation:.2f}  slope {slope:.2f}"
            f"  open: 1 % keep less than {np.percentile(kept, 1):.2f},"
            f" {share(kept)} taken for closed"
            f"  closed: found {share(seen[is_shut] / usual)}"
        )


def share(ratios: Sequence[float] | Openings) -> str:
    """Return how many ratios are below CLOSED."""
    below = np.asarray(ratios) < CLOSED
    return f"{100 * below.mean():.1f} %"


if __name__ == "__main__":
    main()
