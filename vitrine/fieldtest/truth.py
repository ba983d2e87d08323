"""Tell what really happened: true people in true places, and what docs/metrics.md makes of them.

Shares no code with the services that are judged by it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any, Final, TypeAlias

from vitrine.clock import SECOND_NS
from vitrine.fieldtest.spans import Span, runs
from vitrine.mall import Mall, Zone

Box: TypeAlias = tuple[float, float, float, float]
"""x, y, width, height in pixels."""

# The five limits are those of docs/metrics.md, written down again: the service is judged here.
BRIDGED_NS: Final = 2 * SECOND_NS
GLANCE_NS: Final = SECOND_NS // 4
UNSEEN_NS: Final = 600_000_000
HALF_A_SMILE: Final = 1.5
"""Strength of a scripted smile (`BROAD` of the synthetic mall) that is half there."""
WIDER_YAW: Final = 30
WIDER_PITCH: Final = 25
"""Degrees off the direction to the screen within which a glance goes on."""

View: TypeAlias = tuple[int, bool, bool]
"""Time, if the head is turned to the screen, and if it still is once a glance has begun."""


@dataclass(frozen=True, slots=True)
class TruePerson:
    """Represent somebody in one frame."""

    person: str
    box: Box
    visible: bool
    """A face that a camera can see."""
    attending: bool
    """The head is turned to the screen."""
    lingering: bool
    """It is within the 5 degrees more that end a glance."""
    smiling: bool = False
    """A broad smile, as the script of `reactions` has them, is at least half there."""
    covered: bool = False
    """In the zone and the picture, but mostly behind somebody: a face that may be found, or not."""

    def at_the_stand(self, height: int, zone: Zone) -> bool:
        """Tell if the face is seen, and of the zone's size in a picture of that height."""
        if not self.visible:
            return False
        share = self.box[3] / height
        return zone.min_face <= share <= zone.max_face


@dataclass(frozen=True, slots=True)
class TrueFrame:
    """Hold everybody whom one camera had in front of it."""

    camera_id: str
    stand_id: str
    at_ns: int
    width: int
    height: int
    people: tuple[TruePerson, ...]
    static_faces: tuple[Box, ...] = ()
    """Faces on posters."""


@dataclass(frozen=True, slots=True)
class TruePresence:
    """Represent one person in the zone of one camera, with gaps under 2 s."""

    camera_id: str
    stand_id: str
    person: str
    start_ns: int
    end_ns: int
    attention: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """Return the dwell."""
        return (self.end_ns - self.start_ns) / SECOND_NS


@dataclass(frozen=True, slots=True)
class Truth:
    """Hold the truth about a whole run."""

    frames: tuple[TrueFrame, ...]
    presences: tuple[TruePresence, ...]
    complete: bool = True
    """Everybody is in it; otherwise what else was found cannot be judged."""
    slack_s: float = 0.0
    """How far its own times may be off: hand labels."""
    unsure: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    """By person: when attention is not judged."""


def read_frames(path: Path) -> tuple[TrueFrame, ...]:
    """Read the truth that a synthetic source wrote, one JSON object a frame and camera."""
    frames = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            frame = _frame(json.loads(line))
            frames.append(frame)
    return tuple(frames)


def truth_of(frames: tuple[TrueFrame, ...], mall: Mall) -> Truth:
    """Return the frames with what docs/metrics.md makes of them."""
    zones = {stand.id: stand.zone for stand in mall.stands}
    presences = presences_of(frames, zones)
    return Truth(frames, presences)


def _frame(line: Mapping[str, Any]) -> TrueFrame:
    return TrueFrame(
        camera_id=line["camera_id"],
        stand_id=line["stand_id"],
        at_ns=line["captured_at_ns"],
        width=line["width"],
        height=line["height"],
        people=tuple(map(_person, line["people"])),
        static_faces=tuple(map(_box, line.get("static_faces", ()))),
    )


def _person(line: Mapping[str, Any]) -> TruePerson:
    attending = bool(line["attending"])
    visible = line["visible"]
    yaw = abs(line["screen_yaw"])
    pitch = abs(line["screen_pitch"])
    near = yaw <= WIDER_YAW and pitch <= WIDER_PITCH
    return TruePerson(
        person=line["person"],
        box=_box(line["box"]),
        visible=visible,
        attending=attending,
        lingering=attending or near,
        smiling=line.get("smile", 0.0) >= HALF_A_SMILE,
        covered=line["present"] and not visible,
    )


def _box(values: Sequence[float]) -> Box:
    x, y, width, height = values
    return x, y, width, height


def presences_of(
    frames: Iterable[TrueFrame],
    zones: Mapping[str, Zone],
) -> tuple[TruePresence, ...]:
    """Join frames in the zone with gaps under 2 s, at least two; ordered by their starts."""
    found = []
    for key, views in _views(frames, zones).items():
        by_time = {view[0]: view for view in sorted(views)}
        for times in runs(list(by_time), BRIDGED_NS):
            # One frame has no length, so nobody was there for any time.
            if len(times) < 2:
                continue
            presence = TruePresence(
                *key,
                start_ns=times[0],
                end_ns=times[-1],
                attention=glances([by_time[at_ns] for at_ns in times]),
            )
            found.append(presence)
    found.sort(key=attrgetter("start_ns", "camera_id", "person"))
    return tuple(found)


def _views(
    frames: Iterable[TrueFrame],
    zones: Mapping[str, Zone],
) -> dict[tuple[str, str, str], list[View]]:
    """Gather the views of people in the zone, by camera, stand and person."""
    views: dict[tuple[str, str, str], list[View]] = defaultdict(list)
    for frame in frames:
        zone = zones[frame.stand_id]
        for person in frame.people:
            if not person.at_the_stand(frame.height, zone):
                continue
            key = frame.camera_id, frame.stand_id, person.person
            view = frame.at_ns, person.attending, person.lingering
            views[key].append(view)
    return views


def glances(views: Sequence[View]) -> tuple[Span, ...]:
    """Return the time from the first to the last look of each glance.

    Turned away for less than 0.25 s does not end one, unseen for more than 0.6 s does; one shorter
    than 0.25 s is none.
    """
    by_time = {view[0]: view for view in views}
    found = []
    # `runs` parts at its gap and longer ones; exactly UNSEEN_NS does not end a glance yet.
    for times in runs(list(by_time), UNSEEN_NS + 1):
        unbroken = [by_time[at_ns] for at_ns in times]
        for start, end in _glances(unbroken):
            if end - start >= GLANCE_NS:
                found.append((start, end))
    return tuple(found)


def _glances(views: Sequence[View]) -> Iterator[Span]:
    """Yield the glances of views without a gap, of any length."""
    glance: Span | None = None
    away_ns: int | None = None
    for at_ns, turned, still in views:
        if glance is None:
            if turned:
                glance = at_ns, at_ns
            continue
        if turned or still:
            glance = glance[0], at_ns
            away_ns = None
            continue
        if away_ns is None:
            away_ns = at_ns
        # It ended with the last look, not here.
        if at_ns - away_ns >= GLANCE_NS:
            yield glance
            glance = None
            away_ns = None
    if glance is not None:
        yield glance
