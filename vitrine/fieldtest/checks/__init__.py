"""Judge a run, one function a check: what came out, what was asked for, where it went wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from vitrine.fieldtest.case import Case, Result
from vitrine.fieldtest.checks import (
    attention,
    figures,
    plays,
    presence,
    reactions,
    tracks,
)

CHECKS: Final[tuple[Callable[[Case], Result], ...]] = (
    tracks.recall,
    tracks.holes,
    tracks.swaps,
    tracks.fragments,
    presence.found,
    presence.invented,
    presence.starts,
    presence.ends,
    presence.dwell,
    presence.static_faces,
    attention.attention_overlap,
    attention.attention_seconds,
    figures.visits,
    figures.watchers,
    figures.reach,
    plays.plays_once,
    plays.plays_apart,
    plays.plays_gaps,
    plays.plays_proof,
    figures.total_plays,
    figures.total_ots,
    figures.total_dwell,
    figures.total_attention,
    reactions.smiles_late,
    reactions.smiles_missed,
    reactions.smiles_invented,
    reactions.approaches_late,
    reactions.approaches_missed,
    reactions.approaches_invented,
)


def check(case: Case) -> tuple[Result, ...]:
    """Make every check."""
    return tuple(each(case) for each in CHECKS)
