"""What explains an outcome besides the arm: probability, the hour before, stand, hour, weekday."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vitrine.clock import SECOND_NS
from vitrine.effects.outcomes import Outcome
from vitrine.effects.regression import Numbers
from vitrine.effects.table import SlotTable

ARM_COLUMN: Final = 1
SLOTS_A_COLUMN: Final = 10
"""Slots that each column of the regression needs. The usual rule of thumb."""
HALF_LIFE_NS: Final = 15 * 60 * SECOND_NS
"""In which what a slot says of the next ones halves. Chosen, not measured."""
PRIOR: Final = 5.0
"""Visitors (or slots) that the mean is worth beside those just before. Chosen, not measured."""
HOUR_WAVES: Final = (1, 2)
"""Waves a day: a morning that differs from the evening, and a noon that differs from both."""
DAY_NS: Final = 24 * 3600 * SECOND_NS
WEEKDAYS: Final = 7


def columns(
    table: SlotTable,
    outcome: Outcome,
) -> Numbers:
    """Return (n, k): one, the arm (1 is adaptive), and covariates, as many as n slots can bear.

    Slots are compared with those of the same probability only: where a holdout was changed, what
    changed with time is no effect. This is never left out; the others, which only make the interval
    narrower, come in the order in which they are expected to explain most.
    """
    base = [
        np.ones((len(table), 1)),
        table.adaptive.astype(np.float64)[:, None],
        categories(table.probability),
    ]
    # The day in UTC: at most stands the night lies between two of them.
    weekdays = table.starts_ns // DAY_NS % WEEKDAYS
    groups = [
        before(table, outcome),
        categories(table.stands),
        hours(table),
        trend(table),
        categories(weekdays),
    ]
    found = np.hstack(base)
    # Empty slots say nothing of a mean.
    used = np.count_nonzero(outcome.sizes(table))
    for group in groups:
        width = found.shape[1] + group.shape[1]
        if SLOTS_A_COLUMN * width <= used:
            found = np.hstack([found, group])
    return found


def categories(values: NDArray[Any]) -> Numbers:
    """Return (n, different values − 1) columns of 0 and 1."""
    names = np.unique(values)
    same: NDArray[np.bool_] = values[:, None] == names[None, 1:]
    return same.astype(np.float64)


def hours(table: SlotTable) -> Numbers:
    """Return (n, 4) waves over the day."""
    angle = 2 * np.pi * (table.starts_ns % DAY_NS) / DAY_NS
    waves = []
    for count in HOUR_WAVES:
        waves.append(np.sin(count * angle))
        waves.append(np.cos(count * angle))
    return np.column_stack(waves)


def trend(table: SlotTable) -> Numbers:
    """Return (n, 1) time, from −1 to 1."""
    first = table.starts_ns.min()
    half = (table.starts_ns.max() - first) / 2
    passed: Numbers = (table.starts_ns - first) / max(half, 1.0)
    return passed[:, None] - 1


def before(
    table: SlotTable,
    outcome: Outcome,
) -> Numbers:
    """Return (n, 1) how much better than their arm the slots just before were, at the same stand.

    The experiment's own past as a covariate (CUPED, Deng et al. 2013). Against the mean of their
    arm: else it would carry the effect of arms before, which blocks tie to the arm of this one.
    """
    totals = outcome.totals(table)
    sizes = outcome.sizes(table)
    expected = arm_means(table, outcome) * sizes
    surplus = totals - expected
    # Lists, as this loop over numbers of arrays takes three times as long.
    steps = zip(
        faded(table).tolist(),
        surplus.tolist(),
        sizes.tolist(),
        strict=True,
    )
    found = []
    past = 0.0
    weight = 0.0
    for share, more, size in steps:
        past *= share
        weight *= share
        found.append(past / (weight + PRIOR))
        past += more
        weight += size
    return np.array(found)[:, None]


def faded(table: SlotTable) -> Numbers:
    """Return (n,) how much of what was known at a slot is left at the next; 0 at a new stand."""
    passed = np.diff(table.starts_ns, prepend=table.starts_ns[:1])
    same = np.append(False, table.stands[1:] == table.stands[:-1])
    left = 0.5 ** (np.where(same, passed, 0) / HALF_LIFE_NS)
    return np.where(same, left, 0.0)


def arm_means(table: SlotTable, outcome: Outcome) -> Numbers:
    """Return (n,) the ratio of totals of each slot's arm."""
    totals = outcome.totals(table)
    sizes = outcome.sizes(table)
    means = np.empty(len(table))
    for of_arm in (table.adaptive, ~table.adaptive):
        size = sizes[of_arm].sum()
        means[of_arm] = totals[of_arm].sum() / max(size, 1.0)
    return means
