"""Find out whose face each measured one is, and which measured presence is which true one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from vitrine.fieldtest.measured import Presence, SeenFrame
from vitrine.fieldtest.truth import (
    Box,
    TrueFrame,
    TruePerson,
    TruePresence,
)

# Chosen, not measured: a detector cuts faces its own way, and two neighbours overlap less.
SAME_FACE: Final = 0.2
"""Intersection over union from which two boxes show one face."""

# Chosen, not measured: stricter, since the face in front of it is near.
COVERED_FACE: Final = 0.5
"""The same for a face that is mostly covered."""

Kind = Literal["split", "static", "stranger"]
Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FrameMatch:
    """Hold what the faces of one frame of one camera are."""

    truth: TrueFrame
    people: Mapping[str, str]
    """Person to track."""
    static_faces: frozenset[str]
    """Tracks on posters."""
    strays: frozenset[str]
    """Tracks on nobody."""


@dataclass(frozen=True, slots=True)
class Extra:
    """Hold a measured presence that is no true one's own."""

    presence: Presence
    kind: Kind


@dataclass(frozen=True, slots=True)
class Matches:
    """Hold the matches of a whole run."""

    frames: tuple[FrameMatch, ...]
    pairs: tuple[tuple[TruePresence, Presence], ...]
    missed: tuple[TruePresence, ...]
    extras: tuple[Extra, ...]


def match(
    true_frames: Sequence[TrueFrame],
    true_presences: Sequence[TruePresence],
    seen: Sequence[SeenFrame],
    presences: Sequence[Presence],
) -> Matches:
    """Match faces frame by frame, then presences by the frames that they share."""
    frames = _match_frames(true_frames, seen)
    table, posters = _shared_frames(frames, true_presences, presences)
    static = posters > table.sum(axis=0)
    # One that was on a poster most of the time is nobody's, whoever stood before the poster.
    table[:, static] = 0
    taken = _assigned(table)
    pairs = []
    missed = []
    for row, true in enumerate(true_presences):
        if row in taken:
            pairs.append((true, presences[taken[row]]))
        else:
            missed.append(true)
    extras = []
    own = set(taken.values())
    for column, presence in enumerate(presences):
        if column in own:
            continue
        kind = _kind(static[column], table[:, column])
        extras.append(Extra(presence, kind))
    return Matches(
        frames,
        tuple(pairs),
        tuple(missed),
        tuple(extras),
    )


def _match_frames(
    true_frames: Iterable[TrueFrame],
    seen: Iterable[SeenFrame],
) -> tuple[FrameMatch, ...]:
    """Match the frames that were both recorded and analysed."""
    looks = _faces_by_frame(seen)
    frames = []
    for truth in true_frames:
        faces = looks.get((truth.camera_id, truth.at_ns))
        if faces is not None:
            frames.append(match_frame(truth, faces))
    return tuple(frames)


def _faces_by_frame(
    seen: Iterable[SeenFrame],
) -> dict[tuple[str, int], Mapping[str, Box]]:
    return {(frame.camera_id, frame.at_ns): frame.faces for frame in seen}


def _assigned(table: Counts) -> dict[int, int]:
    """Pair rows with columns so that their summed counts are the largest; pairs of 0 are none."""
    taken = {}
    # It finds the least sum, so counts are turned about.
    rows, columns = linear_sum_assignment(-table)
    for row, column in zip(rows, columns, strict=True):
        # As many pairs as there can be are made, also of those that share nothing.
        if table[row, column]:
            taken[int(row)] = int(column)
    return taken


def _kind(static: bool, shared: Counts) -> Kind:
    """Name a presence that is nobody's own by the frames that it shares with true ones."""
    if static:
        return "static"
    if shared.any():
        return "split"
    return "stranger"


def match_frame(truth: TrueFrame, faces: Mapping[str, Box]) -> FrameMatch:
    """Pair faces and people by the greatest overlap; what is left may lie on a static face."""
    people = _pairs(truth.people, faces)
    static = set()
    strays = set()
    # A person before a poster comes first, so people are paired before.
    left = faces.keys() - set(people.values())
    for track in left:
        if _on_any(truth.static_faces, faces[track]):
            static.add(track)
        else:
            strays.add(track)
    return FrameMatch(
        truth,
        people,
        frozenset(static),
        frozenset(strays),
    )


