"""Redemption of a code: what a till asks, the events, and the reasons to refuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict

from vitrine.clock import SECOND_NS
from vitrine.mall.campaigns import RedeemPlace
from vitrine.schemas import Interaction, Sale

# Chosen, not measured: a cashier notices within a few customers; later the day is closed.
CANCEL_WITHIN_NS: Final = 15 * 60 * SECOND_NS
"""Time for which a redemption may be taken back, by the stand's clock."""


class Refused(Exception):
    """Tells why a code cannot be used, or a redemption not be cancelled."""


class UnknownCode(Refused):
    """Tells that no offer with this code was ever granted."""


class AlreadyRedeemed(Refused):
    """Tells that the code was used before, by `redemption`."""

    def __init__(self, redemption: Interaction) -> None:
        super().__init__(f"redeemed before, at {redemption.at_ns}")
        self.redemption = redemption


class Elsewhere(Refused):
    """Tells that the code is good at the stand `stand_id` only."""

    def __init__(self, stand_id: str) -> None:
        super().__init__(f"good at stand {stand_id} only")
        self.stand_id = stand_id


class NotRedeemed(Refused):
    """Tells that this till has no such redemption."""


class TooLate(Refused):
    """Tells that a redemption is too old to be cancelled."""


class GrantRecord(BaseModel):
    """Hold what the store knows of a code that was granted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shown: Interaction
    text: str = ""
    redeem: RedeemPlace = "anywhere"

    def check_place(self, stand_id: str) -> None:
        """Raise Elsewhere where the code is not good at this stand."""
        if self.redeem == "stand" and stand_id != self.shown.stand_id:
            raise Elsewhere(self.shown.stand_id)


@dataclass(frozen=True, slots=True)
class Use:
    """Hold what a till asks: `request_id` is its own name for it, and makes it repeatable."""

    stand_id: str
    at_ns: int
    till_id: str | None = None
    request_id: str = ""
    sale: Sale | None = None


class RedemptionRecord(BaseModel):
    """Hold what the store knows of a code that was used."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: Interaction
    request_id: str = ""

    def repeats(self, use: Use) -> bool:
        """Return True when the same till asks for the same again."""
        if not use.request_id or use.request_id != self.request_id:
            return False
        return use.till_id == self.event.till_id


def redemption(shown: Interaction, use: Use, cancelled: int = 0) -> Interaction:
    """Return the event that an offer that was `shown` is redeemed.

    `cancelled` is how often its code was redeemed and taken back before; with it, a repetition has
    the same id, and a new redemption another one.
    """
    name = f"{shown.interaction_id}-redeemed"
    if cancelled:
        name = f"{name}-{cancelled + 1}"
    return shown.model_copy(
        update={
            "interaction_id": name,
            "kind": "offer-redeemed",
            "at_ns": use.at_ns,
            "redeemed_at": use.stand_id,
            "till_id": use.till_id,
            "sale": use.sale,
        }
    )


def cancellation(redeemed: Interaction, at_ns: int) -> Interaction:
    """Return the event that a redemption is taken back; it has the redemption's time.

    Raises TooLate.
    """
    if at_ns - redeemed.at_ns > CANCEL_WITHIN_NS:
        raise TooLate(redeemed.interaction_id)
    return redeemed.model_copy(
        update={
            "interaction_id": f"{redeemed.interaction_id}-cancelled",
            "kind": "redemption-cancelled",
            "cancels": redeemed.interaction_id,
            "cancelled_at_ns": at_ns,
        }
    )
