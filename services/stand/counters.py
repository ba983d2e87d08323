"""Counters of a stand: zero once this process serves it, gone when another one does."""

from __future__ import annotations

from typing import Final, Literal, get_args

from prometheus_client import Counter

from vitrine.offers.due import Outcome
from vitrine.policy.learner import End
from vitrine.policy.waiting import Became
from vitrine.programme.commands import PlayerKind, RefusalReason
from vitrine.schemas import Arm, Doubt
from vitrine.services.stand.protocol import FailureReason
from vitrine.telemetry import metrics
from vitrine.telemetry.coarse import CoarseCounter

UNAVAILABLE: Final = "unavailable"
"""Outcome of an offer when Redis was away."""
NO_PLAYER: Final = "no-player"
"""Outcome of an offer that was granted while the last player of the stand left."""
Display = Literal["proven", "unproven"]
"""Whether the browser proved that it drew a play."""
# Each alone would date what one customer got; refusals and faults are for alerts, and exact.
OF_ONE_CUSTOMER: Final = frozenset({"granted", "already", "invited"})
_OFFERS_IN_STEPS: Final = CoarseCounter(metrics.OFFERS)
_NOT_ME_IN_STEPS: Final = CoarseCounter(metrics.NOT_ME)
OUTCOMES: Final = (*get_args(Outcome), UNAVAILABLE, NO_PLAYER)


def count_offer(stand_id: str, outcome: str) -> None:
    """Count a decision about an offer; what a customer got, in steps of ten."""
    if outcome in OF_ONE_CUSTOMER:
        _OFFERS_IN_STEPS.add(stand_id, outcome)
    else:
        metrics.OFFERS.labels(stand_id, outcome).inc()


def count_not_me(stand_id: str) -> None:
    """Count somebody who is not whom they were taken for, in steps of ten."""
    _NOT_ME_IN_STEPS.add(stand_id)


def start_counters(stand_id: str) -> None:
    """Show what never happened as zero, so that the first time is a rise."""
    for counter, labels in _counters(stand_id):
        counter.labels(*labels)
    # Here a gauge only appears; it counts in the switchboard.
    for kind in get_args(PlayerKind):
        metrics.PLAYERS.labels(stand_id, kind)


def remove_counters(stand_id: str) -> None:
    """Drop the counters of a stand, so that no alert waits for its plays here.

    The players' gauge stays: players are counted out as their streams end.
    """
    for counter, labels in _counters(stand_id):
        counter.remove(*labels)
    metrics.STAND_SILENT.remove(stand_id)


def _counters(stand_id: str) -> list[tuple[Counter, tuple[str, ...]]]:
    """Return each counter of a stand with its labels."""
    found: list[tuple[Counter, tuple[str, ...]]] = [
        (metrics.PLAYS_CUT, (stand_id,)),
        (metrics.PLAYS_FINISHED, (stand_id,)),
        (metrics.PLAYS_OFFLINE, (stand_id,)),
    ]
    for counter, values in (
        (metrics.PLAYS_STARTED, get_args(Arm)),
        (metrics.SCREEN_SECONDS, get_args(Display)),
        (metrics.CREATIVES_FAILED, get_args(FailureReason)),
        (metrics.REPORTS_REFUSED, get_args(RefusalReason)),
        (metrics.PLAYS_DOUBTFUL, get_args(Doubt)),
        (metrics.OFFERS, OUTCOMES),
        (metrics.POLICY_PLAYS, get_args(End)),
        (metrics.POLICY_REWARDS, get_args(Became)),
    ):
        for value in values:
            labels = (stand_id, value)
            found.append((counter, labels))
    return found
