"""Offers of all stands, from the loop's thread: the content goes on while Redis is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from redis import Redis

from vitrine.errors import Unavailable
from vitrine.mall import Campaign, Offer
from vitrine.offers.due import DueOffer, Grant, due_offer
from vitrine.offers.pending import PendingEvents
from vitrine.programme.audience import Audience
from vitrine.programme.commands import Command
from vitrine.programme.recent import RecentIds
from vitrine.schemas import Interaction
from vitrine.services.stand.code_pools import CodePools
from vitrine.services.stand.counters import UNAVAILABLE
from vitrine.stores import offers
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health

logger = logging.getLogger(__name__)

# Chosen, not measured: a call to a store that is away takes up to two seconds, in which no
# command goes out; so at most two of seven seconds are lost.
RETRY_S: Final = 5.0
"""Time for which a store that failed is not asked again."""
# Chosen, not measured: the visits of a day at some ten stands. Whoever falls out is asked for
# once more, and the store answers that the offer was granted already.
REMEMBERED_GRANTS: Final = 10_000
COMPONENT: Final = "stand-offers"


@dataclass(frozen=True, slots=True)
class GrantedOffer:
    """Hold an offer to be shown now, with its code and the event to publish."""

    offer: Offer
    code: str
    shown: Interaction


class OfferDesk:
    """Ask Redis at most once for each person and offer, and not at all for a while after it failed.

    `codes` is the folder with the pools' files.
    """

    def __init__(
        self,
        redis: Redis,
        codes: Path,
        health: Health,
        retry_s: float = RETRY_S,
    ) -> None:
        self._redis = redis
        self._pools = CodePools(codes)
        self._health = health
        self._retry_s = retry_s
        self._retry_at_s = 0.0
        """Of the monotonic clock."""
        self._answered = RecentIds(REMEMBERED_GRANTS)
        self._pending = PendingEvents()
        self._away = ""

    @property
    def problems(self) -> Sequence[str]:
        """Sentences for the operator."""
        problems = list(self._pools.problems.values())
        if self._away:
            problems.append(self._away)
        return problems

    def recover(self) -> list[Interaction]:
        """Return events that may not be on the bus: once, and again whenever the store is back.

        An earlier run left them, or the store had granted an offer and its answer was lost.
        """
        if not self._pending.unread or self._resting():
            return []
        try:
            stored = offers.pending(self._redis)
        except Unavailable as error:
            self._lost(error)
            return []
        self._found()
        return self._pending.to_publish(stored)

    def grant(
        self,
        campaign: Campaign,
        command: Command,
        audience: Audience,
        now_ns: int,
    ) -> GrantedOffer | None:
        """Grant the offer that is due while the play of `command` is on; None without any."""
        if self._resting():
            return None
        due = due_offer(
            campaign,
            command,
            audience,
            now_ns,
            self._answered,
        )
        if due is None:
            return None
        answer = self._ask(due)
        if answer is None or answer.shown is None:
            return None
        return GrantedOffer(due.offer, answer.code, answer.shown)

    def _ask(self, due: DueOffer) -> Grant | None:
        """Return the store's answer; None when it is away."""
        stand_id = due.shown.stand_id
        try:
            self._pools.load(self._redis, due.offer.codes)
            answer = offers.grant(self._redis, due)
        except Unavailable as error:
            metrics.OFFERS.labels(stand_id, UNAVAILABLE).inc()
            self._lost(error)
            return None
        self._found()
        # Whatever the answer, it would be the same again.
        self._answered.add(due.shown.interaction_id)
        metrics.OFFERS.labels(stand_id, answer.outcome).inc()
        return answer

    def on_bus(self, interaction_ids: Sequence[str]) -> None:
        """Let Redis forget events that are durable; tried again later while Redis is away."""
        self._pending.published(interaction_ids)
        settled = self._pending.to_forget()
        if not settled or self._resting():
            return
        try:
            offers.forget(self._redis, settled)
        except Unavailable as error:
            self._lost(error)
            return
        self._pending.forgotten(settled)

    def _resting(self) -> bool:
        return time.monotonic() < self._retry_at_s

    def _lost(self, error: Unavailable) -> None:
        self._retry_at_s = time.monotonic() + self._retry_s
        self._pending.store_lost()
        if not self._away:
            logger.warning("no offers for now, content goes on: %s", error)
        self._away = f"No offers for now: {error}"
        self._health.unready(COMPONENT, str(error))

    def _found(self) -> None:
        if self._away:
            self._away = ""
            logger.info("offers are back")
        self._health.ready(COMPONENT)
