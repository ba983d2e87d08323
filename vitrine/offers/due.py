"""Offers that are due: what to ask the store for, and what it may answer."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Literal

from vitrine.mall import Campaign, Offer
from vitrine.offers.caps import grant_id
from vitrine.programme.arms import arm
from vitrine.programme.audience import Audience
from vitrine.programme.commands import Command
from vitrine.schemas import Identity, Interaction

Outcome = Literal["granted", "already", "exhausted", "no-codes"]


@dataclass(frozen=True, slots=True)
class DueOffer:
    """Hold an offer for one person; `shown` is the event to publish once it is granted.

    The store grants it once for `shown.interaction_id`, as long as fewer than `offer.budget` were
    granted and the pool `offer.codes` has a code left.
    """

    offer: Offer
    shown: Interaction


@dataclass(frozen=True, slots=True)
class Grant:
    """Hold the store's answer; code and event only when granted."""

    outcome: Outcome
    code: str = ""
    shown: Interaction | None = None


def due_offer(
    campaign: Campaign,
    command: Command,
    audience: Audience,
    now_ns: int,
    answered: Container[str],
) -> DueOffer | None:
    """Return the offer that is due while the play of `command` is on the screen; None without any.

    It is the campaign's first offer whose condition somebody identified meets, for the most
    engaged of them. Grants in `answered` are not asked for again. Plain slots have no offers.
    """
    if arm(campaign, command.stand_id, now_ns) == "plain":
        return None
    for offer in campaign.offers:
        for person in audience.meeting(offer.when, now_ns):
            identity = audience.identity(person)
            if identity is None:
                continue
            grant = grant_id(campaign, offer, identity)
            # Whoever was answered is passed over, so that the next one gets a turn.
            if grant not in answered:
                shown = _shown(
                    grant,
                    offer,
                    command,
                    identity,
                    now_ns,
                )
                return DueOffer(offer, shown)
    return None


def _shown(
    grant: str,
    offer: Offer,
    command: Command,
    identity: Identity,
    now_ns: int,
) -> Interaction:
    return Interaction(
        interaction_id=grant,
        stand_id=command.stand_id,
        kind="offer-shown",
        at_ns=now_ns,
        play_id=command.play_id,
        campaign_id=command.campaign_id,
        advertiser=command.advertiser,
        creative_id=command.creative_id,
        offer_id=offer.id,
        visit_id=identity.visit_id,
        config_version=command.config_version,
    )
