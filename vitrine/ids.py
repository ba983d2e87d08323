"""Make deterministic ids: a replay repeats them. None is derived from a face or a name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Final
from zoneinfo import ZoneInfo

from vitrine.clock import SECOND_NS

# 96 bits: among a billion ids, two are equal with a probability below 1e-11.
DIGEST_BYTES: Final = 12
# The ASCII unit separator, which no id may hold: ("a", "bc") and ("ab", "c") differ.
SEPARATOR: Final = "\x1f"


def track_id(
    camera_id: str,
    first_seen_ns: int,
    number: int,
) -> str:
    """Return the id of a face's track: camera, first capture time, number in that frame."""
    return f"{camera_id}-{first_seen_ns}-{number}"


def track_began_ns(track_id: str) -> int | None:
    """Return the first capture time of a track; None for an id that `track_id` did not make."""
    parts = track_id.rsplit("-", 2)
    if len(parts) != 3:
        return None
    began = parts[1]
    if not began.isdecimal():
        return None
    return int(began)


def presence_id(stand_id: str, first_track_id: str) -> str:
    """Return the id of a presence: stand and its first track."""
    return f"{stand_id}:{first_track_id}"


def visitor_id(
    stand_id: str,
    day: date,
    first_track_id: str,
) -> str:
    """Return the hash of stand, local day and the visitor's first track."""
    return _digest("visitor", stand_id, day.isoformat(), first_track_id)


def visit_id(visitor: str, first_track_id: str) -> str:
    """Return the hash of the visitor and the first track of the visit."""
    return _digest("visit", visitor, first_track_id)


def local_day(at_ns: int, time_zone: str) -> date:
    """Return the calendar day at a stand. Raises ZoneInfoNotFoundError for an unknown zone."""
    zone = ZoneInfo(time_zone)
    moment = datetime.fromtimestamp(at_ns / SECOND_NS, UTC)
    local = moment.astimezone(zone)
    return local.date()


def _digest(kind: str, *parts: str) -> str:
    """Return a hash that depends on `kind` too: equal parts of another kind give another id."""
    content = SEPARATOR.join(parts)
    digest = blake2b(
        content.encode(),
        digest_size=DIGEST_BYTES,
        person=kind.encode(),
    )
    return digest.hexdigest()
