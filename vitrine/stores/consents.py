"""What a customer agreed to for offers, asked for by the visit of somebody who was recognised."""

from __future__ import annotations

from typing import cast

from redis import Redis

from vitrine.offers.due import DueOffer
from vitrine.stores.customer_keys import count_key, pseudonym_of
from vitrine.stores.redis import redis_errors


def agrees_to_offers(redis: Redis, visit_id: str) -> bool:
    """Return True while the customer of a visit consents to personal offers.

    `identity` links a visit only under that consent. The link ends with it: in the step that
    withdraws the consent or erases the customer, and by itself when the consent expires. False for
    a stranger, and until the link has come from `identity`. Raises Unavailable.
    """
    with redis_errors(redis):
        return pseudonym_of(redis, visit_id) is not None


def is_visit_of(redis: Redis, due: DueOffer) -> bool:
    """Return True for an offer that asks for no visit, and while it is one that it asks for.

    Visits are counted under the consent to a profile only, and the count ends with it: without that
    consent, or without the link of the visit, no visit is the right one. Raises Unavailable.
    """
    if not due.visits:
        return True
    with redis_errors(redis):
        pseudonym = pseudonym_of(redis, due.shown.visit_id or "")
        if pseudonym is None:
            return False
        count = cast("bytes | None", redis.get(count_key(pseudonym)))
    return count is not None and int(count) in due.visits
