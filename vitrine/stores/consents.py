"""Consents of customers in Redis, asked for by the visit of somebody who was recognised."""

from __future__ import annotations

from typing import Final, cast

from pydantic import TypeAdapter
from redis import Redis

from vitrine.customers.consents import Consent, allows
from vitrine.stores.customer_keys import customer_key, customer_of
from vitrine.stores.redis import redis_errors

CONSENTS: Final = TypeAdapter(tuple[Consent, ...])


def agrees_to_offers(redis: Redis, visit_id: str, at_ns: int) -> bool | None:
    """Return whether the customer of a visit consents to personal offers at a time.

    None for a visit that is nobody's: of a stranger, of a customer who was erased, or of one whose
    link is on its way from `identity`. Raises Unavailable.
    """
    with redis_errors(redis):
        customer_id = customer_of(redis, visit_id)
        if customer_id is None:
            return None
        stored = redis.hget(customer_key(customer_id), "consents")
    consents = cast("bytes | None", stored)
    if consents is None:
        return False
    return allows(CONSENTS.validate_json(consents), "offers", at_ns)
