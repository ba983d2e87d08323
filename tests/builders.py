"""Build events and records for tests, each argument with a sensible default."""

from __future__ import annotations

from collections.abc import Sequence
from math import sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrine.bus import Outgoing, Received, Record, encode, partition_for
from vitrine.clock import SECOND_NS
from vitrine.ids import track_id
from vitrine.mall import Camera, Mall, Stand
from vitrine.schemas import (
    Event,
    Expression,
    Face,
    FrameFaces,
    Identity,
    Person,
    StandEngagement,
)
from vitrine.topics import TOPICS, Topic
from vitrine.vision.pose import mean_shape, rotation

T0_NS = 1_800_000_000_000_000_000
"""2027-01-15 08:00:00 UTC: a whole minute."""


def at(seconds: float) -> int:
    """Return the time `seconds` after T0_NS, in UTC nanoseconds."""
    return T0_NS + round(seconds * SECOND_NS)


def make_face(
    track: str = "a",
    *,
    x: float = 320.0,
    y: float = 180.0,
    size: float = 90.0,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    smile: float = 0.0,
    eye_open: float = 0.1,
    **fields: Any,
) -> Face:
    """Return a face `size` pixels high around (x, y).

    `smile` widens the mouth, in distances of the outer eye corners, as `eye_open` is.
    """
    width = 0.8 * size
    expression = Expression(
        mouth_open=0.05,
        mouth_width=0.6 + smile,
        brow_raise=0.25,
        eye_open=eye_open,
    )
    values: dict[str, Any] = {
        "track_id": track,
        "box": (x - width / 2, y - size / 2, width, size),
        "score": 0.9,
        "points": ((x, y),) * 68,
        "yaw": yaw,
        "pitch": pitch,
        "roll": roll,
        "quality": 0.8,
        "expression": expression,
    }
    return Face(**values | fields)


def make_frame_faces(
    seconds: float = 0.0,
    faces: Sequence[Face] = (),
    *,
    camera: str = "north-1",
    stand: str = "north",
    swaying: bool = True,
    **fields: Any,
) -> FrameFaces:
    """Return the faces of a picture of 640 x 360 pixels, taken `seconds` after T0_NS.

    Their points sway from side to side, as of people who live, unless told otherwise.
    """
    if swaying:
        faces = [_swaying(face, seconds) for face in faces]
    values: dict[str, Any] = {
        "camera_id": camera,
        "stand_id": stand,
        "captured_at_ns": at(seconds),
        "width": 640,
        "height": 360,
        "faces": tuple(faces),
    }
    return FrameFaces(**values | fields)


def _swaying(face: Face, seconds: float) -> Face:
    aside = 0.05 * face.box[3] * sin(2.7 * seconds)
    points = tuple((x + aside, y) for x, y in face.points)
    return face.model_copy(update={"points": points})


def make_track_id(
    seconds: float = 0.0, *, camera: str = "north-1", number: int = 0
) -> str:
    """Return the id of a track that was first seen `seconds` after T0_NS."""
    return track_id(camera, at(seconds), number)


def make_mall(*stands: Stand, cameras: Sequence[Camera] = ()) -> Mall:
    """Return a configuration with these stands, or one called `north`, and no campaigns."""
    return Mall(
        cameras=tuple(cameras),
        stands=stands or (Stand(id="north"),),
        campaigns=(),
    )


def received(
    event: Event,
    *,
    offset: int = 0,
    partition: int | None = None,
    appended_at_ns: int | None = None,
) -> Received[Any]:
    """Return an event as read from its topic; the stand or camera it belongs to is its key.

    It was appended when it occurred, unless `appended_at_ns` says otherwise.
    """
    topic = _topic_of(event)
    key = str(getattr(event, f"{topic.key}_id", topic.key))
    message = encode(Outgoing(topic, key, event))
    if partition is None:
        partition = partition_for(key, topic.partitions)
    if appended_at_ns is None:
        appended_at_ns = event.occurred_at_ns
    record = Record(
        topic=topic.name,
        partition=partition,
        offset=offset,
        key=key,
        value=message.value,
        headers=dict(message.headers),
        appended_at_ns=appended_at_ns,
    )
    return Received(event, record)


def _topic_of(event: Event) -> Topic:
    for topic in TOPICS:
        if isinstance(event, topic.schema):
            return topic
    raise ValueError(f"no topic takes {type(event).__name__}")


def face_points(
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    *,
    x: float = 320.0,
    y: float = 180.0,
    eyes: float = 50.0,
) -> NDArray[np.float64]:
    """Return the points of the mean face, turned, seen from far: (68, 2), pixels.

    The outer eye corners of a frontal face are `eyes` apart.
    """
    turned = mean_shape() @ rotation(yaw, pitch, roll).T
    flat = turned[:, :2]
    return np.asarray(flat * eyes + (x, y))


def make_person(
    track: str = "a", *, score: float = 50.0, attending: bool = True, **fields: Any
) -> Person:
    """Return a person who is present; the presence is called after the track."""
    values: dict[str, Any] = {
        "presence_id": f"north:{track}",
        "track_id": track,
        "dwell_s": 3.0,
        "attending": attending,
        "attention_s": 2.0,
        "score": score,
    }
    return Person(**values | fields)


def make_engagement(
    seconds: float = 0.0, *people: Person, stand: str = "north", **fields: Any
) -> StandEngagement:
    """Return the report that these people are present `seconds` after T0_NS."""
    values: dict[str, Any] = {
        "stand_id": stand,
        "at_ns": at(seconds),
        "people": people,
        "config_version": "v1",
    }
    return StandEngagement(**values | fields)


def make_identity(
    track: str = "a",
    seconds: float = 0.0,
    *,
    known: bool = False,
    stand: str = "north",
    **fields: Any,
) -> Identity:
    """Return the decision about a track; visitor and visit are called after it."""
    values: dict[str, Any] = {
        "stand_id": stand,
        "track_id": track,
        "visitor_id": f"visitor-{track}",
        "visit_id": f"visit-{track}",
        "known": known,
        "confidence": 0.9 if known else 0.0,
        "reason": "known-customer" if known else "no-key",
        "decided_at_ns": at(seconds),
        "config_version": "v1",
    }
    return Identity(**values | fields)
