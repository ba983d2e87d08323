"""The minutes that the operator's console shows."""

from __future__ import annotations

from tests.builders import T0_NS, at, make_engagement, make_person
from vitrine.clock import SECOND_NS
from vitrine.services.stand.history import SPAN_NS, STEP_NS, History, Step

# The first step that begins at or after T0.
FIRST_NS = -(-T0_NS // STEP_NS) * STEP_NS
FIRST = (FIRST_NS - T0_NS) / SECOND_NS


def history_of(*snapshots: tuple[float, list[float]]) -> History:
    """A history of (second after the first step, scores of those present)."""
    history = History()
    for second, scores in snapshots:
        people = [make_person(f"p{n}", score=one) for n, one in enumerate(scores)]
        history.observe(make_engagement(FIRST + second, *people))
    return history


def test_a_step_holds_the_most_of_its_two_seconds() -> None:
    history = history_of(
        (0, [30]),
        (0.5, [40, 70]),
        (1.9, []),
        (2, []),
    )
    assert history.since(at(FIRST)) == [
        Step(FIRST_NS, people=2, attending=2, engagement=70),
        Step(FIRST_NS + STEP_NS, people=0, attending=0, engagement=None),
    ]


def test_a_time_without_snapshots_has_no_steps() -> None:
    history = history_of((0, [30]), (100, [30]))
    starts = [step.start_ns for step in history.since(at(FIRST))]
    assert starts == [FIRST_NS, FIRST_NS + 100 * SECOND_NS]


def test_it_is_bounded_in_number_and_in_age() -> None:
    history = history_of(*[(second, []) for second in range(2000)])
    assert len(history.since(0)) == SPAN_NS // STEP_NS
    now_ns = at(FIRST + 2000 + 590)
    assert [step.start_ns for step in history.since(now_ns)] == [
        at(FIRST + 1990),
        at(FIRST + 1992),
        at(FIRST + 1994),
        at(FIRST + 1996),
        at(FIRST + 1998),
    ]


def test_a_late_snapshot_changes_nothing() -> None:
    history = history_of((4, [30]), (3.5, [90]))
    assert history.since(at(FIRST)) == [Step(at(FIRST + 4), 1, 1, 30)]


def test_a_clock_that_was_set_back_begins_anew() -> None:
    history = history_of((100, [30]), (4, [90]))
    assert history.since(at(FIRST)) == [Step(at(FIRST + 4), 1, 1, 90)]
