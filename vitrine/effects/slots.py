"""What was seen at a stand in one slot: the unit of every experiment."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine.schemas import Arm


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
