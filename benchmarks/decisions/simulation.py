"""Run the director of one stand over simulated days, and keep what it decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from benchmarks.decisions.scenario import (
    DAY_NS,
    FIRST_DAY,
    OPEN_NS,
    OPENS_NS,
    Visit,
    snapshot,
    visits,
)
from vitrine.clock import SECOND_NS, Moment
from vitrine.mall import Campaign, Creative, Mall, Stand
from vitrine.programme.commands import Command
from vitrine.programme.director import Director, Player
from vitrine.programme.screen import LEAD_NS, PlannedPlay

THRESHOLDS: Final = (60.0,)
STEP_NS: Final = SECOND_NS
"""Time between two snapshots while somebody is there."""
PLAYER: Final = Player("page-1", "page", 1)


@dataclass(slots=True)
class Shown:
    """Hold one decision, and who was there while its play was on the screen."""

    command: Command
    start_ns: int
    cut: bool
    present: frozenset[str]
    """Presences that were there when it was decided."""
    looked: set[str] = field(default_factory=set)
    """Presences that looked at it."""


def always(_campaign: Campaign, _creative: Creative) -> bool:
    return True


def simulate(
    mall: Mall,
    stand: Stand,
    days: int,
    seed: int,
    open_ns: int = OPEN_NS,
) -> list[Shown]:
    """Return all that a stand decides in so many days, in order; screens are on for `open_ns`."""
    director = Director(stand.id)
    shown: list[Shown] = []
    first_ns = int(FIRST_DAY.timestamp()) * SECOND_NS
    for day in range(days):
        opens_ns = first_ns + day * DAY_NS + OPENS_NS
        random = Random(f"{stand.id} {day} {seed}")
        people = list(visits(stand.id, opens_ns, opens_ns + open_ns, random))
        # Screens are off at night, and connect anew.
        director.without_player()
        for at_ns, there in _steps(director, opens_ns, opens_ns + open_ns, people):
            _look(director, stand, shown, at_ns, there)
            now = Moment(at_ns, at_ns)
            play = director.next_play(mall, "simulated", stand, PLAYER, now, always)
            if play is not None:
                shown.append(_shown(director, play, at_ns, there))
    return shown


def _steps(
    director: Director,
    opens_ns: int,
    closes_ns: int,
    people: list[Visit],
) -> Iterator[tuple[int, list[Visit]]]:
    """Yield the times of a day at which something may be due, and who is there then."""
    at_ns = opens_ns
    arrived = 0
    there: list[Visit] = []
    while at_ns < closes_ns:
        while arrived < len(people) and people[arrived].from_ns <= at_ns:
            there.append(people[arrived])
            arrived += 1
        there = [visit for visit in there if visit.until_ns > at_ns]
        yield at_ns, there
        if there:
            at_ns += STEP_NS
            continue
        due_ns = max(at_ns + STEP_NS, _screen_due_ns(director))
        if arrived < len(people):
            due_ns = min(due_ns, people[arrived].from_ns)
        at_ns = max(due_ns, at_ns + 1)


def _screen_due_ns(director: Director) -> int:
    """Return when the screen asks for something; 0 without one."""
    screen = director.screen
    if screen is None:
        return 0
    lead_ns = LEAD_NS if screen.following is None else 0
    return screen.end_ns - lead_ns


def _look(
    director: Director,
    stand: Stand,
    shown: list[Shown],
    at_ns: int,
    there: list[Visit],
) -> None:
    """Let the stand see who is there, and note what they look at."""
    director.audience.observe(snapshot(stand.id, at_ns, there), THRESHOLDS)
    for play in shown[-2:]:
        ends_ns = play.start_ns + int(play.command.seconds * SECOND_NS)
        is_cut = shown[-1].cut and play is not shown[-1]
        if play.start_ns <= at_ns < ends_ns and not is_cut:
            play.looked.update(visit.presence_id for visit in there)


def _shown(
    director: Director,
    play: PlannedPlay,
    at_ns: int,
    there: list[Visit],
) -> Shown:
    start_ns = at_ns
    screen = director.screen
    if screen is not None and screen.following is play:
        start_ns = screen.end_ns
    return Shown(
        command=play.command,
        start_ns=start_ns,
        cut=play.cut,
        present=frozenset(visit.presence_id for visit in there),
    )
