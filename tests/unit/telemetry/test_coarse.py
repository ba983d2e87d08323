"""Events of single people → a counter that rises by tens."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter

from vitrine.telemetry.coarse import STEP, CoarseCounter


def test_a_counter_rises_by_whole_steps_of_each_label() -> None:
    registry = CollectorRegistry()
    given = Counter("given", "Given.", ["stand"], registry=registry)
    coarse = CoarseCounter(given)
    found = []
    for _ in range(2 * STEP):
        coarse.add("north")
        found.append(registry.get_sample_value("given_total", {"stand": "north"}))
    coarse.add("south")
    assert found == [None] * (STEP - 1) + [STEP] * STEP + [2 * STEP]
    assert registry.get_sample_value("given_total", {"stand": "south"}) is None
