"""Builders of slots."""

from __future__ import annotations

import numpy as np

from benchmarks.effect_worlds import START_NS, World, simulated
from vitrine.clock import SECOND_NS
from vitrine.effects.slots import SlotOutcome
from vitrine.effects.table import SlotTable
from vitrine.schemas import Arm

SLOT_NS = 300 * SECOND_NS


def make_slot(
    number: int = 0,
    arm: Arm = "adaptive",
    *,
    holdout: float = 0.5,
    visitors: int = 4,
    attention_s: int = 2,
    redemptions: int = 0,
    sales_minor: int = 0,
    stand_id: str = "north",
) -> SlotOutcome:
    """Return a slot: the `number`-th of its stand."""
    probability = holdout if arm == "plain" else 1 - holdout
    return SlotOutcome(
        stand_id=stand_id,
        slot_ns=START_NS + number * SLOT_NS,
        arm=arm,
        probability=probability,
        visitors=visitors,
        attention_ns=attention_s * SECOND_NS,
        own_attention_ns=attention_s * SECOND_NS,
        redemptions=redemptions,
        sales_minor=sales_minor,
    )


def make_table(world: World, seed: int = 1) -> SlotTable:
    """Return the slots of a simulated stand."""
    rng = np.random.default_rng(seed)
    return simulated(world, rng)
