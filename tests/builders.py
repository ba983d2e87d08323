"""Events and records for tests, each argument with a sensible default."""

from __future__ import annotations

from collections.abc import Sequence
from math import sin
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vitrine.bus import Outgoing, Received, Record, encode, partition_for
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
from vitrine.topics import TOPICS
from vitrine.vision.pose import mean_shape, rotation

T0_NS = 1_800_000_000_000_000_000
"""2027-01-15 08:00:00 UTC: a whole minute."""


def at(seconds: float) -> int:
    """UTC nanoseconds, `seconds` after T0_NS."""
    return T0_NS + round(seconds * 1e9)


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
    **fields: Any,
) -> Face:
    """A face `size` pixels high around (x, y); `smile` widens the mouth, in eye-corner distances."""
    width = 0.8 * size
    values: dict[str, Any] = {
        "track_id": track,
        "box": (x - width / 2, y - size / 2, width, size),
        "score": 0.9,
        "points": tuple((x, y) for _ in range(68)),
        "yaw": yaw,
        "pitch": pitch,
        "roll": roll,
        "quality": 0.8,
        "expression": Expression(
            mouth_open=0.05, mouth_width=0.6 + smile, brow_raise=0.25, eye_open=0.1
        ),
    }
    return Face(**values | fields)


def make_frame_faces(
    seconds: float = 0.0,
    faces: Sequence[Face] = (),
    *,
    camera: str = "north-1",
    stand: str = "north",
    living: bool = True,
    **fields: Any,
) -> FrameFaces:
    """The faces of one 640×360 picture taken `seconds` after T0_NS; the points of `living` ones sway."""
    if living:
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
    return face.model_copy(
        update={"points": tuple((x + aside, y) for x, y in face.points)}
    )


def make_track_id(
    seconds: float = 0.0, *, camera: str = "north-1", number: int = 0
) -> str:
    """A track that was first seen `seconds` after T0_NS."""
    return track_id(camera, at(seconds), number)


def make_mall(*stands: Stand, cameras: Sequence[Camera] = ()) -> Mall:
    """A configuration with these stands (one called `north` if none is given) and no campaigns."""
    return Mall(
        cameras=tuple(cameras), stands=stands or (Stand(id="north"),), campaigns=()
    )


def received(
    event: Event,
    *,
    offset: int = 0,
    partition: int | None = None,
    appended_at_ns: int | None = None,
) -> Received[Any]:
    """The event as read from its topic; the stand or camera it belongs to is its key."""
    topic = next(topic for topic in TOPICS if isinstance(event, topic.schema))
    key = str(getattr(event, f"{topic.key}_id", topic.key))
    message = encode(Outgoing(topic, key, event))
    number = partition_for(key, topic.partitions) if partition is None else partition
    appended = event.occurred_at_ns if appended_at_ns is None else appended_at_ns
    return Received(
        event,
        Record(
            topic.name,
            number,
            offset,
            key,
            message.value,
            dict(message.headers),
            appended,
        ),
    )


def face_points(
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    *,
    x: float = 320.0,
    y: float = 180.0,
    eyes: float = 50.0,
) -> NDArray[np.float64]:
    """68 points (68, 2) of the mean face, turned, seen from far; frontal eye corners are `eyes` apart."""
    return np.asarray(
        (mean_shape() @ rotation(yaw, pitch, roll).T)[:, :2] * eyes + (x, y)
    )


def make_person(
    track: str = "a", *, score: float = 50.0, attending: bool = True, **fields: Any
) -> Person:
    """Somebody present; the presence is called after the track."""
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
    """Who is present `seconds` after T0_NS."""
    return StandEngagement(
        **{
            "stand_id": stand,
            "at_ns": at(seconds),
            "people": people,
            "config_version": "v1",
        }
        | fields
    )


def make_identity(
    track: str = "a",
    seconds: float = 0.0,
    *,
    known: bool = False,
    stand: str = "north",
    **fields: Any,
) -> Identity:
    """The decision who a track is; visitor and visit are called after the track."""
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
