"""A stand's counters: zero from the moment on that this process serves it, gone when another one does."""

from __future__ import annotations

from typing import Final, get_args

from vitrine.programme.commands import PlayerKind
from vitrine.schemas import Arm
from vitrine.stores.offers import Outcome
from vitrine.telemetry import metrics

UNAVAILABLE: Final = "unavailable"
"""Outcome of an offer when Redis was away."""
OUTCOMES: Final = (*get_args(Outcome), UNAVAILABLE)


def appear(stand_id: str) -> None:
    """What never happened is seen as zero, and the first time as a rise."""
    for arm in get_args(Arm):
        metrics.PLAYS_STARTED.labels(stand_id, arm)
    for outcome in OUTCOMES:
        metrics.OFFERS.labels(stand_id, outcome)
    for kind in get_args(PlayerKind):
        metrics.PLAYERS.labels(stand_id, kind)


def disappear(stand_id: str) -> None:
    """Nobody is to wait for plays here; players are counted out as their streams end."""
    for arm in get_args(Arm):
        metrics.PLAYS_STARTED.remove(stand_id, arm)
    for outcome in OUTCOMES:
        metrics.OFFERS.remove(stand_id, outcome)
