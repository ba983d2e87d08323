"""The live state of a stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vitrine.presence.people import Camera
from vitrine.presence.presence import Terms
from vitrine.schemas import StandEngagement
from vitrine.telemetry import metrics

EVERY_NS: Final = 250_000_000
_MOST_PEOPLE: Final = 200


def is_due(at_ns: int, last_ns: int | None) -> bool:
    """Whether a new quarter of a second of event time has begun, or time was set back."""
    return (
        last_ns is None
        or at_ns // EVERY_NS > last_ns // EVERY_NS
        or at_ns < last_ns - 8 * EVERY_NS
    )


def snapshot(cameras: Iterable[Camera], at_ns: int, terms: Terms) -> StandEngagement:
    """Everybody present at a stand, as of a frame of one of its cameras."""
    cameras = list(cameras)
    people = [p.live(terms) for camera in cameras for p in camera.presences if p.living]
    return StandEngagement(
        stand_id=terms.stand.id,
        at_ns=at_ns,
        people=tuple(people[:_MOST_PEOPLE]),
        synthetic=any(camera.synthetic for camera in cameras),
        config_version=terms.config_version,
    )


def measure(state: StandEngagement) -> None:
    """Show a snapshot in the metrics."""
    metrics.PEOPLE_PRESENT.labels(state.stand_id).set(len(state.people))
    metrics.PEOPLE_ATTENDING.labels(state.stand_id).set(
        sum(person.attending for person in state.people)
    )
    metrics.ENGAGEMENT_SCORE.labels(state.stand_id).set(
        max((p.score for p in state.people), default=0)
    )


def unmeasure(stand_id: str) -> None:
    """Take a stand that another process works on now out of this one's metrics."""
    for gauge in (
        metrics.PEOPLE_PRESENT,
        metrics.PEOPLE_ATTENDING,
        metrics.ENGAGEMENT_SCORE,
    ):
        gauge.remove(stand_id)
