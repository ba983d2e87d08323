"""Consents of customers in Redis, asked for by the visit of somebody who was recognised."""

from __future__ import annotations

import logging
from typing import Final, cast

from pydantic import TypeAdapter, ValidationError
from redis import Redis

from vitrine.customers.consents import Consent, allows
from vitrine.stores.customer_keys import customer_key, customer_of
from vitrine.stores.redis import redis_errors

logger = logging.getLogger(__name__)

CONSENTS: Final = TypeAdapter(tuple[Consent, ...])


def read_consents(stored: bytes) -> tuple[Consent, ...]:
    """Return stored consents; none where they cannot be read, so that they allow nothing."""
    try:
        return CONSENTS.validate_json(stored)
    except ValidationError:
        logger.warning("a customer's consents cannot be read, so they allow nothing")
        return ()


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
    return allows(read_consents(consents), "offers", at_ns)
