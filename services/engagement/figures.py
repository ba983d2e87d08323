"""The metrics of engagement."""

from __future__ import annotations

from typing import Final

from vitrine.clock import SECOND_NS, Clock
from vitrine.schemas import FrameFaces, StandEngagement
from vitrine.telemetry import metrics

# Chosen, not measured: older frames come from files or replays; their age says
# nothing about us.
LIVE_NS: Final = 60 * SECOND_NS


def show_stand(state: StandEngagement) -> None:
    """Show a snapshot of a stand."""
    attending = 0
    best_score = 0.0
    for person in state.people:
        attending += person.attending
        best_score = max(best_score, person.score)
    stand_id = state.stand_id
    present = len(state.people)
    metrics.PEOPLE_PRESENT.labels(stand_id).set(present)
    metrics.PEOPLE_ATTENDING.labels(stand_id).set(attending)
    metrics.ENGAGEMENT_SCORE.labels(stand_id).set(best_score)


def remove_stand(stand_id: str) -> None:
    """Remove a stand that another process works on now."""
    metrics.PEOPLE_PRESENT.remove(stand_id)
    metrics.PEOPLE_ATTENDING.remove(stand_id)
    metrics.ENGAGEMENT_SCORE.remove(stand_id)


def show_age(frame: FrameFaces, clock: Clock) -> None:
    """Show how old a frame is as its snapshot leaves."""
    age_ns = clock.age_ns(frame.captured_at_ns)
    if age_ns is None:
        return
    if 0 <= age_ns < LIVE_NS:
        latency = metrics.STAGE_LATENCY.labels("engagement")
        age_s = age_ns / SECOND_NS
        latency.observe(age_s)


def count_static_faces(camera_id: str, count: int) -> None:
    """Count faces that were present and never moved."""
    if count:
        of_camera = metrics.STATIC_FACES.labels(camera_id)
        of_camera.inc(count)


def count_unopened(camera_id: str) -> None:
    """Count groups of an expression that did not open."""
    of_camera = metrics.EXPRESSIONS_UNOPENED.labels(camera_id)
    of_camera.inc()


def count_repeated(camera_id: str) -> None:
    """Count a frame that came a second time."""
    of_camera = metrics.FACES_REPEATED.labels(camera_id)
    of_camera.inc()
