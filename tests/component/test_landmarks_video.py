"""Detectors and tracking on real people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
import pytest

from tests.builders import at, make_mall
from vitrine.bus import Received, Record
from vitrine.clock import EventClock
from vitrine.faces.analysis import Analyser
from vitrine.mall.folder import FixedMall
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.services.landmarks.app import load_models
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.services.landmarks.settings import LandmarksSettings
from vitrine.settings import Settings
from vitrine.vision.crop import Image
from vitrine.vision.detectors import (
    Detections,
    Mtcnn,
    YuNet,
)
from vitrine.vision.models import YUNET_FILE
from vitrine.vision.networks import load_network

pytestmark = pytest.mark.shared
WIDTH = 640
HEIGHT = 360


def video(path: Path) -> Iterator[Image]:
    capture = cv2.VideoCapture(str(path))
    while True:
        good, image = capture.read()
        if not good:
            return
        yield cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)  # type: ignore[misc]


def frame(number: int, image: Image) -> Received[FrameMeta]:
    now = at(number / 30)
    meta = FrameMeta(
        camera_id="north-1",
        stand_id="north",
        captured_at_ns=now,
        width=WIDTH,
        height=HEIGHT,
    )
    body = cv2.imencode(".jpg", image)[1].tobytes()
    return Received(meta, Record("frames", 0, number, "north-1", body, {}, now))


@pytest.mark.parametrize("yunet", [True, False])
def test_two_people_who_turn_their_heads_keep_one_or_two_tracks(
    shared: Path, yunet: bool
) -> None:
    folder = shared / "models" if yunet else None
    settings = Settings.model_validate({"bus": "memory", "models": folder})
    models = load_models(settings, LandmarksSettings.load())
    mall = FixedMall(make_mall())
    handler = LandmarksHandler(
        Analyser(models),
        mall,
        EventClock(),
        detect_every=3,
    )
    images = video(shared / "video" / "two-people-head-pose.h264")
    counts = []
    tracks = set()
    for number, image in enumerate(images):
        (message,) = handler.handle([frame(number, image)]).messages
        assert isinstance(message.event, FrameFaces)
        faces = message.event.faces
        counts.append(len(faces))
        tracks |= {face.track_id for face in faces}
    assert len(counts) == 300
    assert np.mean(np.array(counts) == 2) >= 0.95
    assert len(tracks) <= 4


def shared_faces(a: Detections, b: Detections) -> list[float]:
    """Return for each face of `a` that `b` has too how far the five points differ, in box sides."""
    errors = []
    for box, five in zip(a.boxes, a.five, strict=True):
        side = float(np.sqrt(box[2] * box[3]))
        apart = np.linalg.norm(b.five - five, axis=2).mean(axis=1) / side
        if len(apart) and apart.min() < 0.3:
            errors.append(float(apart.min()))
    return errors


def test_both_detectors_find_the_same_faces_in_photographs(shared: Path) -> None:
    yunet = YuNet(load_network(shared / "models" / YUNET_FILE))
    mtcnn = Mtcnn.load()
    faces = 0
    errors = []
    for small in islice(photographs(shared / "data" / "helen_afw_68.zip"), 60):
        found = yunet.detect(small)
        large = found[(found.scores > 0.8) & (found.boxes[:, 3] > 40)]
        faces += len(large)
        errors += shared_faces(large, mtcnn.detect(small))
    assert faces >= 60
    assert len(errors) >= 0.97 * faces
    assert np.mean(errors) < 0.05


def photographs(path: Path) -> Iterator[Image]:
    """Yield the photographs of HELEN as (240, 240, 3), by name."""
    with ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if not name.startswith("helen/") or not name.endswith(".jpg"):
                continue
            content = np.frombuffer(archive.read(name), np.uint8)
            image = cv2.imdecode(content, cv2.IMREAD_COLOR)
            small = cv2.resize(image, (240, 240))  # type: ignore[arg-type]
            yield np.asarray(small, np.uint8)
