"""Check what was on the screens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.fieldtest.case import Case, Result
from vitrine.fieldtest.measured import Played

# Plays further apart are of two days: cameras that close stop the stand's clock too.
SAME_DAY_NS: Final = 3600 * SECOND_NS


def plays_once(case: Case) -> Result:
    """Check that no play is there twice."""
    plays = case.measured.plays
    names = {play.play_id for play in plays}
    twice = len(plays) - len(names)
    return Result(
        key="plays-once",
        group="plays",
        title="Plays that are there twice",
        value=str(twice),
        wanted="none",
        passed=not twice if plays else None,
    )


def plays_apart(case: Case) -> Result:
    """Check that no two run at a time."""
    plays = case.measured.plays
    clashes = sum(gap_ns < 0 for gap_ns in _gaps(plays))
    return Result(
        key="plays-apart",
        group="plays",
        title="Plays that overlap",
        value=str(clashes),
        wanted="none",
        passed=not clashes if plays else None,
    )


def plays_gaps(case: Case) -> Result:
    """Check that no screen is dark."""
    plays = case.measured.plays
    most_s = case.tolerances.gap_s
    longest_s = max(_gaps(plays), default=0) / SECOND_NS
    passed = None
    if plays:
        passed = longest_s <= most_s
    return Result(
        key="plays-gaps",
        group="plays",
        title="Longest gap between plays",
        value=f"{longest_s:.2f} s",
        wanted=f"≤ {most_s:g} s",
        passed=passed,
    )


def plays_proof(case: Case) -> Result:
    """Check that what is on the bus is what the players remember."""
    reported = _proofs(case.measured.plays)
    played = _proofs(case.measured.journal)
    passed = None
    if played:
        passed = reported == played
    return Result(
        key="plays-proof",
        group="plays",
        title="Plays as the player says",
        value=f"{len(reported & played)} of {len(reported | played)}",
        wanted="all",
        passed=passed,
    )


def _proofs(plays: Iterable[Played]) -> set[tuple[str, str, int, int, bool]]:
    """Return what both sides know of plays."""
    proofs = set()
    for play in plays:
        proof = (
            play.play_id,
            play.stand_id,
            play.start_ns,
            play.end_ns,
            play.completed,
        )
        proofs.add(proof)
    return proofs


def _gaps(plays: Sequence[Played]) -> list[int]:
    """Return the nanoseconds between plays that follow each other on a stand, on one day.

    A play that overlaps the one before has a gap below 0.
    """
    # A play that is there twice would overlap itself; `plays_once` tells of it.
    once = {play.play_id: play for play in plays}
    in_order = sorted(once.values(), key=attrgetter("stand_id", "start_ns"))
    gaps = []
    for before, after in pairwise(in_order):
        same_stand = before.stand_id == after.stand_id
        if same_stand and after.start_ns - before.start_ns < SAME_DAY_NS:
            gaps.append(after.start_ns - before.end_ns)
    return gaps
