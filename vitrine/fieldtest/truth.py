"""What really happened: true people in true places, and what docs/metrics.md makes of them.

Shares no code with the services that are judged by it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from vitrine.fieldtest.spans import SECOND, Span, runs
from vitrine.mall import Mall, Zone

Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

BRIDGED_NS: Final = 2 * SECOND
GLANCE_NS: Final = SECOND // 4
UNSEEN_NS: Final = 600_000_000
WIDER_YAW: Final = 30
WIDER_PITCH: Final = 25
"""Degrees off the direction to the screen within which a glance goes on."""

View: TypeAlias = tuple[int, bool, bool]
"""When, whether the head is turned to the screen, and whether it still is once a glance has begun."""


@dataclass(frozen=True, slots=True)
class TruePerson:
    """Somebody in one frame."""

    person: str
    box: Box
    visible: bool
    """A face that a camera can see."""
    attending: bool
    """The head is turned to the screen."""
    lingering: bool
    """It is within the 5 degrees more that end a glance."""
    covered: bool = False
    """In the zone and in the picture, but mostly behind somebody: a face that may be found, or not."""

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
    unsure: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    """By person: when attention is not judged."""


def read_frames(path: Path) -> tuple[TrueFrame, ...]:
    """The truth that a synthetic source wrote, one JSON object a frame and camera."""
    with path.open(encoding="utf-8") as lines:
        return tuple(_frame(json.loads(line)) for line in lines)


def truth_of(frames: tuple[TrueFrame, ...], mall: Mall) -> Truth:
    """The frames with what docs/metrics.md makes of them."""
    return Truth(
        frames, presences_of(frames, {stand.id: stand.zone for stand in mall.stands})
    )


def _frame(line: Mapping[str, Any]) -> TrueFrame:
    people = (_person(person) for person in line["people"])
    decoys = (_box(box) for box in line.get("decoys", ()))
    place = {key: line[key] for key in ("camera_id", "stand_id", "width", "height")}
    return TrueFrame(
        **place,
        at_ns=line["captured_at_ns"],
        people=tuple(people),
        decoys=tuple(decoys),
    )


def _person(line: Mapping[str, Any]) -> TruePerson:
    attending = bool(line["attending"])
    lingering = (
        abs(line["screen_yaw"]) <= WIDER_YAW
        and abs(line["screen_pitch"]) <= WIDER_PITCH
    )
    return TruePerson(
        person=line["person"],
        box=_box(line["box"]),
        visible=line["visible"],
        attending=attending,
        lingering=attending or lingering,
        covered=line["present"] and not line["visible"],
    )


def _box(values: Sequence[float]) -> Box:
    x, y, width, height = values
    return x, y, width, height


def presences_of(
    frames: Iterable[TrueFrame], zones: Mapping[str, Zone]
) -> tuple[TruePresence, ...]:
    """Frames in the zone with gaps under 2 s, at least two of them; in order of their starts."""
    views: dict[tuple[str, str, str], list[View]] = defaultdict(list)
    for frame in frames:
        for person in frame.people:
            if person.at_the_stand(frame.height, zones[frame.stand_id]):
                key = frame.camera_id, frame.stand_id, person.person
                views[key].append((frame.at_ns, person.attending, person.lingering))
    found = []
    for key, seen in views.items():
        looks = {view[0]: view for view in sorted(seen)}
        for times in runs(list(looks), BRIDGED_NS):
            if len(times) >= 2:
                attention = glances([looks[at] for at in times])
                found.append(TruePresence(*key, times[0], times[-1], attention))
    return tuple(sorted(found, key=lambda p: (p.start_ns, p.camera_id, p.person)))


def glances(views: Sequence[View]) -> tuple[Span, ...]:
    """From the first to the last look of each glance.

    Turned away for less than 0.25 s does not end one, unseen for more than 0.6 s does; one shorter than
    0.25 s is none.
    """
    by_time = {view[0]: view for view in views}
    return tuple(
        span
        for times in runs(list(by_time), UNSEEN_NS + 1)
        for span in _glances([by_time[at] for at in times])
        if span[1] - span[0] >= GLANCE_NS
    )


def _glances(views: Sequence[View]) -> Iterable[Span]:
    """Those of views without a gap, of any length."""
    since = until = away = None
    for at_ns, turned, still in views:
        if turned or (since is not None and still):
            since = since or at_ns
            until = at_ns
            away = None
        elif since is not None and until is not None:
            away = away or at_ns
            if at_ns - away >= GLANCE_NS:
                yield since, until
                since = away = None
    if since is not None and until is not None:
        yield since, until
