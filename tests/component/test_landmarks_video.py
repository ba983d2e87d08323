"""Detectors and tracking on real people."""

from __future__ import annotations

from collections import Counter
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
from vitrine.vision.detectors import Detections, Mtcnn, YuNet
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
    settings = Settings.model_validate(
        {"bus": "memory", "models": shared / "models" if yunet else None}
    )
    models = load_models(settings, LandmarksSettings.load())
    mall = FixedMall(make_mall())
    handler = LandmarksHandler(Analyser(models), mall, EventClock(), detect_every=3)
    images = video(shared / "video" / "two-people-head-pose.h264")
    outputs = [
        handler.handle([frame(number, image)]) for number, image in enumerate(images)
    ]
    events = [
        m.event
        for one in outputs
        for m in one.messages
        if isinstance(m.event, FrameFaces)
    ]
    tracks = Counter(face.track_id for event in events for face in event.faces)
    assert len(events) == 300
    assert np.mean([len(event.faces) == 2 for event in events]) >= 0.95
    assert len(tracks) <= 4


def shared_faces(a: Detections, b: Detections) -> list[float]:
    """For each face of `a` that `b` has too: how far the five points differ, in box sides."""
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
    with ZipFile(shared / "data" / "helen_afw_68.zip") as archive:
        names = (
            name
            for name in sorted(archive.namelist())
            if name.startswith("helen/") and name.endswith(".jpg")
        )
        for name in islice(names, 60):
            image = cv2.imdecode(
                np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_COLOR
            )
            small = cv2.resize(image, (240, 240))  # type: ignore[arg-type]
            found = yunet.detect(small)  # type: ignore[arg-type]
            large = found[(found.scores > 0.8) & (found.boxes[:, 3] > 40)]
            faces += len(large)
            errors += shared_faces(large, mtcnn.detect(small))  # type: ignore[arg-type]
    assert faces >= 60
    assert len(errors) >= 0.97 * faces
    assert np.mean(errors) < 0.05
