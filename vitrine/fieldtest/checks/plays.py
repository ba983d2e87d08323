"""What was on the screens."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from vitrine.fieldtest.case import Case, Result
from vitrine.fieldtest.measured import Played
from vitrine.fieldtest.spans import SECOND


def plays_once(case: Case) -> Result:
    """No play twice."""
    plays = case.measured.plays
    twice = len(plays) - len({play.play_id for play in plays})
    return Result(
        "plays-once",
        "plays",
        "Plays that are there twice",
        str(twice),
        "none",
        not twice if plays else None,
    )


def plays_apart(case: Case) -> Result:
    """No two at a time."""
    late = [b.start_ns - a.end_ns for a, b in _neighbours(case.measured.plays)]
    clashes = sum(gap < 0 for gap in late)
    return Result(
        "plays-apart",
        "plays",
        "Plays that overlap",
        str(clashes),
        "none",
        not clashes if case.measured.plays else None,
    )


def plays_gaps(case: Case) -> Result:
    """No dark screen."""
    longest = max(
        ((b.start_ns - a.end_ns) / SECOND for a, b in _neighbours(case.measured.plays)),
        default=0.0,
    )
    passed = longest <= case.tolerances.gap_s if case.measured.plays else None
    return Result(
        "plays-gaps",
        "plays",
        "Longest gap between plays",
        f"{longest:.2f} s",
        f"≤ {case.tolerances.gap_s:g} s",
        passed,
    )


def plays_proof(case: Case) -> Result:
    """What is on the bus is what the players remember."""
    reported, played = (
        {_proof(play) for play in plays}
        for plays in (case.measured.plays, case.measured.journal)
    )
    wrong = len(reported ^ played)
    value = f"{len(reported & played)} of {len(reported | played)}"
    return Result(
        "plays-proof",
        "plays",
        "Plays as the player says",
        value,
        "all",
        not wrong if played else None,
    )


def _proof(play: Played) -> tuple[str, str, int, int, bool]:
    return play.play_id, play.stand_id, play.start_ns, play.end_ns, play.completed


def _neighbours(plays: Sequence[Played]) -> list[tuple[Played, Played]]:
    """Plays that follow each other on a stand, on one day: cameras that close stop the stand's clock too."""
    once = sorted(
        {play.play_id: play for play in plays}.values(),
        key=lambda play: (play.stand_id, play.start_ns),
    )
    pairs = ((a, b) for a, b in pairwise(once) if a.stand_id == b.stand_id)
    return [(a, b) for a, b in pairs if b.start_ns - a.start_ns < 3600 * SECOND]