def _pairs(
    people: Sequence[TruePerson],
    faces: Mapping[str, Box],
) -> dict[str, str]:
    """Return the track of each person whose face was found."""
    tracks = list(faces)
    boxes = list(faces.values())
    overlaps = np.zeros((len(people), len(tracks)))
    for place, person in enumerate(people):
        overlaps[place] = [overlap(person.box, box) for box in boxes]
    pairs = {}
    rows, columns = linear_sum_assignment(-overlaps)
    for row, column in zip(rows, columns, strict=True):
        if overlaps[row, column] >= SAME_FACE:
            name = people[int(row)].person
            pairs[name] = tracks[column]
    return pairs


def _on_any(boxes: Iterable[Box], face: Box) -> bool:
    return any(overlap(box, face) >= SAME_FACE for box in boxes)


def settled(
    true_frames: Iterable[TrueFrame],
    seen: Iterable[SeenFrame],
) -> tuple[TrueFrame, ...]:
    """Return the truth without doubt: a covered face is visible exactly where it was found.

    It is no error to find half a face at its true place, and none to miss it.
    """
    looks = _faces_by_frame(seen)
    frames = []
    for frame in true_frames:
        key = frame.camera_id, frame.at_ns
        # In a frame that was not analysed nothing was found.
        faces = looks.get(key, {})
        frames.append(_settled(frame, faces))
    return tuple(frames)


def _settled(frame: TrueFrame, faces: Mapping[str, Box]) -> TrueFrame:
    # Most frames have nobody covered, and to match faces costs time.
    if not any(person.covered for person in frame.people):
        return frame
    found = match_frame(frame, faces).people
    people = []
    for person in frame.people:
        shown = person
        track = found.get(person.person)
        if person.covered and track is not None:
            same = overlap(person.box, faces[track]) >= COVERED_FACE
            shown = replace(person, visible=person.visible or same)
        people.append(shown)
    return replace(frame, people=tuple(people))


def overlap(one: Box, other: Box) -> float:
    """Return the intersection over union, 0 to 1."""
    x, y, width, height = one
    other_x, other_y, other_width, other_height = other
    left = max(x, other_x)
    top = max(y, other_y)
    right = min(x + width, other_x + other_width)
    lower = min(y + height, other_y + other_height)
    across = right - left
    down = lower - top
    # Boxes apart: a product of two lengths below 0 would be an area.
    if across <= 0 or down <= 0:
        return 0.0
    inside = across * down
    area = width * height
    other_area = other_width * other_height
    return inside / (area + other_area - inside)


def _shared_frames(
    frames: Sequence[FrameMatch],
    true_presences: Sequence[TruePresence],
    presences: Sequence[Presence],
) -> tuple[Counts, Counts]:
    """Count the frames that presences share.

    Returns (true, measured): frames in which a measured presence's face was the true one's person;
    and (measured,): frames in which it was a static face.
    """
    of_person = _by_person(true_presences)
    of_track = _by_track(presences)
    table = np.zeros((len(true_presences), len(presences)), np.int64)
    posters = np.zeros(len(presences), np.int64)
    for frame in frames:
        at_ns = frame.truth.at_ns
        camera = frame.truth.camera_id
        for person, track in frame.people.items():
            own = of_person[camera, person]
            rows = _holding(true_presences, own, at_ns)
            columns = _holding(presences, of_track[track], at_ns)
            shared = np.ix_(rows, columns)
            table[shared] += 1
        for track in frame.static_faces:
            columns = _holding(presences, of_track[track], at_ns)
            posters[columns] += 1
    return table, posters


def _by_person(
    true_presences: Sequence[TruePresence],
) -> defaultdict[tuple[str, str], list[int]]:
    """Return the places of presences in their list, by camera and person."""
    of_person = defaultdict(list)
    for row, true in enumerate(true_presences):
        key = true.camera_id, true.person
        of_person[key].append(row)
    return of_person


def _by_track(presences: Sequence[Presence]) -> defaultdict[str, list[int]]:
    """Return the places of presences in their list, by track."""
    of_track = defaultdict(list)
    for column, presence in enumerate(presences):
        for track in presence.track_ids:
            of_track[track].append(column)
    return of_track


def _holding(
    presences: Sequence[TruePresence] | Sequence[Presence],
    places: Iterable[int],
    at_ns: int,
) -> list[int]:
    """Return those of the places whose presence goes on at a time."""
    holding = []
    for place in places:
        presence = presences[place]
        if presence.start_ns <= at_ns <= presence.end_ns:
            holding.append(place)
    return holding
