"""Deterministic ids: a replay repeats them. None is derived from a face or a name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo


def track_id(camera_id: str, first_seen_ns: int, number: int) -> str:
    """Camera, first capture time, number of the face in that frame."""
    return f"{camera_id}-{first_seen_ns}-{number}"


def track_began_ns(track_id: str) -> int | None:
    """First capture time of a track; None for an id that `track_id` did not make."""
    parts = track_id.rsplit("-", 2)
    return int(parts[1]) if len(parts) == 3 and parts[1].isdecimal() else None


def presence_id(stand_id: str, first_track_id: str) -> str:
    """Stand and first track of the presence."""
    return f"{stand_id}:{first_track_id}"


def visitor_id(stand_id: str, day: date, first_track_id: str) -> str:
    """Hash of stand, local day and the visitor's first track."""
    return _digest("visitor", stand_id, day.isoformat(), first_track_id)


def visit_id(visitor: str, first_track_id: str) -> str:
    """Hash of the visitor and the first track of the visit."""
    return _digest("visit", visitor, first_track_id)


def local_day(at_ns: int, time_zone: str) -> date:
    """The calendar day at a stand. Raises ZoneInfoNotFoundError for an unknown zone."""
    return (
        datetime.fromtimestamp(at_ns / 1e9, UTC).astimezone(ZoneInfo(time_zone)).date()
    )


def _digest(kind: str, *parts: str) -> str:
    digest = blake2b("\x1f".join(parts).encode(), digest_size=12, person=kind.encode())
    return digest.hexdigest()
