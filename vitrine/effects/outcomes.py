"""What an effect can be on: the outcomes of a slot, and what one of them is per."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from vitrine.effects.regression import Numbers
from vitrine.effects.table import SlotTable


@dataclass(frozen=True, slots=True)
class Outcome:
    """Define what is compared between the arms: a sum over slots, for each visitor or slot."""

    name: str
    title: str
    column: str
    """Of `SlotTable`."""
    per: Literal["visitor", "slot"] = "visitor"
    unit: str = ""
    decimals: int = 2
    rare: bool = False
    """Most visitors bring none, so that many slots have none."""

    def totals(self, table: SlotTable) -> Numbers:
        """Return (n,) how much of it each slot had."""
        found: Numbers = getattr(table, self.column)
        return found

    def sizes(self, table: SlotTable) -> Numbers:
        """Return (n,) what it is over: the visitors of each slot, or one."""
        if self.per == "visitor":
            return table.visitors
        return np.ones(len(table))


ATTENTION: Final = Outcome(
    name="attention",
    title="attention to the stand",
    column="attention_s",
    unit="s",
)
OWN_ATTENTION: Final = Outcome(
    name="own_attention",
    title="attention to the campaign",
    column="own_attention_s",
    unit="s",
)
REDEMPTIONS: Final = Outcome(
    name="redemptions",
    title="redemptions",
    column="redemptions",
    decimals=4,
    rare=True,
)
SALES: Final = Outcome(
    name="sales",
    title="sales",
    column="sales",
    rare=True,
)
TRAFFIC: Final = Outcome(
    name="traffic",
    title="people present",
    column="visitors",
    per="slot",
)
OUTCOMES: Final = (SALES, REDEMPTIONS, ATTENTION, OWN_ATTENTION, TRAFFIC)
BY_NAME: Final = {outcome.name: outcome for outcome in OUTCOMES}
