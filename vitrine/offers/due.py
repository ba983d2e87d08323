"""Offers that are due: what to ask the store for, and what it may answer."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vitrine.mall import Campaign, Condition, Offer
from vitrine.offers.caps import (
    customer_until_s,
    grant_id,
    holder_id,
    other_visit_id,
)
from vitrine.programme.arms import arm
from vitrine.programme.audience import Audience
from vitrine.programme.commands import Command
from vitrine.schemas import Identity, Interaction, Person

Outcome = Literal[
    "granted",
    "already",
    "exhausted",
    "no-codes",
    "emptied",
    "no-phone",
    "no-consent",
    "other-visit",
    "other-phone",
    "invited",
    "yours",
    "gone",
]
"""`emptied`: the store has lost what it granted. `other-visit`: it is not the visit that the offer
asks for, or the customer's visits are not counted. Of invitations to a phone: `no-phone` is for a
customer who has linked none, `no-consent` of one who does not consent to personal offers any more,
`other-phone` asked for what is another customer's, `invited` was shown, `yours` is with this phone
already, `gone` was taken or is over."""


@dataclass(frozen=True, slots=True)
class DueOffer:
    """Hold an offer for one person; `shown` is the event to publish once it is granted.

    The store grants it once for `shown.interaction_id` and once for `holder`, as long as fewer than
    `offer.budget` were granted and the pool `offer.codes` has a code left.
    """

    offer: Offer
    shown: Interaction
    holder: str
    personal: bool = False
    """It is due only because the person is recognised, so they have to consent."""
    customer_until_s: int = 0
    """Second of UTC until which the customer gets it once, whatever the day; 0 for who is not
    recognised, and where it is not once a campaign."""
    visits: tuple[int, ...] = ()
    """It is due only on these visits of the customer, which the store alone counts; () for any."""

    @property
    def other_visit(self) -> str:
        """The id to remember, in place of the grant's, where it is not one of these visits."""
        shown = self.shown
        return other_visit_id(shown.interaction_id, str(shown.visit_id), self.visits)

    @property
    def rests_on_consent(self) -> bool:
        """True where it matters that the person is a customer who consents."""
        return self.personal or self.customer_until_s > 0

    def by_consent(self, *, agrees: bool) -> DueOffer | None:
        """Return what may be granted to who consents to personal offers, or not; None for nothing.

        Who does not is not told apart as a customer.
        """
        if agrees or not self.rests_on_consent:
            return self
        if self.personal:
            return None
        return replace(self, customer_until_s=0)

    @property
    def needs_own_phone(self) -> bool:
        """True for what is a customer's only: a photo has their face, and not their phone."""
        return self.offer.show == "phone" and self.personal


@dataclass(frozen=True, slots=True)
class Grant:
    """Hold the store's answer; code, event and number of the grant only when granted."""

    outcome: Outcome
    code: str = ""
    shown: Interaction | None = None
    number: int = 0


def due_offer(
    campaign: Campaign,
    command: Command,
    audience: Audience,
    now_ns: int,
    answered: Container[str],
) -> DueOffer | None:
    """Return the offer that is due while the play of `command` is on the screen; None without any.

    It is the campaign's first offer whose condition somebody identified meets, for the most
    engaged of them; or the condition of the creative's own `then: offer`. A condition that needs
    somebody known is met by who consents to personal offers. Grants in `answered` are
    not asked for again. Plain slots have the same offers, unless the campaign says none.
    """
    is_plain = arm(campaign, command.stand_id, now_ns) == "plain"
    if is_plain and campaign.offers_in_plain == "none":
        return None
    responses = _conditions(campaign, command)
    for offer in campaign.offers:
        conditions = [offer.when, *responses]
        for person, met in _meeting_any(conditions, audience, now_ns):
            identity = audience.identity(person)
            if identity is None:
                continue
            grant = grant_id(campaign, offer, identity)
            holder = holder_id(campaign, offer, person.presence_id)
            ids = [grant, holder]
            visits = _visits(met)
            if visits:
                ids.append(other_visit_id(grant, identity.visit_id, visits))
            # Whoever was answered is passed over, so that the next one gets a turn.
            if any(each in answered for each in ids):
                continue
            return DueOffer(
                offer,
                _shown(grant, offer, command, identity, now_ns),
                holder,
                personal=all(condition.personal for condition in met),
                customer_until_s=_customer_until_s(campaign, offer, audience, identity),
                visits=visits,
            )
    return None


def _conditions(campaign: Campaign, command: Command) -> list[Condition]:
    """Return the conditions under which the creative on the screen grants offers itself."""
    creative = campaign.creative(command.creative_id)
    if creative is None:
        return []
    return [each.when for each in creative.responses if each.then == "offer"]


def _meeting_any(
    conditions: Sequence[Condition],
    audience: Audience,
    now_ns: int,
) -> list[tuple[Person, list[Condition]]]:
    """Return who meets one of these, those of the first condition first, each with what they meet.

    As far as the audience knows: which visit it is, the store knows.
    """
    people: dict[str, Person] = {}
    met: dict[str, list[Condition]] = {}
    for condition in conditions:
        for person in audience.meeting(condition, now_ns, for_offers=True):
            people.setdefault(person.presence_id, person)
            met.setdefault(person.presence_id, []).append(condition)
    return [(person, met[presence_id]) for presence_id, person in people.items()]


def _visits(met: Sequence[Condition]) -> tuple[int, ...]:
    """Return the visits that these ask for; () where one of them asks for none."""
    visits = []
    for condition in met:
        if condition.visits is None:
            return ()
        visits.append(condition.visits)
    return tuple(visits)


def _customer_until_s(
    campaign: Campaign,
    offer: Offer,
    audience: Audience,
    identity: Identity,
) -> int:
    """Return the second until which a customer gets an offer once; 0 for everybody else."""
    if not identity.known or not identity.offers:
        return 0
    return customer_until_s(campaign, offer, audience.time_zone)


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
        slot_ns=command.slot_ns,
        config_version=command.config_version,
    )
