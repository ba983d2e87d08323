"""Tell how faces were followed from frame to frame."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.fieldtest.matching import FrameMatch
from vitrine.fieldtest.spans import runs
from vitrine.fieldtest.truth import BRIDGED_NS, TruePresence
from vitrine.mall import Zone

# One frame on somebody else is a crossing that the next frame may undo. Chosen, not measured.
SETTLED: Final = 2
"""Frames in a row that a track must be on somebody, to be theirs."""
# Shorter losses are blinks of the detector. Chosen, not measured.
LOSS_S: Final = 0.5

Times = list[tuple[int, bool]]
"""Times in nanoseconds, each with a flag for a face that was found."""
Owners = list[tuple[int, str]]
"""Times in nanoseconds, each with a name."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Represent somebody in plain view who was not found for a while."""

    camera_id: str
    at_ns: int
    person: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Swap:
    """Represent a track that goes on with somebody else."""

    camera_id: str
    at_ns: int
    person: str
    other: str


@dataclass(frozen=True, slots=True)
class Following:
    """Hold how much of the visible faces in the zone was followed, and how."""

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
        """Return the share of the person-seconds that are found."""
        if not self.visible:
            return 0.0
        return self.found / self.visible

    @property
    def hole_share(self) -> float:
        """Return the share of the followed frames that are lost."""
        if not self.followed:
            return 0.0
        return self.lost / self.followed

    def fragments(self, presences: Sequence[TruePresence]) -> int:
        """Count the tracks of presences beyond the first of each."""
        extra = 0
        for presence in presences:
            key = presence.camera_id, presence.person
            names = set()
            for at_ns, track in self.tracks.get(key, ()):
                if presence.start_ns <= at_ns <= presence.end_ns:
                    names.add(track)
            extra += max(0, len(names) - 1)
        return extra


class _Sightings:
    """Gather who was seen with which track, in order of time."""

    def __init__(self, zones: Mapping[str, Zone]) -> None:
        self._zones = zones
        self.views: dict[tuple[str, str], Times] = defaultdict(list)
        """By camera and person, while the person is in the zone."""
        self.tracks: dict[tuple[str, str], Owners] = defaultdict(list)
        """By camera and person: the tracks."""
        self.owners: dict[tuple[str, str], Owners] = defaultdict(list)
        """By camera and track: the people."""

    def add(self, frame: FrameMatch) -> None:
        """Add one camera's frame."""
        truth = frame.truth
        camera = truth.camera_id
        at_ns = truth.at_ns
        zone = self._zones[truth.stand_id]
        for person in truth.people:
            if not person.at_the_stand(truth.height, zone):
                continue
            found = person.person in frame.people
            key = camera, person.person
            self.views[key].append((at_ns, found))
        # Outside the zone too: a track that changes hands there is wrong as well.
        for name, track in frame.people.items():
            self.tracks[camera, name].append((at_ns, track))
            self.owners[camera, track].append((at_ns, name))


def follow(frames: Sequence[FrameMatch], zones: Mapping[str, Zone]) -> Following:
    """Look at each camera's frames in order."""
    sightings = _Sightings(zones)
    # Holes and changes of a track are told by the order in time.
    for frame in sorted(frames, key=lambda frame: frame.truth.at_ns):
        sightings.add(frame)
    steps = _steps(frames)
    visible_s = 0.0
    found_s = 0.0
    followed = 0
    lost = 0
    losses: list[Loss] = []
    for (camera, person), views in sightings.views.items():
        # A view stands for the time until the next frame.
        step_s = steps[camera]
        found_views = sum(found for _, found in views)
        visible_s += step_s * len(views)
        found_s += step_s * found_views
        losses += _losses(
            camera,
            person,
            views,
            step_s,
        )
        for stay in _stays(views):
            inner = _inner(stay)
            followed += len(inner)
            lost += inner.count(False)
    swaps: list[Swap] = []
    for (camera, _), owners in sightings.owners.items():
        swaps += _swaps(camera, owners)
    return Following(
        visible=visible_s,
        found=found_s,
        followed=followed,
        lost=lost,
        losses=tuple(losses),
        swaps=tuple(swaps),
        tracks=sightings.tracks,
    )


def _steps(frames: Sequence[FrameMatch]) -> dict[str, float]:
    """Return the seconds between each camera's frames, the median of them."""
    times: dict[str, list[int]] = defaultdict(list)
    for frame in frames:
        times[frame.truth.camera_id].append(frame.truth.at_ns)
    steps = {}
    for camera, own in times.items():
        own.sort()
        gaps = sorted(later - at_ns for at_ns, later in pairwise(own))
        steps[camera] = 0.0
        if gaps:
            # The mean would count the nights between days.
            median_ns = gaps[len(gaps) // 2]
            steps[camera] = median_ns / SECOND_NS
    return steps


def _stays(views: Times) -> list[list[bool]]:
    """Part the views as presences are parted; return their flags."""
    found = dict(views)
    stays = []
    for times in runs(list(found), BRIDGED_NS):
        flags = [found[at_ns] for at_ns in times]
        stays.append(flags)
    return stays


def _inner(stay: list[bool]) -> list[bool]:
    """Return the flags from the first to the last frame with a face; none without a face."""
    if not any(stay):
        return []
    # Before the first face nobody was followed yet, after the last nobody is any more.
    first = stay.index(True)
    backwards = stay[::-1]
    after_last = len(stay) - backwards.index(True)
    return stay[first:after_last]


def _losses(
    camera: str,
    person: str,
    views: Times,
    step_s: float,
) -> list[Loss]:
    """Return the stretches of at least half a second without a face."""
    losses = []
    for found, group in groupby(views, key=itemgetter(1)):
        times = [at_ns for at_ns, _ in group]
        length_s = len(times) * step_s
        if found or length_s < LOSS_S:
            continue
        middle = times[len(times) // 2]
        loss = Loss(
            camera_id=camera,
            at_ns=middle,
            person=person,
            seconds=round(length_s, 2),
        )
        losses.append(loss)
    return losses


def _swaps(camera: str, owners: Owners) -> list[Swap]:
    """Return the changes of one track from one person to another, each settled."""
    spells = []
    for name, group in groupby(owners, key=itemgetter(1)):
        times = [at_ns for at_ns, _ in group]
        if len(times) >= SETTLED:
            spell = times[0], name
            spells.append(spell)
    swaps = []
    for (_, before), (at_ns, now) in pairwise(spells):
        # The same person again: only a spell too short for a swap was between.
        if now == before:
            continue
        swap = Swap(
            camera_id=camera,
            at_ns=at_ns,
            person=before,
            other=now,
        )
        swaps.append(swap)
    return swaps
