"""Pictures through the product's own detection, tracking and smoothing."""

from __future__ import annotations

from collections.abc import Iterable

import cv2

from benchmarks.vision import START_NS
from vitrine.bus import Received, Record
from vitrine.clock import EventClock
from vitrine.faces.analysis import Analyser
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.vision.crop import Image

DETECT_EVERY = 3


def tracked_faces(
    images: Iterable[Image], fps: float, analyser: Analyser
) -> list[FrameFaces]:
    """The faces of each picture of one camera, in order."""
    mall = Mall(cameras=(), stands=(Stand(id="stand"),), campaigns=())
    handler = LandmarksHandler(
        analyser, FixedMall(mall), EventClock(), detect_every=DETECT_EVERY
    )
    records = (_record(number, image, fps) for number, image in enumerate(images))
    messages = [
        message for record in records for message in handler.handle([record]).messages
    ]
    return [
        message.event for message in messages if isinstance(message.event, FrameFaces)
    ]


def _record(number: int, image: Image, fps: float) -> Received[FrameMeta]:
    height, width = image.shape[:2]
    at = START_NS + round(number * 1e9 / fps)
    meta = FrameMeta(
        camera_id="camera",
        stand_id="stand",
        captured_at_ns=at,
        width=width,
        height=height,
    )
    body = cv2.imencode(".jpg", image)[1].tobytes()
    return Received(meta, Record("frames", 0, number, "camera", body, {}, at))
