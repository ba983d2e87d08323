"""Show pictures to the product's own detection, tracking and smoothing."""

from __future__ import annotations

from collections.abc import Iterable

import cv2

from vitrine.bus import Received, Record
from vitrine.clock import SECOND_NS, EventClock
from vitrine.faces.analysis import Analyser
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime.handler import Outputs
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.services.landmarks.handler import LandmarksHandler
from vitrine.vision.crop import Image

START_NS = 1_800_000_000 * SECOND_NS
# The default of the service.
DETECT_EVERY = 3


def tracked_faces(
    images: Iterable[Image],
    fps: float,
    analyser: Analyser,
) -> list[FrameFaces]:
    """Return the faces of each picture of one camera, in order."""
    mall = Mall(
        cameras=(),
        stands=(Stand(id="stand"),),
        campaigns=(),
    )
    handler = LandmarksHandler(
        analyser,
        FixedMall(mall),
        EventClock(),
        detect_every=DETECT_EVERY,
    )
    found: list[FrameFaces] = []
    for number, image in enumerate(images):
        height, width = image.shape[:2]
        record = frame_record(
            number,
            encoded(image),
            width,
            height,
            captured_at_ns=START_NS + round(number * 1e9 / fps),
        )
        outputs = handler.handle([record])
        found += frames_in(outputs)
    return found


def frames_in(outputs: Outputs) -> list[FrameFaces]:
    """Return the faces of frames among what a handler put out."""
    events = [message.event for message in outputs.messages]
    return [event for event in events if isinstance(event, FrameFaces)]


def encoded(image: Image) -> bytes:
    """Return a picture as JPEG."""
    _, jpeg = cv2.imencode(".jpg", image)
    return jpeg.tobytes()


def frame_record(
    number: int,
    jpeg: bytes,
    width: int,
    height: int,
    captured_at_ns: int,
    camera: str = "camera",
) -> Received[FrameMeta]:
    """Return a frame as a consumer of the topic `frames` hands it over."""
    meta = FrameMeta(
        camera_id=camera,
        stand_id="stand",
        captured_at_ns=captured_at_ns,
        width=width,
        height=height,
    )
    record = Record(
        topic="frames",
        partition=0,
        offset=number,
        key=camera,
        value=jpeg,
        headers={},
        appended_at_ns=captured_at_ns,
    )
    return Received(meta, record)
