"""Counters of a stand: zero once this process serves it, gone when another one does."""

from __future__ import annotations

from typing import Final, get_args

from vitrine.offers.due import Outcome
from vitrine.programme.commands import PlayerKind, RefusalReason
from vitrine.schemas import Arm
from vitrine.services.stand.protocol import FailureReason
from vitrine.telemetry import metrics

UNAVAILABLE: Final = "unavailable"
"""Outcome of an offer when Redis was away."""
OUTCOMES: Final = (*get_args(Outcome), UNAVAILABLE)


def start_counters(stand_id: str) -> None:
    """Show what never happened as zero, so that the first time is a rise."""
    for arm in get_args(Arm):
        metrics.PLAYS_STARTED.labels(stand_id, arm)
    metrics.PLAYS_FINISHED.labels(stand_id)
    for reason in get_args(FailureReason):
        metrics.CREATIVES_FAILED.labels(stand_id, reason)
    for refusal in get_args(RefusalReason):
        metrics.REPORTS_REFUSED.labels(stand_id, refusal)
    for outcome in OUTCOMES:
        metrics.OFFERS.labels(stand_id, outcome)
    # Here a gauge only appears; it counts in the switchboard.
    for kind in get_args(PlayerKind):
        metrics.PLAYERS.labels(stand_id, kind)


def remove_counters(stand_id: str) -> None:
    """Drop the counters of a stand, so that no alert waits for its plays here.

    The players' gauge stays: players are counted out as their streams end.
    """
    for arm in get_args(Arm):
        metrics.PLAYS_STARTED.remove(stand_id, arm)
    metrics.PLAYS_FINISHED.remove(stand_id)
    for reason in get_args(FailureReason):
        metrics.CREATIVES_FAILED.remove(stand_id, reason)
    metrics.STAND_SILENT.remove(stand_id)
    for outcome in OUTCOMES:
        metrics.OFFERS.remove(stand_id, outcome)
