"""What really happened: true people in true places, and what docs/metrics.md makes of them.

Shares no code with the services that are judged by it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from services.fieldtest.spans import SECOND, Span, runs
from vitrine.mall import Mall, Zone

Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

BRIDGED_NS: Final = 2 * SECOND
GLANCE_NS: Final = SECOND // 4
UNSEEN_NS: Final = 600_000_000


@dataclass(frozen=True, slots=True)
class TruePerson:
    """Somebody in one frame."""

    person: str
    box: Box
    visible: bool
    """A face that a camera can see."""
    attending: bool
    """The head is turned to the screen."""

    def at_the_stand(self, height: int, zone: Zone) -> bool:
        """Whether the face is seen, and of the size that the zone asks for in a picture of that height."""
        return self.visible and zone.min_face <= self.box[3] / height <= zone.max_face


@dataclass(frozen=True, slots=True)
class TrueFrame:
    """Everybody whom one camera had in front of it."""

    camera_id: str
    stand_id: str
    at_ns: int
    width: int
    height: int
    people: tuple[TruePerson, ...]
    decoys: tuple[Box, ...] = ()
    """Printed faces."""


@dataclass(frozen=True, slots=True)
class TruePresence:
    """One person in the zone of one camera, with gaps under 2 s."""

    camera_id: str
    stand_id: str
    person: str
    start_ns: int
    end_ns: int
    attention: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """Dwell."""
        return (self.end_ns - self.start_ns) / SECOND


@dataclass(frozen=True, slots=True)
class Truth:
    """A whole run."""

    frames: tuple[TrueFrame, ...]
    presences: tuple[TruePresence, ...]
    complete: bool = True
    """Everybody is in it; otherwise what else was found cannot be judged."""
    slack_s: float = 0.0
    """How far its own times may be off: hand labels."""


def read_truth(path: Path, mall: Mall) -> Truth:
    """The truth that a synthetic source wrote, one JSON object a frame and camera."""
    with path.open(encoding="utf-8") as lines:
        frames = tuple(_frame(json.loads(line)) for line in lines)
    return Truth(frames, presences_of(frames, {stand.id: stand.zone for stand in mall.stands}))


def _frame(line: Mapping[str, Any]) -> TrueFrame:
    people = (TruePerson(p["person"], _box(p["box"]), p["visible"], p["attending"]) for p in line["people"])
    decoys = (_box(box) for box in line.get("decoys", ()))
    place = {key: line[key] for key in ("camera_id", "stand_id", "width", "height")}
    return TrueFrame(**place, at_ns=line["captured_at_ns"], people=tuple(people), decoys=tuple(decoys))


def _box(values: Sequence[float]) -> Box:
    x, y, width, height = values
    return x, y, width, height


def presences_of(frames: Iterable[TrueFrame], zones: Mapping[str, Zone]) -> tuple[TruePresence, ...]:
    """Frames in the zone with gaps under 2 s, at least two of them; in order of their starts."""
    views: dict[tuple[str, str, str], list[tuple[int, bool]]] = defaultdict(list)
    for frame in frames:
        for person in frame.people:
            if person.at_the_stand(frame.height, zones[frame.stand_id]):
                key = frame.camera_id, frame.stand_id, person.person
                views[key].append((frame.at_ns, person.attending))
    found = []
    for key, seen in views.items():
        looks = dict(sorted(seen))
        for times in runs(list(looks), BRIDGED_NS):
            if len(times) >= 2:
                attention = glances([(at, looks[at]) for at in times])
                found.append(TruePresence(*key, times[0], times[-1], attention))
    return tuple(sorted(found, key=lambda p: (p.start_ns, p.camera_id, p.person)))


def glances(views: Sequence[tuple[int, bool]]) -> tuple[Span, ...]:
    """Glances of views (time, turned to the screen).

    Turned away for less than 0.25 s does not end one, unseen for more than 0.6 s does; one shorter than
    0.25 s is none. The 5 degrees by which a glance widens the cone need poses, so they are left out.
    """
    looks = dict(views)
    found: list[Span] = []
    for times in runs([at for at, _ in views], UNSEEN_NS + 1):
        spells: list[tuple[bool, int, int]] = []
        for at_ns in times:
            if spells and spells[-1][0] == looks[at_ns]:
                spells[-1] = looks[at_ns], spells[-1][1], at_ns
            else:
                spells.append((looks[at_ns], at_ns, at_ns))
        found += _joined(spells)
    return tuple(found)


def _joined(spells: Sequence[tuple[bool, int, int]]) -> Iterable[Span]:
    """Spells of looking, over short excursions; the long enough ones."""
    since: int | None = None
    until = 0
    for looking, first, last in [*spells, (False, 0, GLANCE_NS)]:
        if looking:
            since, until = first if since is None else since, last
        elif since is not None and last - first >= GLANCE_NS:
            if until - since >= GLANCE_NS:
                yield since, until
            since = None
