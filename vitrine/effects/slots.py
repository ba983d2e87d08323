"""What was seen at a stand in one slot: the unit of every experiment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from vitrine.schemas import Arm


class Side(NamedTuple):
    """Add up the views of one of two creatives in a slot; a view is a visitor and a play."""

    people: int = 0
    """Different visitors."""
    weight: float = 0.0
    """Sum over views of one over the chance of what was shown, given that one of both was."""
    outcome: float = 0.0
    """Sum over views of weight times attention, seconds."""
    longest_s: float = 0.0
    """Of its plays."""


class Pair(NamedTuple):
    """Hold what a slot tells of two creatives, in the order of ids, that chance chose between."""

    first_id: str
    second_id: str
    first: Side
    second: Side

    def sides(self) -> Iterator[Side]:
        """Yield both sides, the first one first."""
        yield self.first
        yield self.second


@dataclass(frozen=True, slots=True)
class SlotOutcome:
    """Hold the outcomes of one slot of a stand, of everybody present, whatever was shown."""

    stand_id: str
    slot_ns: int
    """Start of the 5-minute slot, UTC."""
    arm: Arm
    """Drawn for the campaign in this slot."""
    probability: float
    """Of that arm, as it was drawn."""
    visitors: int
    """Different ones present for at least 1 s after the burn-in of 30 s; 0 for an empty slot."""
    attention_ns: int
    """To the stand's screen in that time, whatever played: the stand effect."""
    own_attention_ns: int
    """To plays of the campaign: the allocation effect."""
    redemptions: int
    """Of offers granted by plays of this slot, however late they were redeemed."""
    sales_minor: int
    """Of those, in the smallest unit of the currency."""
    pairs: tuple[Pair, ...] = ()
    """Creatives of the campaign that chance chose between."""
