"""Refused reports that screens keep until an operator has seen them."""

from __future__ import annotations

from vitrine.services.stand.dependencies import KnownStand, WebOf


async def see_refusals(stand_id: KnownStand, web: WebOf) -> None:
    """Let the screen of a stand drop the refused reports that it told of."""
    web.switchboard.see_refusals(stand_id)
