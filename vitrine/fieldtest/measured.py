"""What the pipeline said about a run, as it was recorded."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitrine.fieldtest.spans import SECOND, Span, union
from vitrine.fieldtest.truth import Box

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """The faces of one frame: track to box."""

    camera_id: str
    stand_id: str
    at_ns: int
    width: int
    height: int
    faces: Mapping[str, Box]


@dataclass(frozen=True, slots=True)
class Presence:
    """All parts of a measured presence, and whose it is."""

    presence_id: str
    stand_id: str
    camera_id: str
    track_ids: frozenset[str]
    start_ns: int
    end_ns: int
    attention: tuple[Span, ...]
    visitor_id: str
    visit_id: str

    @property
    def seconds(self) -> float:
        """Dwell."""
        return (self.end_ns - self.start_ns) / SECOND


@dataclass(frozen=True, slots=True)
class Played:
    """One play, as it was reported or as the player remembers it."""

    play_id: str
    stand_id: str
    start_ns: int
    end_ns: int
    completed: bool
    campaign_id: str = ""
    creative_id: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures of all campaigns together."""

    plays: int
    ots: int
    watchers: int
    dwell_s: float
    attention_s: float
    reach: int
    """Of each campaign, summed."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A whole run."""

    frames: tuple[SeenFrame, ...]
    presences: tuple[Presence, ...]
    plays: tuple[Played, ...]
    """As often as each was on the bus."""
    journal: tuple[Played, ...]
    """What the players themselves say that they played."""
    totals: Totals


def read_measured(folder: Path, journal: Sequence[Played], totals: Totals) -> Measured:
    """The events that were recorded in a folder."""
    frames = tuple(
        _frame(line) for line in _lines(folder, "faces") if not line["ended"]
    )
    cameras = {track: frame.camera_id for frame in frames for track in frame.faces}
    presences = presences_of(
        _lines(folder, "exposures"), _lines(folder, "identities"), cameras
    )
    plays = tuple(_play(line) for line in _lines(folder, "plays"))
    return Measured(frames, presences, plays, tuple(journal), totals)


def _lines(folder: Path, topic: str) -> Iterator[Line]:
    with (folder / f"{topic}.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _frame(line: Line) -> SeenFrame:
    faces = {face["track_id"]: tuple(face["box"]) for face in line["faces"]}
    place = (
        line["camera_id"],
        line["stand_id"],
        line["captured_at_ns"],
        line["width"],
        line["height"],
    )
    return SeenFrame(*place, faces)


def _play(line: Line) -> Played:
    return Played(**{name: line[name] for name in Played.__dataclass_fields__})


def presences_of(
    exposures: Iterable[Line], identities: Iterable[Line], cameras: Mapping[str, str]
) -> tuple[Presence, ...]:
    """Parts put together; the visitor is named by the latest decision about the first track that has one."""
    decided: dict[str, Line] = {}
    for decision in sorted(identities, key=lambda d: int(d["decided_at_ns"])):
        decided[decision["track_id"]] = decision
    parts: dict[str, list[Line]] = defaultdict(list)
    for exposure in exposures:
        parts[exposure["presence_id"]].append(exposure)
    found = [_presence(name, some, decided, cameras) for name, some in parts.items()]
    return tuple(sorted(found, key=lambda p: (p.start_ns, p.presence_id)))


def _presence(
    name: str,
    parts: Sequence[Line],
    decided: Mapping[str, Line],
    cameras: Mapping[str, str],
) -> Presence:
    parts = sorted(parts, key=lambda part: int(part["part"]))
    tracks = list(dict.fromkeys(track for part in parts for track in part["track_ids"]))
    decision = next((decided[track] for track in tracks if track in decided), None)
    return Presence(
        presence_id=name,
        stand_id=parts[0]["stand_id"],
        camera_id=next((cameras[track] for track in tracks if track in cameras), ""),
        track_ids=frozenset(tracks),
        start_ns=min(part["start_ns"] for part in parts),
        end_ns=max(part["end_ns"] for part in parts),
        attention=tuple(
            union((start, end) for part in parts for start, end in part["attention"])
        ),
        visitor_id=decision["visitor_id"] if decision else name,
        visit_id=decision["visit_id"] if decision else name,
    )
