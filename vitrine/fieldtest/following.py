"""How faces were followed from frame to frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Final

from vitrine.fieldtest.matching import FrameMatch
from vitrine.fieldtest.spans import SECOND, runs
from vitrine.fieldtest.truth import BRIDGED_NS, TruePresence
from vitrine.mall import Zone

SETTLED: Final = 2
"""Frames in a row that a track must be on somebody, to be theirs."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Somebody in plain view, and not found for a while."""

    camera_id: str
    at_ns: int
    person: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Swap:
    """A track that goes on with somebody else."""

    camera_id: str
    at_ns: int
    person: str
    other: str


@dataclass(frozen=True, slots=True)
class Following:
    """What of the visible faces in the zone was followed, and how."""

    visible: float
    """Person-seconds."""
    found: float
    followed: int
    """Frames of people from the first to the last found face of each of their stays."""
    lost: int
    """Of these, the ones without their face though it was visible."""
    losses: tuple[Loss, ...]
    swaps: tuple[Swap, ...]
    tracks: Mapping[tuple[str, str], Sequence[tuple[int, str]]]
    """(camera, person) to times and tracks."""

    @property
    def recall(self) -> float:
        """Share of the person-seconds that are found."""
        return self.found / self.visible if self.visible else 0.0

    @property
    def hole_share(self) -> float:
        """Share of the followed frames that are lost."""
        return self.lost / self.followed if self.followed else 0.0

    def fragments(self, presences: Sequence[TruePresence]) -> int:
        """Tracks of presences beyond the first of each."""
        extra = 0
        for p in presences:
            own = self.tracks.get((p.camera_id, p.person), ())
            names = {track for at_ns, track in own if p.start_ns <= at_ns <= p.end_ns}
            extra += max(0, len(names) - 1)
        return extra


def follow(frames: Sequence[FrameMatch], zones: Mapping[str, Zone]) -> Following:
    """Look at each camera's frames in order."""
    steps = _steps(frames)
    views: dict[tuple[str, str], list[tuple[int, bool]]] = defaultdict(list)
    tracks: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    owners: dict[str, list[tuple[int, str]]] = defaultdict(list)
    cameras: dict[str, str] = {}
    for frame in sorted(frames, key=lambda f: f.truth.at_ns):
        truth = frame.truth
        for person in truth.people:
            if person.at_the_stand(truth.height, zones[truth.stand_id]):
                key = truth.camera_id, person.person
                views[key].append((truth.at_ns, person.person in frame.people))
        for name, track in frame.people.items():
            tracks[truth.camera_id, name].append((truth.at_ns, track))
            owners[track].append((truth.at_ns, name))
            cameras[track] = truth.camera_id
    counts = {
        key: (len(seen), sum(found for _, found in seen)) for key, seen in views.items()
    }
    holes = [_holes(stay) for seen in views.values() for stay in _stays(seen)]
    return Following(
        visible=sum(
            steps[camera] * count for (camera, _), (count, _) in counts.items()
        ),
        found=sum(steps[camera] * count for (camera, _), (_, count) in counts.items()),
        followed=sum(count for count, _ in holes),
        lost=sum(lost for _, lost in holes),
        losses=tuple(
            loss
            for key, seen in views.items()
            for loss in _losses(*key, seen, steps[key[0]])
        ),
        swaps=tuple(
            swap
            for track, own in owners.items()
            for swap in _swaps(cameras[track], own)
        ),
        tracks=tracks,
    )


def _steps(frames: Sequence[FrameMatch]) -> dict[str, float]:
    """Seconds between a camera's frames."""
    times: dict[str, list[int]] = defaultdict(list)
    for frame in frames:
        times[frame.truth.camera_id].append(frame.truth.at_ns)
    steps = {}
    for camera, own in times.items():
        gaps = sorted(b - a for a, b in pairwise(sorted(own)))
        steps[camera] = gaps[len(gaps) // 2] / SECOND if gaps else 0.0
    return steps


def _stays(views: Sequence[tuple[int, bool]]) -> list[list[tuple[int, bool]]]:
    found = dict(views)
    return [
        [(at, found[at]) for at in run]
        for run in runs([at for at, _ in views], BRIDGED_NS)
    ]


def _holes(stay: Sequence[tuple[int, bool]]) -> tuple[int, int]:
    """Frames from the first to the last found one, and how many of them are not."""
    flags = [found for _, found in stay]
    if not any(flags):
        return 0, 0
    inner = flags[flags.index(True) : len(flags) - flags[::-1].index(True)]
    return len(inner), inner.count(False)


def _losses(
    camera: str, person: str, views: Sequence[tuple[int, bool]], step_s: float
) -> list[Loss]:
    """Stretches of at least half a second."""
    losses = []
    for found, group in groupby(views, key=itemgetter(1)):
        times = [at for at, _ in group]
        length = len(times) * step_s
        if not found and length >= 0.5:
            losses.append(
                Loss(camera, times[len(times) // 2], person, round(length, 2))
            )
    return losses


def _swaps(camera: str, owners: Sequence[tuple[int, str]]) -> list[Swap]:
    spells = []
    for name, group in groupby(owners, key=itemgetter(1)):
        times = [at for at, _ in group]
        if len(times) >= SETTLED:
            spells.append((times[0], name))
    return [
        Swap(camera, at, before, now)
        for (_, before), (at, now) in pairwise(spells)
        if now != before
    ]
