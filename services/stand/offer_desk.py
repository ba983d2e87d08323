"""Offers of all stands, from the loop's thread: the content goes on while Redis is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from redis import Redis

from vitrine.errors import Unavailable
from vitrine.mall import Campaign, Offer
from vitrine.offers.due import DueOffer, due_offer
from vitrine.offers.made_codes import SIGNED
from vitrine.offers.pending import PendingEvents
from vitrine.programme.audience import Audience
from vitrine.programme.commands import Command
from vitrine.programme.recent import RecentIds
from vitrine.schemas import Interaction
from vitrine.services.stand.code_pools import CodePools
from vitrine.services.stand.counters import UNAVAILABLE, count_offer
from vitrine.services.stand.inviting import Invitations
from vitrine.services.stand.store_watch import EMPTIED, StoreWatch
from vitrine.stores import consents, offers
from vitrine.stores.offers import Emptied
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


# Chosen, not measured: the store answers in less than a millisecond.
LOOK_EVERY_S: Final = 5.0
"""Time between two looks whether the store is still the one that granted before."""


@dataclass(frozen=True, slots=True)
class ShownOffer:
    """Hold an offer to be shown now: with its code and the event to publish, or an invitation."""

    offer: Offer
    code: str = ""
    shown: Interaction | None = None
    token: str = ""
    """Of the invitation that a phone may take."""


class OfferDesk:
    """Ask Redis at most once for each person and offer, and not at all for a while after it failed.

    `codes` is the folder with the pools' files; `key` signs codes that are made here. Without
    `phones` nobody's phone reaches us, and nobody is invited to scan.
    """

    def __init__(
        self,
        redis: Redis,
        codes: Path,
        health: Health,
        watch: StoreWatch,
        key: bytes,
        retry_s: float = RETRY_S,
        *,
        phones: bool = False,
    ) -> None:
        self._redis = redis
        self._pools = CodePools(codes)
        self._health = health
        self._watch = watch
        self._invitations = Invitations(key)
        self._key = key
        self._phones = phones
        self._retry_s = retry_s
        self._retry_at_s = 0.0
        """Of the monotonic clock, as the next."""
        self._look_at_s = 0.0
        self._answered = RecentIds(REMEMBERED_GRANTS)
        self._pending = PendingEvents()
        self._problem = ""

    @property
    def problems(self) -> Sequence[str]:
        """Sentences for the operator."""
        problems = list(self._pools.problems.values())
        if self._problem:
            problems.append(self._problem)
        return problems

    def recover(self) -> list[Interaction]:
        """Return events that may not be on the bus: once, and again whenever the store is back.

        An earlier run left them, or the store had granted an offer and its answer was lost.
        """
        if self._resting():
            return []
        try:
            self._look()
            if not self._pending.unread:
                return []
            stored = offers.pending(self._redis)
        except Unavailable as error:
            self._lost(error)
            return []
        except Emptied:
            self._emptied()
            return []
        self._found()
        return self._pending.to_publish(stored)

    def grant(
        self,
        campaign: Campaign,
        command: Command,
        audience: Audience,
        now_ns: int,
        time_zone: str,
    ) -> ShownOffer | None:
        """Grant the offer that is due while the play of `command` is on, or invite a phone to it.

        None without any. `time_zone` is that of the stand.
        """
        if self._resting():
            return None
        for over in self._invitations.over():
            self._answered.discard(over.shown.interaction_id)
            self._answered.discard(over.holder)
        due = due_offer(
            campaign,
            command,
            audience,
            now_ns,
            self._answered,
        )
        if due is None:
            return None
        try:
            return self._ask(due, campaign.advertiser, time_zone)
        except Unavailable as error:
            self._count(due, UNAVAILABLE)
            self._lost(error)
        except Emptied:
            self._count(due, "emptied")
            self._emptied()
        return None

    def _ask(
        self,
        due: DueOffer,
        advertiser: str,
        time_zone: str,
    ) -> ShownOffer | None:
        """Return what the store grants. Raises Emptied and Unavailable."""
        if due.offer.show == "phone" and not self._phones:
            # A problem that the operator is told of; the next offer gets a turn.
            self._remember(due)
            return None
        agreed = self._agreed(due)
        if agreed is None:
            return None
        due = agreed
        mark = self._watch.mark(self._redis)
        pool = due.offer.codes
        if pool != SIGNED and not self._pools.load(self._redis, pool, mark):
            # Not remembered: the file may be on its way.
            return None
        shown = ShownOffer(due.offer)
        if due.offer.show == "phone":
            invited = self._invitations.invite(
                self._redis, due, mark, advertiser, time_zone
            )
            outcome = invited.outcome
            if outcome == "invited":
                shown = replace(shown, token=invited.token)
        else:
            answer = offers.grant(self._redis, due, mark, self._key)
            outcome = answer.outcome
            self._watch.granted(answer.number)
            shown = replace(shown, code=answer.code, shown=answer.shown)
        if outcome == "emptied":
            raise Emptied
        self._found()
        # Whatever the answer, it would be the same again.
        self._remember(due)
        self._count(due, outcome)
        if outcome not in {"granted", "invited"}:
            return None
        return shown

    def _agreed(self, due: DueOffer) -> DueOffer | None:
        """Return what may be granted by the consent of the moment; None for nothing now.

        Raises Unavailable.
        """
        if not due.rests_on_consent:
            return due
        visit_id = due.shown.visit_id or ""
        if not consents.agrees_to_offers(self._redis, visit_id):
            # Not remembered: the visit's link may be on its way. Where the consent has ended,
            # `identity` says so within a second, and what is granted to anybody rests on none.
            return None
        if not consents.is_visit_of(self._redis, due):
            # The link comes in the step that counts, so the number is that of this visit.
            self._answered.add(due.other_visit)
            self._count(due, "other-visit")
            return None
        return due

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

    def _look(self) -> None:
        """Look at the store now and then, also when no offer is due. Raises as `mark`."""
        now_s = time.monotonic()
        if now_s < self._look_at_s:
            return
        self._look_at_s = now_s + LOOK_EVERY_S
        self._watch.look(self._redis)
        self._found()

    def _remember(self, due: DueOffer) -> None:
        self._answered.add(due.shown.interaction_id)
        self._answered.add(due.holder)

    def _resting(self) -> bool:
        return time.monotonic() < self._retry_at_s

    def _count(self, due: DueOffer, outcome: str) -> None:
        count_offer(due.shown.stand_id, outcome)

    def _lost(self, error: Unavailable) -> None:
        self._retry_at_s = time.monotonic() + self._retry_s
        self._pending.store_lost()
        if not self._problem:
            logger.warning("no offers for now, content goes on: %s", error)
        self._problem = f"No offers for now: {error}"
        self._health.unready(COMPONENT, str(error))

    def _emptied(self) -> None:
        self._retry_at_s = time.monotonic() + self._retry_s
        self._look_at_s = 0.0
        self._watch.stop()
        # Whatever it is filled with again, the files have to be read once more.
        self._pools.forget()
        if self._problem != EMPTIED:
            logger.error("%s", EMPTIED)
        self._problem = EMPTIED
        self._health.unready(COMPONENT, EMPTIED)

    def _found(self) -> None:
        if self._problem:
            self._problem = ""
            logger.info("offers are back")
        self._health.ready(COMPONENT)
