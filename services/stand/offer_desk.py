"""Offers of all stands, from the loop's thread: the content goes on while Redis is away."""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from redis import Redis

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.mall import Campaign, Offer
from vitrine.programme.arms import arm
from vitrine.programme.audience import Audience
from vitrine.programme.commands import Command
from vitrine.schemas import Identity, Interaction
from vitrine.services.stand.measures import UNAVAILABLE
from vitrine.stores import offers
from vitrine.stores.offers import Grant
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health

logger = logging.getLogger(__name__)

RETRY_S = 5.0
REMEMBERED = 10_000
COMPONENT = "stand-offers"


class OfferDesk:
    """Asks Redis at most once for each person and offer, and not at all for a while after it failed."""

    def __init__(self, redis: Redis, codes: Path, health: Health) -> None:
        self._redis = redis
        self._codes = codes
        self._health = health
        self._answered: OrderedDict[str, None] = OrderedDict()
        self._loaded: dict[str, int] = {}
        self._forgettable: list[str] = []
        self._recovered = False
        self._retry_at = 0.0
        self.problems: dict[str, str] = {}

    def recover(self) -> Sequence[Interaction]:
        """Once, and again whenever the store is back: events that may not be on the bus. An earlier run left
        them, or the store had granted an offer and its answer was lost."""
        if self._recovered or time.monotonic() < self._retry_at:
            return ()
        try:
            events = offers.pending(self._redis)
        except Unavailable as error:
            self._away(error)
            return ()
        self._recovered = True
        self._back()
        return [
            event for event in events if event.interaction_id not in self._forgettable
        ]

    def grant(
        self, campaign: Campaign, command: Command, audience: Audience, now_ns: int
    ) -> tuple[Offer, str, Interaction] | None:
        """An offer of the campaign on the screen for the most engaged person who meets its condition: the
        offer, its code, and the event to publish. None when nobody is to get one now."""
        if (
            arm(campaign, command.stand_id, now_ns) == "plain"
            or time.monotonic() < self._retry_at
        ):
            return None
        for offer in campaign.offers:
            for person in audience.meeting(offer.when, now_ns):
                identity = audience.identity(person)
                if identity is None or not self._open(campaign, offer, identity):
                    continue
                granted = self._ask(campaign, offer, command, identity, now_ns)
                return (
                    (offer, granted.code, granted.shown)
                    if granted and granted.shown
                    else None
                )
        return None

    def _open(self, campaign: Campaign, offer: Offer, identity: Identity) -> bool:
        return offers.grant_id(campaign, offer, identity) not in self._answered

    def _ask(
        self,
        campaign: Campaign,
        offer: Offer,
        command: Command,
        identity: Identity,
        now_ns: int,
    ) -> Grant | None:
        shown = Interaction(
            interaction_id=offers.grant_id(campaign, offer, identity),
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
        try:
            self._load(offer.codes)
            granted = offers.grant(self._redis, offer, shown)
        except Unavailable as error:
            metrics.OFFERS.labels(command.stand_id, UNAVAILABLE).inc()
            self._away(error)
            return None
        self._back()
        self._remember(shown.interaction_id)
        metrics.OFFERS.labels(command.stand_id, granted.outcome).inc()
        return granted

    def _load(self, pool: str) -> None:
        """Bring the pool's file into Redis when it is new or has changed."""
        path = self._codes / f"{pool}.txt"
        stamp = path.stat().st_mtime_ns if path.is_file() else 0
        if self._loaded.get(pool) == stamp:
            return
        try:
            left = offers.load_codes(self._redis, self._codes, pool)
        except ConfigurationError as error:
            logger.warning("no codes: %s", error)
            self.problems[pool] = f"No codes for offers: {error}"
        else:
            logger.info("pool %s has %d codes left", pool, left)
            self.problems.pop(pool, None)
        self._loaded[pool] = stamp

    def _remember(self, grant: str) -> None:
        self._answered[grant] = None
        if len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)

    def on_bus(self, interaction_ids: Sequence[str]) -> None:
        """These events are durable: Redis need not keep them. Tried again later while Redis is away."""
        self._forgettable += interaction_ids
        if not self._forgettable or time.monotonic() < self._retry_at:
            return
        try:
            offers.forget(self._redis, self._forgettable)
        except Unavailable as error:
            self._away(error)
            return
        self._forgettable.clear()

    def _away(self, error: Unavailable) -> None:
        self._retry_at = time.monotonic() + RETRY_S
        self._recovered = False
        if COMPONENT not in self.problems:
            logger.warning("no offers for now, content goes on: %s", error)
        self.problems[COMPONENT] = f"No offers for now: {error}"
        self._health.unready(COMPONENT, str(error))

    def _back(self) -> None:
        if self.problems.pop(COMPONENT, None):
            logger.info("offers are back")
        self._health.ready(COMPONENT)
