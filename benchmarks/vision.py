"""Print what vision costs and finds: milliseconds a part, frames a second, tracks.

python -m benchmarks.vision VIDEO [--models FOLDER] [--landmarks FILE] [--width 640] [--frames 300]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2

from benchmarks.tracked_faces import (
    DETECT_EVERY,
    START_NS,
    encoded,
    frame_record,
    frames_in,
)
from benchmarks.vision_parts import parts
from vitrine.bus import Received
from vitrine.clock import SECOND_NS, EventClock
from vitrine.faces.analysis import Analyser
from vitrine.faces.models import FaceModels
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.sealing import Sealer
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.shipped import MODELS
from vitrine.telemetry import metrics
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector, FaceScore, Mtcnn, YuNet
from vitrine.vision.embedding import Embedder
from vitrine.vision.expression_classes import ExpressionClassifier
from vitrine.vision.models import (
    EXPRESSION_FILE,
    LANDMARKS_FILE,
    YUNET_FILE,
    embedding_model,
    model_path,
    optional_model,
)
from vitrine.vision.networks import load_network
from vitrine.vision.quality import QualityScore

# Time stamps only: tracks and filters see a camera of 30 frames a second.
FPS = 30
# Frames in a batch, as in the service.
BATCH = 8
LISTED_TRACKS = 20


def main() -> None:
    """Print the figures of each part and of the whole."""
    arguments = _arguments()
    cv2.setNumThreads(1)
    images = list(
        read(
            arguments.video,
            arguments.width,
            arguments.frames,
        )
    )
    height, width = images[0].shape[:2]
    print(f"{arguments.video.name}: {len(images)} frames of {width}×{height}")
    detectors: dict[str, Detector] = {}
    yunet = optional_model(YUNET_FILE, arguments.models)
    if yunet:
        detectors["YuNet"] = YuNet(load_network(yunet))
    detectors["MTCNN"] = Mtcnn.load()
    embedding = embedding_model(arguments.models)
    embedder = Embedder(load_network(embedding), embedding.stem)
    parts(
        images,
        detectors,
        arguments.landmarks,
        embedder,
    )
    records = frame_records(images)
    for name, detector in detectors.items():
        whole(
            name,
            detector,
            arguments.landmarks,
            embedder,
            records,
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument(
        "--models",
        type=Path,
        help="folder with the optional public models",
    )
    parser.add_argument(
        "--landmarks",
        type=Path,
        default=MODELS / LANDMARKS_FILE,
    )
    parser.add_argument(
        "--width",
        type=int,
        default=640,
    )
    parser.add_argument(
        "--frames",
        type=int,
        default=300,
    )
    return parser.parse_args()


def read(
    video: Path,
    width: int,
    limit: int,
) -> Iterator[Image]:
    """Yield the first frames of a video, scaled down to `width`."""
    capture = cv2.VideoCapture(str(video))
    for _ in range(limit):
        good, image = capture.read()
        if not good:
            return
        height_there, width_there = image.shape[:2]
        # Smaller videos stay as they are.
        scale = min(1.0, width / width_there)
        size = (
            round(width_there * scale),
            round(height_there * scale),
        )
        yield cv2.resize(
            image,
            size,
            interpolation=cv2.INTER_AREA,
        )  # type: ignore[misc]


def whole(
    name: str,
    detector: Detector,
    landmarks: Path,
    embedder: Embedder,
    records: Sequence[Received[FrameMeta]],
) -> None:
    """Print how fast the service's handler is on all frames, and how many people it sees."""
    handler = new_handler(detector, landmarks, embedder)
    frames: list[FrameFaces] = []
    started = time.perf_counter()
    used = time.process_time()
    for first in range(0, len(records), BATCH):
        outputs = handler.handle(records[first : first + BATCH])
        frames += frames_in(outputs)
    wall_s = time.perf_counter() - started
    busy_s = time.process_time() - used
    busy_ms = 1e3 * busy_s / len(frames)
    print(f"{name}: {len(frames) / wall_s:.0f} frames/s ({busy_ms:.1f} ms CPU a frame)")
    print("  people in a frame:", people_in(frames))
    print("  computed in the frame they are reported for:", fresh_shares())
    lengths = track_lengths(frames)
    listed = ", ".join(str(length) for length in lengths[:LISTED_TRACKS])
    print(f"  {len(lengths)} tracks; frames of each:", listed)


def new_handler(
    detector: Detector,
    landmarks: Path,
    embedder: Embedder,
) -> LandmarksHandler:
    """Return the handler of the service at one stand that recognises people."""
    models = FaceModels(
        detector=detector,
        landmarks=load_network(landmarks),
        face_score=FaceScore.load(),
        quality=QualityScore.load(),
        embedder=embedder,
        expressions=ExpressionClassifier(load_network(model_path(EXPRESSION_FILE))),
    )
    stand = Stand(id="stand", recognition="enrolled")
    mall = Mall(
        cameras=(),
        stands=(stand,),
        campaigns=(),
    )
    return LandmarksHandler(
        Analyser(models),
        FixedMall(mall),
        EventClock(),
        detect_every=DETECT_EVERY,
        sealer=Sealer({"k": bytes(32)}, "k"),
    )


def people_in(frames: Sequence[FrameFaces]) -> str:
    """Return the share of frames with each number of people."""
    people = Counter(len(frame.faces) for frame in frames)
    shares = []
    for number, count in sorted(people.items()):
        percent = 100 * count / len(frames)
        shares.append(f"{number} in {percent:.1f} %")
    return ", ".join(shares)


def fresh_shares() -> str:
    """Return the share of reported points, expressions and embeddings that are no repetition.

    And of faces that have the part at all.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for metric in metrics.FACE_PARTS.collect():
        for sample in metric.samples:
            if sample.name.endswith("_total"):
                key = (sample.labels["part"], sample.labels["computed"])
                counts[key] += round(sample.value)
    shares = []
    for part in ("points", "expression", "embedding"):
        now = counts[part, "now"]
        reported = now + counts[part, "earlier"]
        faces = reported + counts[part, "none"]
        fresh = 100 * now / max(reported, 1)
        present = 100 * reported / max(faces, 1)
        shares.append(f"{part} {fresh:.0f} % (in {present:.0f} % of faces)")
    return ", ".join(shares)


def track_lengths(frames: Iterable[FrameFaces]) -> list[int]:
    """Return the number of frames of each track, the longest first."""
    tracks: Counter[str] = Counter()
    for frame in frames:
        tracks.update(face.track_id for face in frame.faces)
    return sorted(tracks.values(), reverse=True)


def frame_records(images: Sequence[Image]) -> list[Received[FrameMeta]]:
    """Return the frames as a consumer hands them over, 30 a second."""
    records = []
    for number, image in enumerate(images):
        height, width = image.shape[:2]
        record = frame_record(
            number,
            encoded(image),
            width,
            height,
            captured_at_ns=START_NS + number * SECOND_NS // FPS,
        )
        records.append(record)
    return records


if __name__ == "__main__":
    main()
