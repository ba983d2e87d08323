"""Turn what is known of a camera into the JSON that the page draws."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from vitrine.mall import Camera, Stand
from vitrine.schemas import Face
from vitrine.services.console.people import People
from vitrine.services.console.sights import Sight

MILLISECOND_NS: Final = 1_000_000
COMPACT: Final = (",", ":")


def view_of(
    sight: Sight,
    people: People,
    rate_hz: float,
) -> bytes:
    """Return one sight as a JSON object; it names no customer and no visitor."""
    text = json.dumps(described(sight, people, rate_hz), separators=COMPACT)
    return text.encode()


def described(
    sight: Sight,
    people: People,
    rate_hz: float,
) -> dict[str, Any]:
    """Return one sight in the form that the pages and `vitrine view` draw."""
    faces = [_face(face, sight, people) for face in sight.faces]
    return {
        "id": sight.camera_id,
        "at_ms": sight.at_ns / MILLISECOND_NS,
        "width": sight.width,
        "height": sight.height,
        "synthetic": sight.synthetic,
        "analysed": sight.analysed,
        "fps": round(rate_hz, 1),
        "faces": faces,
        "jpeg_bytes": len(sight.jpeg),
    }


def _face(
    face: Face,
    sight: Sight,
    people: People,
) -> dict[str, Any]:
    described = _measured(face)
    response = people.respond(face, sight.at_ns)
    described["response"] = round(response, 2)
    recognition = people.recognition(face.track_id)
    if recognition is not None:
        described["known"] = recognition.known
        described["reason"] = recognition.reason
    person = people.person(
        sight.stand_id,
        face.track_id,
    )
    if person is not None:
        described["score"] = round(person.score)
        described["attending"] = person.attending
        described["dwell_s"] = round(person.dwell_s, 1)
        described["attention_s"] = round(person.attention_s, 1)
    return described


def _measured(face: Face) -> dict[str, Any]:
    """Return what `landmarks` says about a face, rounded for a screen."""
    points = []
    for point in face.points:
        points += _tenths(point)
    measured = {
        "track": face.track_id,
        "box": _tenths(face.box),
        "points": points,
        "yaw": round(face.yaw, 1),
        "pitch": round(face.pitch, 1),
        "roll": round(face.roll, 1),
        "found": round(face.score, 2),
        "quality": round(face.quality, 2),
    }
    shown = face.expression.shown
    if shown is not None:
        measured["shown"] = round(shown, 2)
    return measured


def _tenths(values: Sequence[float]) -> list[float]:
    return [round(value, 1) for value in values]


def roster_entry(camera: Camera, stand: Stand) -> dict[str, Any]:
    """Return what the configuration says about a camera, but its address."""
    return {
        "id": camera.id,
        "stand_id": stand.id,
        "stand": stand.name or stand.id,
        "fps": camera.fps,
        "mask": camera.mask,
        "recognition": stand.recognition,
        "min_face": stand.zone.min_face,
        "max_face": stand.zone.max_face,
    }
