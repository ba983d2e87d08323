"""The people at a stand over the last minutes, for the operator's console."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.programme.audience import FRESH_NS
from vitrine.schemas import StandEngagement

# Chosen, not measured: a chart of a few hundred points is as wide as it is shown.
STEP_NS: Final = 2 * SECOND_NS
# Chosen, not measured: long enough to see what a change did, and 300 steps a stand.
SPAN_NS: Final = 600 * SECOND_NS
"""Event time that is kept."""


@dataclass(frozen=True, slots=True)
class Step:
    """Hold the most of two seconds of event time."""

    start_ns: int
    people: int
    attending: int
    engagement: float | None
    """Of the most engaged person, 0 to 100; None with nobody there."""


class History:
    """Keep one stand's steps; a time without snapshots has none."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque(maxlen=SPAN_NS // STEP_NS)

    def observe(self, snapshot: StandEngagement) -> None:
        """Take in a snapshot; one that is late is ignored, as the audience does."""
        step = _step_of(snapshot)
        if self._steps and step.start_ns < self._steps[-1].start_ns:
            if self._steps[-1].start_ns - step.start_ns <= FRESH_NS:
                return
            # The camera's clock was set back: what it said before is of a time to come.
            self._steps.clear()
        if self._steps and step.start_ns == self._steps[-1].start_ns:
            before = self._steps.pop()
            step = _most(before, step)
        self._steps.append(step)

    def since(self, now_ns: int) -> list[Step]:
        """Return the steps of the last ten minutes, oldest first."""
        oldest_ns = now_ns - SPAN_NS
        return [step for step in self._steps if step.start_ns >= oldest_ns]


def _step_of(snapshot: StandEngagement) -> Step:
    people = snapshot.people
    return Step(
        start_ns=snapshot.at_ns - snapshot.at_ns % STEP_NS,
        people=len(people),
        attending=sum(person.attending for person in people),
        engagement=max((person.score for person in people), default=None),
    )


def _most(one: Step, other: Step) -> Step:
    scores = [step.engagement for step in (one, other) if step.engagement is not None]
    return Step(
        start_ns=one.start_ns,
        people=max(one.people, other.people),
        attending=max(one.attending, other.attending),
        engagement=max(scores, default=None),
    )
