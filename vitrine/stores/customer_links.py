"""Whose visit it is: for offers, and for counting the visits of a customer."""

from __future__ import annotations

from typing import Final

from redis import Redis

from vitrine.customers.consents import allows, left_ns
from vitrine.stores.customer_reader import CustomerReader
from vitrine.stores.customer_scripts import LINK
from vitrine.stores.redis import redis_errors

MS_NS: Final = 1_000_000

# A visit ends with the local day, and an offer of its last hour may be granted after
# midnight: two days cover both. Chosen, not measured.
VISIT_LINK_MS: Final = 2 * 86_400_000
# Chosen, not measured: nobody changes a customer so often within a millisecond.
LINK_TRIES: Final = 5


def link_visit(
    redis: Redis,
    customers: CustomerReader,
    visit_id: str,
    customer_id: str,
    now_ns: int,
) -> None:
    """Remember whose visit it is, for offers; count it, for a profile.

    Each only where the customer agrees to that now; for two days, and no longer than that.
    """
    # Where somebody changed the customer meanwhile, what they agree to is read again.
    for _ in range(LINK_TRIES):
        opened = customers.opened(customer_id)
        if opened is None:
            return
        consents = opened.record.consents
        if not allows(consents, "recognise", now_ns):
            return
        offers_ms = left_ns(consents, "offers", now_ns) // MS_NS
        profile_ms = left_ns(consents, "profile", now_ns) // MS_NS
        if offers_ms == 0 and profile_ms == 0:
            return
        with redis_errors(redis):
            linked = redis.eval(
                LINK,
                0,
                customer_id,
                opened.version,
                visit_id,
                opened.key.pseudonym,
                offers_ms,
                profile_ms,
                VISIT_LINK_MS,
            )
        if linked:
            return
