"""Slots as columns, so that a month of many stands is computed at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.effects.regression import Numbers
from vitrine.effects.slots import SlotOutcome

DIGITS: Final = 9
"""Of probabilities, so that 1 − 0.8 and 0.2 are one."""


@dataclass(frozen=True, slots=True, eq=False)
class SlotTable:
    """Hold n slots whose arm was drawn, sorted by stand and time; each array is (n,)."""

    stands: NDArray[np.str_]
    starts_ns: NDArray[np.int64]
    adaptive: NDArray[np.bool_]
    probability: Numbers
    """Of adaptive."""
    visitors: Numbers
    attention_s: Numbers
    own_attention_s: Numbers
    redemptions: Numbers
    sales: Numbers
    """In the currency, not in its smallest unit."""

    def __len__(self) -> int:
        return len(self.stands)


def table_of(slots: Iterable[SlotOutcome]) -> SlotTable:
    """Return the slots whose arm could have been the other one."""
    rows = []
    for slot in slots:
        probability = adaptive_probability(slot)
        if not 0 < probability < 1:
            continue
        rows.append(
            (
                slot.stand_id,
                slot.slot_ns,
                slot.arm == "adaptive",
                probability,
                slot.visitors,
                slot.attention_ns * 1e-9,
                slot.own_attention_ns * 1e-9,
                slot.redemptions,
                slot.sales_minor / 100,
            )
        )
    rows.sort()
    stands, starts, adaptive, *numbers = zip(*rows, strict=True) if rows else ((),) * 9
    return SlotTable(
        np.array(stands, np.str_),
        np.array(starts, np.int64),
        np.array(adaptive, np.bool_),
        *(np.array(column, np.float64) for column in numbers),
    )


def adaptive_probability(slot: SlotOutcome) -> float:
    """Return the probability with which the slot was to be adaptive."""
    if slot.arm == "adaptive":
        return round(slot.probability, DIGITS)
    return round(1 - slot.probability, DIGITS)
