"""Creatives compared where chance chose between them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from vitrine.effects.creatives import Compared, Difference, differences
from vitrine.effects.slots import Pair, Side, SlotOutcome
from vitrine.schemas import SLOT_NS

Seen = list[tuple[str, dict[str, float], float]]
"""Creative, probabilities and outcome of each view of a slot."""


def simulated_slots(
    seed: int,
    gain: float = 0.0,
    slots: int = 360,
    creatives: str = "ab",
) -> list[SlotOutcome]:
    """Return slots of two plays; `a` is shown more often where people look more.

    Visitors stay for six slots and are alike, and so are those of one slot.
    """
    rng = np.random.default_rng(seed)
    found = []
    for slot in range(slots):
        crowd = rng.normal(0, 0.5)
        chance = 0.7 if crowd > 0 else 0.3
        rest = (1 - chance) / (len(creatives) - 1)
        probabilities = dict.fromkeys(creatives, rest) | {"a": chance}
        views: Seen = []
        for _ in range(2):
            names = list(probabilities)
            shown = names[rng.choice(len(names), p=list(probabilities.values()))]
            for visitor in range(slot // 2, slot // 2 + 3):
                outcome = crowd + visitor % 7 / 7 + rng.normal(0, 0.5)
                if shown == "a":
                    outcome += gain
                views.append((shown, probabilities, outcome))
        found.append(slot_of(slot, views))
    return found


def slot_of(number: int, views: Seen) -> SlotOutcome:
    """Return a slot with the pairs of its views."""
    creatives = sorted(views[0][1])
    pairs = []
    for first, second in combinations(creatives, 2):
        sides = [side_of(name, (first, second), views) for name in (first, second)]
        pairs.append(Pair(first, second, *sides))
    empty = SlotOutcome("north", number * SLOT_NS, "plain", 0.2, 3, 0, 0, 0, 0)
    return replace(empty, pairs=tuple(pairs))


def side_of(name: str, pair: tuple[str, str], views: Seen) -> Side:
    """Return the sums of one creative's views, as they are weighted in a pair."""
    weight = outcome = 0.0
    for shown, probabilities, value in views:
        if shown == name:
            either = sum(probabilities[one] for one in pair)
            weight += either / probabilities[name]
            outcome += value * either / probabilities[name]
    return Side(6 if weight else 0, weight, outcome, 8.0 if weight else 0.0)


def table_of(slots: list[SlotOutcome]) -> Compared:
    return Compared.of([(slot, slot.pairs[0]) for slot in slots])


def test_the_audience_of_a_creative_is_not_its_effect() -> None:
    estimates = []
    for seed in range(40):
        (found,) = differences(simulated_slots(seed))
        assert found.estimate is not None
        estimates.append(found.estimate)
    tolerance = 3 * float(np.std(estimates)) / np.sqrt(40)
    assert np.mean(estimates) == pytest.approx(0, abs=tolerance)


def test_errors_are_as_large_as_the_scatter() -> None:
    tables = [table_of(simulated_slots(seed)) for seed in range(60)]
    scatter = float(np.std([table.estimate() for table in tables]))
    error = float(np.mean([table.error() for table in tables]))
    assert error == pytest.approx(scatter, rel=0.25)


def test_a_difference_is_discovered_and_its_interval_holds_it() -> None:
    (found,) = differences(simulated_slots(1, gain=0.8))
    assert found.discovered
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower <= 0.8 <= found.upper


def test_without_any_difference_hardly_anything_is_discovered() -> None:
    discovered = 0
    for seed in range(30):
        found = differences(simulated_slots(seed, creatives="abc"))
        assert len(found) == 3
        discovered += any(one.discovered for one in found)
    assert discovered <= 2


def only(slots: list[SlotOutcome]) -> Difference:
    (found,) = differences(slots)
    assert found.estimate is None
    return found


def changed(slots: list[SlotOutcome], **values: Any) -> list[SlotOutcome]:
    """Return the slots with other values of the first creative's side, where it was seen."""
    found = []
    for slot in slots:
        (pair,) = slot.pairs
        if pair.first.weight:
            pair = pair._replace(first=pair.first._replace(**values))
        found.append(replace(slot, pairs=(pair,)))
    return found


def test_creatives_of_other_lengths_are_not_compared() -> None:
    longer = changed(simulated_slots(1), longest_s=12.0)
    assert only(longer).reason == "they differ in length"


def test_where_a_rule_chose_there_is_no_comparison() -> None:
    ruled = [replace(slot, pairs=()) for slot in simulated_slots(1)]
    assert differences(ruled) == []
    few = only(simulated_slots(1, slots=200))
    assert "chance chose between them in 17 hours" in few.reason
    one_sided = only(changed(simulated_slots(1), weight=0.0, longest_s=0.0))
    assert "in 0 hours" in one_sided.reason


def test_few_people_and_equal_outcomes_are_not_compared() -> None:
    slots = simulated_slots(1)
    # At least six in a slot of each of two days.
    (few,) = differences(slots, least_people=20)
    assert few.reason == "12 people saw one of them; at least 20 are needed"
    equal = []
    for slot in slots:
        (pair,) = slot.pairs
        sides = [side._replace(outcome=side.weight, people=9) for side in pair.sides()]
        same = pair._replace(first=sides[0], second=sides[1])
        equal.append(replace(slot, pairs=(same,)))
    (told,) = differences(equal)
    assert told.reason == "the outcome is the same in every view"
    assert differences([]) == []
