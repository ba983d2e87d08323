"""Redemption of a code: the event, and the reasons to refuse."""

from __future__ import annotations

from vitrine.schemas import Interaction


class UnknownCode(Exception):
    """Tells that no offer with this code was ever granted."""


class AlreadyRedeemed(Exception):
    """Tells that the code was used before, at `at_ns`."""

    def __init__(self, at_ns: int) -> None:
        super().__init__(f"redeemed before, at {at_ns}")
        self.at_ns = at_ns


def redemption(shown: Interaction, at_ns: int) -> Interaction:
    """Return the event that an offer that was `shown` is redeemed; a repetition has the same id."""
    return shown.model_copy(
        update={
            "interaction_id": f"{shown.interaction_id}-redeemed",
            "kind": "offer-redeemed",
            "at_ns": at_ns,
        }
    )
