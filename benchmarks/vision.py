"""What vision costs and finds: milliseconds a part, frames a second, tracks.

python -m benchmarks.vision VIDEO [--models FOLDER] [--landmarks FILE] [--width 640] [--frames 300]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vitrine.bus import Received, Record
from vitrine.clock import EventClock
from vitrine.faces.analysis import Analyser
from vitrine.faces.models import FaceModels
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.sealing import Sealer
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.shipped import MODELS
from vitrine.vision import expression
from vitrine.vision.crop import Image, crop_of_box, cut, network_input, to_frame
from vitrine.vision.detectors import Detector, FaceScore, Mtcnn, YuNet, face_cuts
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.models import (
    LANDMARKS_FILE,
    YUNET_FILE,
    embedding_model,
    optional_model,
)
from vitrine.vision.networks import load_network
from vitrine.vision.pose import head_pose
from vitrine.vision.quality import QualityScore, quality_cut

START_NS = 1_800_000_000_000_000_000


def main() -> None:
    arguments = _arguments()
    cv2.setNumThreads(1)
    images = list(read(arguments.video, arguments.width, arguments.frames))
    height, width = images[0].shape[:2]
    print(f"{arguments.video.name}: {len(images)} frames of {width}×{height}")
    detectors: dict[str, Detector] = {"MTCNN": Mtcnn.load()}
    if path := optional_model(YUNET_FILE, arguments.models):
        detectors = {"YuNet": YuNet(load_network(path)), **detectors}
    path = embedding_model(arguments.models)
    embedder = Embedder(load_network(path), path.stem)
    parts(images, detectors, arguments.landmarks, embedder)
    jpegs = [cv2.imencode(".jpg", image)[1].tobytes() for image in images]
    records = [_record(n, jpeg, width, height) for n, jpeg in enumerate(jpegs)]
    for name, detector in detectors.items():
        whole(name, detector, arguments.landmarks, embedder, records)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument(
        "--models", type=Path, help="folder with the optional public models"
    )
    parser.add_argument("--landmarks", type=Path, default=MODELS / LANDMARKS_FILE)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--frames", type=int, default=300)
    return parser.parse_args()


def read(video: Path, width: int, limit: int) -> Iterator[Image]:
    """The first frames of a video, scaled down to `width`."""
    capture = cv2.VideoCapture(str(video))
    for _ in range(limit):
        good, image = capture.read()
        if not good:
            return
        scale = min(1.0, width / image.shape[1])
        size = round(image.shape[1] * scale), round(image.shape[0] * scale)
        yield cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[misc]


def parts(
    images: Sequence[Image],
    detectors: dict[str, Detector],
    landmarks: Path,
    embedder: Embedder,
) -> None:
    """Milliseconds of each part on its own, over some frames; landmarks and below for each face."""
    some = images[:: max(1, len(images) // 40)]
    height, width = some[0].shape[:2]
    jpegs = [cv2.imencode(".jpg", image)[1] for image in some]
    _report("decode JPEG", cv2.imdecode, [(jpeg, cv2.IMREAD_COLOR) for jpeg in jpegs])
    for name, detector in detectors.items():
        _report(f"detect, {name}", detector.detect, [(image,) for image in some])
    first = next(iter(detectors.values()))
    found = [(image, first.detect(image)) for image in some]
    faces = [
        (i, b, crop_of_box(b, f))
        for i, d in found
        for b, f in zip(d.boxes, d.five, strict=True)
    ]
    network = load_network(landmarks)
    score = FaceScore.load()
    cuts = [cut(image, crop) for image, _, crop in faces]
    inputs = [network_input([one]) for one in cuts]
    points = [
        to_frame(network.run(i)[0], [f[2]])[0]
        for i, f in zip(inputs, faces, strict=True)
    ]
    poses = [head_pose(p, width, height) for p in points]
    _report("cut", cut, [(image, crop) for image, _, crop in faces])
    _report("landmarks", network.run, [(one,) for one in inputs])
    _report(
        "face score",
        lambda i, b: score.score(face_cuts(i, b[None])),
        [(i, b) for i, b, _ in faces],
    )
    _report("head pose", head_pose, [(p, width, height) for p in points])
    _report("expression", expression.measure, list(zip(points, poses, strict=True)))
    quality = QualityScore.load()
    _report("quality", lambda c: quality.score([quality_cut(c)]), [(c,) for c in cuts])
    aligned = [align(f[0], p) for f, p in zip(faces, points, strict=True)]
    _report("embedding", embedder.embed, [([one],) for one in aligned])


def _report(
    name: str, part: Callable[..., object], arguments: Sequence[tuple[Any, ...]]
) -> None:
    part(*arguments[0])
    seconds = []
    for some in arguments:
        started = time.perf_counter()
        part(*some)
        seconds.append(time.perf_counter() - started)
    print(
        f"  {name:18s} {1e3 * np.mean(seconds):7.2f} ms   (median {1e3 * np.median(seconds):.2f})"
    )


def whole(
    name: str,
    detector: Detector,
    landmarks: Path,
    embedder: Embedder,
    records: list[Received[FrameMeta]],
) -> None:
    """The service's handler on all frames: speed, and how steadily it sees how many people."""
    models = FaceModels(
        detector=detector,
        landmarks=load_network(landmarks),
        face_score=FaceScore.load(),
        quality=QualityScore.load(),
        embedder=embedder,
    )
    mall = Mall(
        cameras=(), stands=(Stand(id="stand", recognition="enrolled"),), campaigns=()
    )
    handler = LandmarksHandler(
        Analyser(models),
        FixedMall(mall),
        EventClock(),
        detect_every=3,
        sealer=Sealer({"k": bytes(32)}, "k"),
    )
    started = time.perf_counter()
    used = time.process_time()
    messages = [
        m
        for n in range(0, len(records), 8)
        for m in handler.handle(records[n : n + 8]).messages
    ]
    wall = time.perf_counter() - started
    busy = time.process_time() - used
    frames = [m.event for m in messages if isinstance(m.event, FrameFaces)]
    people = Counter(len(frame.faces) for frame in frames)
    tracks = Counter(face.track_id for frame in frames for face in frame.faces)
    print(
        f"{name}: {len(frames) / wall:.0f} frames/s ({1e3 * busy / len(frames):.1f} ms CPU a frame)"
    )
    print(
        "  people in a frame:",
        ", ".join(
            f"{k} in {100 * n / len(frames):.1f} %" for k, n in sorted(people.items())
        ),
    )
    print(
        f"  {len(tracks)} tracks; frames of each:",
        ", ".join(map(str, sorted(tracks.values(), reverse=True)[:20])),
    )


def _record(number: int, jpeg: bytes, width: int, height: int) -> Received[FrameMeta]:
    at = START_NS + number * 1_000_000_000 // 30
    meta = FrameMeta(
        camera_id="camera",
        stand_id="stand",
        captured_at_ns=at,
        width=width,
        height=height,
    )
    return Received(meta, Record("frames", 0, number, "camera", jpeg, {}, at))


if __name__ == "__main__":
    main()
