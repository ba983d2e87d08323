"""Which face is whom, and which measured presence is which true one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from vitrine.fieldtest.measured import Presence, SeenFrame
from vitrine.fieldtest.truth import Box, TrueFrame, TruePresence

SAME_FACE: Final = 0.2
"""Intersection over union from which two boxes show one face; a detector cuts faces its own way."""

COVERED_FACE: Final = 0.5
"""The same for a face that is mostly covered: the one in front of it is near."""

Kind = Literal["split", "poster", "stranger"]


@dataclass(frozen=True, slots=True)
class FrameMatch:
    """One frame of one camera."""

    truth: TrueFrame
    people: Mapping[str, str]
    """Person to track."""
    decoys: frozenset[str]
    """Tracks on printed faces."""
    strays: frozenset[str]
    """Tracks on nobody."""


@dataclass(frozen=True, slots=True)
class Extra:
    """A measured presence that is no true one's own."""

    presence: Presence
    kind: Kind


@dataclass(frozen=True, slots=True)
class Matches:
    """The whole run."""

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
    """Faces frame by frame, then presences by the frames that they share."""
    looks = {(frame.camera_id, frame.at_ns): frame.faces for frame in seen}
    frames = tuple(
        match_frame(frame, looks[frame.camera_id, frame.at_ns])
        for frame in true_frames
        if (frame.camera_id, frame.at_ns) in looks
    )
    table, decoys = _shared_frames(frames, true_presences, presences)
    posters = decoys > table.sum(axis=0)
    table[:, posters] = 0
    rows, columns = linear_sum_assignment(-table)
    taken = {int(i): int(j) for i, j in zip(rows, columns, strict=True) if table[i, j]}
    extras = [
        Extra(
            presence,
            "poster" if posters[j] else "split" if table[:, j].any() else "stranger",
        )
        for j, presence in enumerate(presences)
        if j not in taken.values()
    ]
    return Matches(
        frames,
        tuple((true_presences[i], presences[j]) for i, j in sorted(taken.items())),
        tuple(p for i, p in enumerate(true_presences) if i not in taken),
        tuple(extras),
    )


def match_frame(truth: TrueFrame, faces: Mapping[str, Box]) -> FrameMatch:
    """Faces and people in pairs of the greatest overlap; what is left may lie on a printed face."""
    tracks = list(faces)
    overlaps = np.array(
        [[overlap(p.box, faces[t]) for t in tracks] for p in truth.people]
    )
    people: dict[str, str] = {}
    if overlaps.size:
        for i, j in zip(*linear_sum_assignment(-overlaps), strict=True):
            if overlaps[i, j] >= SAME_FACE:
                people[truth.people[i].person] = tracks[j]
    rest = [track for track in tracks if track not in people.values()]
    decoys = {
        t
        for t in rest
        if any(overlap(decoy, faces[t]) >= SAME_FACE for decoy in truth.decoys)
    }
    return FrameMatch(truth, people, frozenset(decoys), frozenset(rest) - decoys)


def settled(
    true_frames: Iterable[TrueFrame], seen: Iterable[SeenFrame]
) -> tuple[TrueFrame, ...]:
    """The truth without its doubtful frames: a covered face counts as visible exactly where it was found.

    It is no error to find half a face at its true place, and none to miss it.
    """
    looks = {(frame.camera_id, frame.at_ns): frame.faces for frame in seen}
    return tuple(
        _settled(frame, looks.get((frame.camera_id, frame.at_ns), {}))
        for frame in true_frames
    )


def _settled(frame: TrueFrame, faces: Mapping[str, Box]) -> TrueFrame:
    if not any(person.covered for person in frame.people):
        return frame
    found = match_frame(frame, faces).people
    people = tuple(
        replace(p, visible=True)
        if p.covered
        and p.person in found
        and overlap(p.box, faces[found[p.person]]) >= COVERED_FACE
        else p
        for p in frame.people
    )
    return replace(frame, people=people)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if across <= 0 or down <= 0:
        return 0.0
    inside = across * down
    return inside / (one[2] * one[3] + other[2] * other[3] - inside)


def _shared_frames(
    frames: Sequence[FrameMatch],
    true_presences: Sequence[TruePresence],
    presences: Sequence[Presence],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """In how many frames a measured presence's face was the true one's person (true, measured), and in how
    many it was a printed face (measured)."""
    of_person: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, true in enumerate(true_presences):
        of_person[true.camera_id, true.person].append(i)
    of_track: dict[str, list[int]] = defaultdict(list)
    for j, presence in enumerate(presences):
        for track in presence.track_ids:
            of_track[track].append(j)
    table = np.zeros((len(true_presences), len(presences)), np.int64)
    decoys = np.zeros(len(presences), np.int64)
    for frame in frames:
        at_ns = frame.truth.at_ns
        camera = frame.truth.camera_id
        for person, track in frame.people.items():
            trues = [
                i for i in of_person[camera, person] if _holds(true_presences[i], at_ns)
            ]
            mine = [j for j in of_track[track] if _holds(presences[j], at_ns)]
            table[np.ix_(trues, mine)] += 1
        for track in frame.decoys:
            decoys[[j for j in of_track[track] if _holds(presences[j], at_ns)]] += 1
    return table, decoys


def _holds(presence: TruePresence | Presence, at_ns: int) -> bool:
    return presence.start_ns <= at_ns <= presence.end_ns
