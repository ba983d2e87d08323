"""The state of a partition as the note of a commit, so that a restart goes on where it stood."""

from __future__ import annotations

import zlib
from base64 import b85decode, b85encode
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from pydantic import TypeAdapter

from vitrine.presence.people import Camera

NOTE_LIMIT: Final = 4000
"""Characters; room for some 20 people who look to and fro."""
_FORMAT: Final = "2:"
"""Changes whenever the state does: a note of another version is not read."""
_STATE: Final = TypeAdapter(list[Camera])


def to_note(cameras: Collection[Camera]) -> str:
    """Everything that a restart needs: JSON, deflated, in base 85, which JSON need not escape."""
    state = _STATE.dump_json(list(cameras))
    return _FORMAT + b85encode(zlib.compress(state, 9)).decode()


def from_note(note: str) -> list[Camera]:
    """The cameras of a note; none if there is no note, or another version of the program wrote it."""
    if not note.startswith(_FORMAT):
        return []
    return _STATE.validate_json(zlib.decompress(b85decode(note.removeprefix(_FORMAT))))


def to_short_note(cameras: Collection[Camera]) -> str:
    """A note within the limit: those who came last are left out, as many as need be."""
    starts = sorted(
        presence.start_ns for camera in cameras for presence in camera.presences
    )
    while len(note := to_note(cameras)) > NOTE_LIMIT:
        if not starts:
            return ""
        del starts[min(len(starts) - 1, len(starts) * NOTE_LIMIT // len(note)) :]
        latest_ns = starts[-1] if starts else 0
        cameras = [
            replace(
                camera,
                presences=[p for p in camera.presences if p.start_ns <= latest_ns],
            )
            for camera in cameras
        ]
    return note
