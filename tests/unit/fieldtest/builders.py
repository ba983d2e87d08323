"""Make small runs beside their truth; seconds after T0_NS, everybody at the camera `north-1`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.builders import at, make_mall
from vitrine.fieldtest.case import Case
from vitrine.fieldtest.measured import Measured, Played, Presence, SeenFrame, Totals
from vitrine.fieldtest.scenarios import Tolerances
from vitrine.fieldtest.truth import Box, TrueFrame, TruePerson, Truth, presences_of
from vitrine.mall import Stand

WIDTH = 640
HEIGHT = 360
STEP_S = 0.1
Seconds = Sequence[tuple[float, float]]


def place(person: str, size: float = 80.0) -> Box:
    """Return a face's box; people with other first letters stand somewhere else."""
    column = ord(person[0]) - ord("a")
    return 100.0 * column, 100.0, 0.8 * size, size


def times(start: float, end: float) -> list[float]:
    """Return the times of the frames of a stretch, both ends included."""
    first = round(start / STEP_S)
    last = round(end / STEP_S)
    return [round(STEP_S * n, 3) for n in range(first, last + 1)]


def inside(t: float, spans: Seconds) -> bool:
    """Tell if a time lies in one of the stretches, but for rounding."""
    return any(start - 1e-6 <= t <= end + 1e-6 for start, end in spans)


def make_truth(
    present: Mapping[str, Seconds],
    attending: Mapping[str, Seconds] | None = None,
    *,
    length: float = 20.0,
    static_faces: Sequence[Box] = (),
    **fields: Any,
) -> Truth:
    """Make frames ten times a second, and the presences in them.

    Somebody named `a…` stands at the place of `a`.
    """
    frames = []
    for t in times(0, length):
        here = [name for name, spans in present.items() if inside(t, spans)]
        people = []
        for name in here:
            looking = inside(t, (attending or {}).get(name, ()))
            people.append(make_person(name, looking=looking))
        frame = TrueFrame(
            camera_id="north-1",
            stand_id="north",
            at_ns=at(t),
            width=WIDTH,
            height=HEIGHT,
            people=tuple(people),
            static_faces=tuple(static_faces),
        )
        frames.append(frame)
    zones = {"north": Stand(id="north").zone}
    return Truth(
        frames=tuple(frames),
        presences=presences_of(frames, zones),
        **fields,
    )


def make_person(name: str, *, looking: bool) -> TruePerson:
    """Make somebody whose face is seen."""
    return TruePerson(
        person=name,
        box=place(name),
        visible=True,
        attending=looking,
        lingering=looking,
    )


def make_presence(
    name: str,
    start: float,
    end: float,
    *,
    attention: Seconds = (),
    tracks: Iterable[str] | None = None,
    visitor: str | None = None,
) -> Presence:
    """Make a measured presence of a track of the same name."""
    return Presence(
        presence_id=name,
        stand_id="north",
        camera_id="north-1",
        track_ids=frozenset(tracks or {name}),
        start_ns=at(start),
        end_ns=at(end),
        attention=tuple((at(a), at(b)) for a, b in attention),
        visitor_id=visitor or name,
        visit_id=visitor or name,
    )


def make_seen(
    faces: Mapping[str, tuple[Box, Seconds]], *, length: float = 20.0
) -> tuple[SeenFrame, ...]:
    """Make frames with faces by track: their places, and when they are there."""
    frames = []
    for t in times(0, length):
        here = {}
        for track, (box, spans) in faces.items():
            if inside(t, spans):
                here[track] = box
        frame = SeenFrame(
            camera_id="north-1",
            stand_id="north",
            at_ns=at(t),
            width=WIDTH,
            height=HEIGHT,
            faces=here,
        )
        frames.append(frame)
    return tuple(frames)


def make_play(
    name: str,
    start: float,
    end: float,
    **fields: Any,
) -> Played:
    """Make a play that ran to its end."""
    values: dict[str, Any] = {
        "completed": True,
        "campaign_id": "spring",
        "creative_id": "shoe",
    }
    values |= fields
    return Played(name, "north", at(start), at(end), **values)


NOTHING = Totals(
    plays=0,
    ots=0,
    watchers=0,
    dwell_s=0.0,
    attention_s=0.0,
    reach=0,
)


def make_case(
    truth: Truth,
    faces: Mapping[str, tuple[Box, Seconds]] | None = None,
    presences: Sequence[Presence] = (),
    *,
    plays: Sequence[Played] = (),
    journal: Sequence[Played] | None = None,
    totals: Totals = NOTHING,
    recognition: str = "none",
    reactions: str = "off",
    tolerances: Tolerances | None = None,
) -> Case:
    """Make a run in which all this was measured; the journal holds the plays unless given."""
    if journal is None:
        journal = plays
    measured = Measured(
        frames=make_seen(faces or {}),
        presences=tuple(presences),
        plays=tuple(plays),
        journal=tuple(journal),
        totals=totals,
    )
    stand = {"id": "north", "recognition": recognition, "reactions": reactions}
    return Case(
        truth=truth,
        measured=measured,
        mall=make_mall(Stand.model_validate(stand)),
        tolerances=tolerances or Tolerances(),
    )
