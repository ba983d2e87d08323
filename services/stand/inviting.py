"""Invitations to a phone: which are out, and for how long a phone holds what it took."""

from __future__ import annotations

import secrets
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from redis import Redis

from vitrine.mall import Offer
from vitrine.mall.days import left_of_day_s
from vitrine.offers.due import DueOffer, Outcome
from vitrine.stores import invitations, phones
from vitrine.stores.invitations import LIFE_SECONDS, Invitation
from vitrine.stores.offers import KEEP_SECONDS, Mark

# 128 bits: nobody guesses one in its minute, nor in a million years.
TOKEN_BYTES: Final = 16
# Chosen, not measured: who did not scan within the minute is asked again, and not all the time.
AGAIN_S: Final = 300.0
"""Time after which an invitation that nobody took is shown again to who is still there."""
# Chosen, not measured: longer than people stay before a screen. Without recognition, who walks away
# and comes back is somebody new to the camera.
VISIT_SECONDS: Final = 3_600
"""Time for which a phone gets no second code of an offer that is once a visit."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Hold the store's answer, and the token where it invites."""

    outcome: Outcome
    token: str = ""


class Invitations:
    """Make invitations; `key` signs codes."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._out: deque[tuple[float, DueOffer]] = deque()
        """Second of the monotonic clock, and what is asked for again then."""

    def invite(
        self,
        redis: Redis,
        due: DueOffer,
        mark: Mark,
        advertiser: str,
        time_zone: str,
    ) -> Invited:
        """Store an invitation with a new token, if its offer can be granted.

        Raises Unavailable.
        """
        again_s = time.monotonic() + LIFE_SECONDS + AGAIN_S
        self._out.append((again_s, due))
        visit_id = due.shown.visit_id or ""
        if due.needs_own_phone and not phones.is_linked(redis, visit_id):
            return Invited("no-phone")
        left_s = left_of_day_s(due.shown.at_ns, time_zone)
        invitation = Invitation(
            due,
            mark,
            advertiser,
            held_seconds(due.offer, left_s),
        )
        token = secrets.token_urlsafe(TOKEN_BYTES)
        outcome = invitations.invite(redis, invitation, token, self._key)
        if outcome != "invited":
            return Invited(outcome)
        return Invited(outcome, token)

    def over(self) -> list[DueOffer]:
        """Return what may be asked for once more; the store refuses what was taken."""
        now_s = time.monotonic()
        found = []
        while self._out and self._out[0][0] <= now_s:
            found.append(self._out.popleft()[1])
        return found


def held_seconds(offer: Offer, left_of_day_s: int) -> int:
    """Return for how long a phone that took an offer gets no other code of it."""
    if offer.once_per == "visit":
        return VISIT_SECONDS
    if offer.once_per == "day":
        return max(1, left_of_day_s)
    return KEEP_SECONDS
