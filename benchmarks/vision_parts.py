"""Time each part of vision on its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from benchmarks.tracked_faces import encoded
from vitrine.vision import expression
from vitrine.vision.crop import Crop, Image, crop_of_box, cut, network_input, to_frame
from vitrine.vision.detectors import Detector, FaceScore, face_cuts
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.networks import Network, load_network
from vitrine.vision.pose import HeadPose, head_pose
from vitrine.vision.quality import QualityScore, quality_cut
from vitrine.vision.shape import Points

# A part is timed over about so many frames: enough for a median, and done in seconds.
TIMED_FRAMES = 40
Input = TypeVar("Input")


@dataclass(frozen=True, slots=True)
class FoundFace:
    """Hold a detected face with what the parts after detection take as their input."""

    image: Image
    box: np.ndarray[Any, np.dtype[np.float32]]
    crop: Crop
    cut: Image
    points: Points
    pose: HeadPose


def parts(
    images: Sequence[Image],
    detectors: dict[str, Detector],
    landmarks: Path,
    embedder: Embedder,
) -> None:
    """Print milliseconds of each part on its own; of landmarks and below for each face."""
    # Spread over the whole video: faces at its beginning may all be small.
    step = max(1, len(images) // TIMED_FRAMES)
    some = images[::step]
    jpegs = [np.frombuffer(encoded(image), np.uint8) for image in some]
    report(
        "decode JPEG",
        lambda jpeg: cv2.imdecode(jpeg, cv2.IMREAD_COLOR),
        jpegs,
    )
    for name, detector in detectors.items():
        report(f"detect, {name}", detector.detect, some)
    first = next(iter(detectors.values()))
    network = load_network(landmarks)
    faces = found_faces(some, first, network)
    report_faces(faces, network, embedder)


def found_faces(
    images: Sequence[Image],
    detector: Detector,
    network: Network,
) -> list[FoundFace]:
    """Return the faces of some frames."""
    faces = []
    for image in images:
        height, width = image.shape[:2]
        found = detector.detect(image)
        for box, five in zip(
            found.boxes,
            found.five,
            strict=True,
        ):
            crop = crop_of_box(box, five)
            face_cut = cut(image, crop)
            outputs = network.run(network_input([face_cut]))
            points = to_frame(outputs[0], [crop])[0]
            face = FoundFace(
                image=image,
                box=box,
                crop=crop,
                cut=face_cut,
                points=points,
                pose=head_pose(points, width, height),
            )
            faces.append(face)
    return faces


def report_faces(
    faces: Sequence[FoundFace],
    network: Network,
    embedder: Embedder,
) -> None:
    """Print milliseconds of each part that works on a face."""
    score = FaceScore.load()
    quality = QualityScore.load()

    def score_of(face: FoundFace) -> None:
        score.score(face_cuts([face.image], face.box[None]))

    def pose_of(face: FoundFace) -> None:
        height, width = face.image.shape[:2]
        head_pose(face.points, width, height)

    report("cut", lambda face: cut(face.image, face.crop), faces)
    inputs = [network_input([face.cut]) for face in faces]
    report("landmarks", network.run, inputs)
    report("face score", score_of, faces)
    report("head pose", pose_of, faces)
    report(
        "expression",
        lambda face: expression.measure(face.points, face.pose),
        faces,
    )
    report(
        "quality",
        lambda face: quality.score([quality_cut(face.cut)]),
        faces,
    )
    aligned = [align(face.image, face.points) for face in faces]
    report(
        "embedding",
        lambda image: embedder.embed([image]),
        aligned,
    )


def report(
    name: str,
    part: Callable[[Input], object],
    inputs: Sequence[Input],
) -> None:
    """Print mean and median milliseconds of a part, after one call that warms it up."""
    # First calls allocate.
    part(inputs[0])
    seconds = []
    for one in inputs:
        started = time.perf_counter()
        part(one)
        seconds.append(time.perf_counter() - started)
    mean_ms = 1e3 * np.mean(seconds)
    median_ms = 1e3 * np.median(seconds)
    print(f"  {name:18s} {mean_ms:7.2f} ms   (median {median_ms:.2f})")
