"""Read what the pipeline said about a run, as it was recorded."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, TypeVar

from vitrine.clock import SECOND_NS
from vitrine.fieldtest.spans import Span, union
from vitrine.fieldtest.truth import Box
from vitrine.schemas import StandEngagement

Line = dict[str, Any]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """Hold the faces of one frame: track to box."""

    camera_id: str
    stand_id: str
    at_ns: int
    width: int
    height: int
    faces: Mapping[str, Box]


@dataclass(frozen=True, slots=True)
class Presence:
    """Represent all parts of a measured presence, and whose it is."""

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
        """Return the dwell."""
        return (self.end_ns - self.start_ns) / SECOND_NS


@dataclass(frozen=True, slots=True)
class Played:
    """Represent one play, as it was reported or as the player remembers it."""

    play_id: str
    stand_id: str
    start_ns: int
    end_ns: int
    completed: bool
    campaign_id: str = ""
    creative_id: str = ""


@dataclass(frozen=True, slots=True)
class Totals:
    """Hold the figures of all campaigns together."""

    plays: int
    ots: int
    watchers: int
    dwell_s: float
    attention_s: float
    reach: int
    """Of each campaign, summed."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold what was measured in a whole run."""

    frames: tuple[SeenFrame, ...]
    presences: tuple[Presence, ...]
    plays: tuple[Played, ...]
    """As often as each was on the bus."""
    journal: tuple[Played, ...]
    """What the players themselves say that they played."""
    totals: Totals
    snapshots: tuple[StandEngagement, ...] = ()
    """In order of their time at each stand."""
    reactions: tuple[Span, ...] = ()
    """When faces reacted, of all people, where the stand asks for it."""


def read_measured(
    folder: Path,
    journal: Sequence[Played],
    totals: Totals,
) -> Measured:
    """Read the events that were recorded in a folder."""
    frames = []
    cameras = {}
    for line in _lines(folder, "faces"):
        # The end of a camera's source is a message without a picture.
        if line["ended"]:
            continue
        frame = _frame(line)
        frames.append(frame)
        for track in frame.faces:
            cameras[track] = frame.camera_id
    presences = presences_of(
        exposures=_lines(folder, "exposures"),
        identities=_lines(folder, "identities"),
        cameras=cameras,
    )
    plays = map(_play, _lines(folder, "plays"))
    return Measured(
        frames=tuple(frames),
        presences=presences,
        plays=tuple(plays),
        journal=tuple(journal),
        totals=totals,
        snapshots=_snapshots(folder),
        reactions=_reactions(folder),
    )


def _reactions(folder: Path) -> tuple[Span, ...]:
    found = []
    for line in _lines(folder, "exposures"):
        # Recordings of before have none.
        for start, end in line.get("reactions") or ():
            found.append((start, end))
    return tuple(found)


def _snapshots(folder: Path) -> tuple[StandEngagement, ...]:
    found = []
    for line in _lines(folder, "engagement"):
        snapshot = StandEngagement.model_validate(line)
        found.append(snapshot)
    return tuple(found)


def _lines(folder: Path, topic: str) -> Iterator[Line]:
    path = folder / f"{topic}.jsonl"
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _frame(line: Line) -> SeenFrame:
    faces = {face["track_id"]: tuple(face["box"]) for face in line["faces"]}
    return SeenFrame(
        camera_id=line["camera_id"],
        stand_id=line["stand_id"],
        at_ns=line["captured_at_ns"],
        width=line["width"],
        height=line["height"],
        faces=faces,
    )


def _play(line: Line) -> Played:
    return Played(
        play_id=line["play_id"],
        stand_id=line["stand_id"],
        start_ns=line["start_ns"],
        end_ns=line["end_ns"],
        completed=line["completed"],
        campaign_id=line["campaign_id"],
        creative_id=line["creative_id"],
    )


def presences_of(
    exposures: Iterable[Line],
    identities: Iterable[Line],
    cameras: Mapping[str, str],
) -> tuple[Presence, ...]:
    """Put parts together, and name visitors by the latest decisions.

    Of several tracks the first that has a decision names the visitor. `cameras` is by track.
    """
    decided: dict[str, Line] = {}
    # In order of time, so that the last one stays.
    for decision in sorted(identities, key=itemgetter("decided_at_ns")):
        decided[decision["track_id"]] = decision
    parts_of: dict[str, list[Line]] = defaultdict(list)
    for exposure in exposures:
        parts_of[exposure["presence_id"]].append(exposure)
    found = []
    for name, parts in parts_of.items():
        parts.sort(key=itemgetter("part"))
        presence = _presence(name, parts, decided, cameras)
        found.append(presence)
    found.sort(key=attrgetter("start_ns", "presence_id"))
    return tuple(found)


def _presence(
    name: str,
    parts: Sequence[Line],
    decided: Mapping[str, Line],
    cameras: Mapping[str, str],
) -> Presence:
    tracks: list[str] = []
    attention: list[Span] = []
    for part in parts:
        tracks.extend(part["track_ids"])
        attention.extend((start, end) for start, end in part["attention"])
    # Without a decision nobody compared the face, and the presence stands for a visitor of its own.
    unnamed = {"visitor_id": name, "visit_id": name}
    decision = _first(tracks, decided, unnamed)
    return Presence(
        presence_id=name,
        stand_id=parts[0]["stand_id"],
        camera_id=_first(tracks, cameras, ""),
        track_ids=frozenset(tracks),
        start_ns=min(part["start_ns"] for part in parts),
        end_ns=max(part["end_ns"] for part in parts),
        attention=tuple(union(attention)),
        visitor_id=decision["visitor_id"],
        visit_id=decision["visit_id"],
    )


def _first(
    tracks: Iterable[str],
    known: Mapping[str, Value],
    otherwise: Value,
) -> Value:
    """Return what is known of the first track of which anything is."""
    for track in tracks:
        if track in known:
            return known[track]
    return otherwise
