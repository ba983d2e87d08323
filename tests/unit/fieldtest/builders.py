"""Small runs beside their truth; seconds after T0_NS, everybody at the camera `north-1`."""

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
    """Everybody stands somewhere else."""
    return 100.0 * (ord(person[0]) - ord("a")), 100.0, 0.8 * size, size


def times(start: float, end: float) -> list[float]:
    """The frames of a stretch, both ends included."""
    return [
        round(STEP_S * n, 3)
        for n in range(round(start / STEP_S), round(end / STEP_S) + 1)
    ]


def inside(t: float, spans: Seconds) -> bool:
    return any(start - 1e-6 <= t <= end + 1e-6 for start, end in spans)


def make_truth(
    present: Mapping[str, Seconds],
    attending: Mapping[str, Seconds] | None = None,
    *,
    length: float = 20.0,
    static_faces: Sequence[Box] = (),
    **fields: Any,
) -> Truth:
    """Frames ten times a second, and the presences in them. Who is named `a…` stands at the place of `a`."""
    looks = attending or {}
    frames = tuple(
        TrueFrame(
            "north-1",
            "north",
            at(t),
            WIDTH,
            HEIGHT,
            tuple(
                TruePerson(
                    name,
                    place(name),
                    visible=True,
                    attending=looking,
                    lingering=looking,
                )
                for name, spans in present.items()
                if inside(t, spans)
                for looking in [inside(t, looks.get(name, ()))]
            ),
            tuple(static_faces),
        )
        for t in times(0, length)
    )
    return Truth(
        frames, presences_of(frames, {"north": Stand(id="north").zone}), **fields
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
    """A measured presence of a track of the same name."""
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
    """Faces by track: where, and when."""
    return tuple(
        SeenFrame(
            "north-1",
            "north",
            at(t),
            WIDTH,
            HEIGHT,
            {track: box for track, (box, spans) in faces.items() if inside(t, spans)},
        )
        for t in times(0, length)
    )


def make_play(name: str, start: float, end: float, **fields: Any) -> Played:
    values: dict[str, Any] = {
        "completed": True,
        "campaign_id": "spring",
        "creative_id": "shoe",
    }
    return Played(name, "north", at(start), at(end), **values | fields)


NOTHING = Totals(plays=0, ots=0, watchers=0, dwell_s=0.0, attention_s=0.0, reach=0)


def make_case(
    truth: Truth,
    faces: Mapping[str, tuple[Box, Seconds]] | None = None,
    presences: Sequence[Presence] = (),
    *,
    plays: Sequence[Played] = (),
    journal: Sequence[Played] | None = None,
    totals: Totals = NOTHING,
    recognition: str = "none",
    tolerances: Tolerances | None = None,
) -> Case:
    """A run in which all this was measured; the journal holds the plays unless given."""
    measured = Measured(
        make_seen(faces or {}),
        tuple(presences),
        tuple(plays),
        tuple(plays if journal is None else journal),
        totals,
    )
    mall = make_mall(Stand.model_validate({"id": "north", "recognition": recognition}))
    return Case(truth, measured, mall, tolerances or Tolerances())
