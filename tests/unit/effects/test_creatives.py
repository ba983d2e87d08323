"""Creatives compared where chance chose between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vitrine.effects.creatives import Compared, View, differences


def simulated_views(
    seed: int,
    gain: float = 0.0,
    slots: int = 150,
    creatives: str = "ab",
) -> list[View]:
    """Return views of plays, two a slot; `a` is shown more often where people look more.

    Visitors stay for some slots and are alike, and so are those of one slot.
    """
    rng = np.random.default_rng(seed)
    found = []
    for slot in range(slots):
        crowd = rng.normal(0, 0.5)
        chance = 0.7 if crowd > 0 else 0.3
        rest = (1 - chance) / (len(creatives) - 1)
        probabilities = dict.fromkeys(creatives, rest) | {"a": chance}
        for _ in range(2):
            names = list(probabilities)
            shown = names[rng.choice(len(names), p=list(probabilities.values()))]
            for visitor in range(slot // 2, slot // 2 + 3):
                habit = visitor % 7 / 7
                outcome = crowd + habit + rng.normal(0, 0.5)
                if shown == "a":
                    outcome += gain
                found.append(
                    View(
                        creative_id=shown,
                        seconds=8.0,
                        probabilities=probabilities,
                        slot=slot,
                        visitor=visitor,
                        outcome=outcome,
                    )
                )
    return found


def test_the_audience_of_a_creative_is_not_its_effect() -> None:
    estimates = []
    naive = []
    for seed in range(40):
        views = simulated_views(seed)
        (found,) = differences(views)
        assert found.estimate is not None
        estimates.append(found.estimate)
        table = Compared.of(views, "a", "b")
        of_a = table.outcomes[table.of_first].mean()
        of_b = table.outcomes[~table.of_first].mean()
        naive.append(of_a - of_b)
    tolerance = 3 * float(np.std(estimates)) / np.sqrt(40)
    assert np.mean(estimates) == pytest.approx(0, abs=tolerance)
    assert np.mean(naive) > 0.1


def test_errors_are_as_large_as_the_scatter() -> None:
    tables = [Compared.of(simulated_views(seed), "a", "b") for seed in range(60)]
    scatter = float(np.std([table.estimate() for table in tables]))
    error = float(np.mean([table.error() for table in tables]))
    alone = float(
        np.mean([np.sqrt((table.influence() ** 2).sum()) for table in tables])
    )
    assert error > 0.8 * scatter
    # Views taken as independent.
    assert alone < 0.8 * scatter


def test_a_difference_is_discovered_and_its_interval_holds_it() -> None:
    (found,) = differences(simulated_views(1, gain=0.8))
    assert found.discovered
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower <= 0.8 <= found.upper


def test_without_any_difference_hardly_anything_is_discovered() -> None:
    discovered = 0
    for seed in range(30):
        found = differences(simulated_views(seed, creatives="abc"))
        assert len(found) == 3
        discovered += any(one.discovered for one in found)
    assert discovered <= 2


def test_creatives_of_other_lengths_are_not_compared() -> None:
    views = simulated_views(1)
    longer = [
        replace(view, seconds=12.0) if view.creative_id == "a" else view
        for view in views
    ]
    (found,) = differences(longer)
    assert found.estimate is None
    assert found.reason == "they differ in length"


def test_where_a_rule_chose_there_is_no_comparison() -> None:
    views = simulated_views(1)
    ruled = [replace(view, probabilities={view.creative_id: 1.0}) for view in views]
    (found,) = differences(ruled)
    assert found.estimate is None
    assert "chance chose between them in 0 slots" in found.reason


def test_few_people_and_equal_outcomes_are_not_compared() -> None:
    views = simulated_views(1)
    (few,) = differences([replace(view, visitor=view.visitor % 5) for view in views])
    assert few.reason == "5 people saw one of them; at least 10 are needed"
    (equal,) = differences([replace(view, outcome=1.0) for view in views])
    assert equal.reason == "the outcome is the same in every view"
    assert differences([]) == []
