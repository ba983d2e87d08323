"""Print what public face libraries take for a picture, each for the work that it does, beside ours.

    python -m benchmarks.peers --models ../shared/models VIDEO

The peers get an environment of their own in `.cache/peers`, made by the first call from the package
index; it takes torch from the present one. All have one thread. The rows of one kind of work may be
compared, others not. Accuracy is not compared here: docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeAlias

import cv2

from benchmarks.vision import read

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".cache" / "peers"
# Without what they depend on: that would be an older torch, and two versions of OpenCV.
PACKAGES = ("dlib-bin", "facenet-pytorch", "tqdm", "face_recognition_models")
YUNET = "yunet_n_dynamic.onnx"
WIDTH = 640
PICTURES = 100
# The first runs load and optimise.
WARM = 5

Look: TypeAlias = Callable[[Any], int]
"""Looks at a picture (BGR) and returns how many faces it has."""


def yunet(models: Path) -> Look:
    """Return libfacedetection's YuNet as OpenCV runs it: boxes and five points."""
    cv2.setNumThreads(1)
    detector = cv2.FaceDetectorYN.create(str(models / YUNET), "", (WIDTH, WIDTH), 0.6)

    def look(image: Any) -> int:
        height, width = image.shape[:2]
        detector.setInputSize((width, height))
        _, faces = detector.detect(image)
        return 0 if faces is None else len(faces)

    return look


def dlib_boxes(models: Path) -> Look:  # noqa: ARG001 - it brings its own
    """Return dlib's detector of gradients: boxes, of faces from 80 pixels on."""
    import dlib  # noqa: PLC0415

    detector = dlib.get_frontal_face_detector()
    return lambda image: len(detector(image[..., ::-1].copy()))


def dlib_whole(models: Path) -> Look:  # noqa: ARG001 - it brings its own
    """Return dlib's detector, 68 points and descriptor of 128 numbers of each face."""
    import dlib  # noqa: PLC0415
    import face_recognition_models as files  # noqa: PLC0415

    detector = dlib.get_frontal_face_detector()
    points = dlib.shape_predictor(files.pose_predictor_model_location())
    descriptor = dlib.face_recognition_model_v1(files.face_recognition_model_location())

    def look(image: Any) -> int:
        rgb = image[..., ::-1].copy()
        boxes = detector(rgb)
        for box in boxes:
            descriptor.compute_face_descriptor(rgb, points(rgb, box))
        return len(boxes)

    return look


def facenet_mtcnn(models: Path) -> Look:  # noqa: ARG001 - it brings its own
    """Return facenet-pytorch's MTCNN: boxes and five points, of faces from 24 pixels on."""
    import torch  # noqa: PLC0415
    from facenet_pytorch import MTCNN  # noqa: PLC0415

    torch.set_num_threads(1)
    detector = MTCNN(keep_all=True, min_face_size=24, device="cpu")

    def look(image: Any) -> int:
        boxes, _ = detector.detect(image[..., ::-1].copy())
        return 0 if boxes is None else len(boxes)

    return look


def ours_yunet(models: Path) -> Look:
    """Return YuNet as `landmarks` runs it: boxes and five points."""
    return _ours(models, "yunet")


def ours_own(models: Path) -> Look:
    """Return our own detector: boxes and five points."""
    return _ours(models, "own")


def _ours(models: Path, kind: Literal["own", "yunet"]) -> Look:
    from vitrine.vision.detectors import load_detector  # noqa: PLC0415

    detector = load_detector(models, kind=kind)
    return lambda image: len(detector.detect(image).boxes)


def ours_whole(models: Path) -> Look:
    """Return what the tuned loop by hand does: boxes, 68 points, an embedding of each face."""
    from benchmarks.pipeline import analyse  # noqa: PLC0415
    from vitrine.vision.detectors.yunet import YuNet  # noqa: PLC0415
    from vitrine.vision.embedding import Embedder  # noqa: PLC0415
    from vitrine.vision.models import (  # noqa: PLC0415
        LANDMARKS_FILE,
        embedding_model,
        model_path,
    )
    from vitrine.vision.networks import load_network  # noqa: PLC0415

    detector = YuNet(load_network(models / YUNET))
    landmarks = load_network(model_path(LANDMARKS_FILE))
    embedder = Embedder(load_network(embedding_model(models)), "peers")

    return lambda image: analyse(image, detector, landmarks, embedder)


# Kind of work, name, and who does it.
PEERS: dict[str, tuple[str, Callable[[Path], Look]]] = {
    "our own detector": ("boxes", ours_own),
    "YuNet, by ours": ("boxes", ours_yunet),
    "YuNet, by OpenCV": ("boxes", yunet),
    "dlib, gradients": ("boxes", dlib_boxes),
    "facenet-pytorch, MTCNN": ("boxes", facenet_mtcnn),
    "ours, every picture anew": ("points and embedding", ours_whole),
    "dlib": ("points and embedding", dlib_whole),
}


def main() -> None:
    """Print a row for each peer, or measure one of them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument(
        "--models", type=Path, required=True, help=f"folder with {YUNET}"
    )
    parser.add_argument("--only", choices=PEERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        figures = measure(PEERS[options.only][1](options.models), options.video)
        print(json.dumps(figures))
        return
    python = environment()
    print(f"{'work':22}{'who':28}{'CPU ms a picture':>18}{'faces a picture':>18}")
    for name, (work, _) in PEERS.items():
        print(f"{work:22}{name:28}{row(python, name, options)}", flush=True)


def environment() -> Path:
    """Return the Python of the peers' environment; make it where it is not there yet."""
    python = FOLDER / "bin" / "python"
    if python.exists():
        return python
    venv.create(FOLDER, with_pip=True)
    for package in PACKAGES:
        install = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", package]
        if subprocess.run(install, check=False).returncode != 0:
            print(f"{package} cannot be installed here", file=sys.stderr)
    # Behind its own packages come ours.
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    ours = FOLDER / "lib" / version / "site-packages" / "ours.pth"
    ours.write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    return python


def row(
    python: Path,
    name: str,
    options: argparse.Namespace,
) -> str:
    """Return what a peer takes, measured in a process of its own, or why that failed."""
    command = [str(python), "-m", "benchmarks.peers", str(options.video)]
    command += ["--models", str(options.models), "--only", name]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, check=False
    )
    if done.returncode != 0:
        return "  " + done.stderr.strip().splitlines()[-1]
    figures = json.loads(done.stdout.splitlines()[-1])
    return f"{figures['cpu_ms']:18.1f}{figures['faces']:18.2f}"


def measure(look: Look, video: Path) -> dict[str, float]:
    """Return milliseconds of CPU and faces of a picture."""
    images = list(read(video, WIDTH, PICTURES))
    for image in images[:WARM]:
        look(image)
    faces = 0
    used_s = time.process_time()
    for image in images:
        faces += look(image)
    used_s = time.process_time() - used_s
    return {
        "cpu_ms": 1000 * used_s / len(images),
        "faces": faces / len(images),
    }


if __name__ == "__main__":
    main()
