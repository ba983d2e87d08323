"""The check of slots against the probabilities of their arms."""

from __future__ import annotations

import numpy as np

from tests.unit.effects.seen import make_slot
from vitrine.effects.assignment import mismatch_p
from vitrine.effects.table import table_of
from vitrine.schemas import Arm


def p_after(plain: float, logged: float, slots: int = 1000, seed: int = 1) -> float:
    """Return the p-value of slots that are plain by `plain`, logged as `logged`."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(slots):
        arm: Arm = "plain" if rng.random() < plain else "adaptive"
        found.append(make_slot(number, arm, holdout=logged))
    return mismatch_p(table_of(found))


def test_a_right_assignment_passes() -> None:
    p_values = [p_after(plain=0.2, logged=0.2, seed=seed) for seed in range(20)]
    assert min(p_values) > 0.001


def test_a_wrong_assignment_is_found() -> None:
    assert p_after(plain=0.3, logged=0.2) < 0.001
    assert p_after(plain=0.1, logged=0.2) < 0.001


def test_each_probability_is_judged_by_its_own_slots() -> None:
    early = [make_slot(number, "plain", holdout=0.9) for number in range(300)]
    late = [make_slot(300 + number, holdout=0.1) for number in range(300)]
    assert mismatch_p(table_of([*early, *late])) < 0.001


def test_nothing_drawn_is_no_mismatch() -> None:
    assert mismatch_p(table_of([])) == 1.0
