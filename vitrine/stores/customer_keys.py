"""Where customers are in Redis, for those who need one and not the whole store.

`customer:ID` has what is known of a customer, `visit:VISIT` the customer of a visit.
"""

from __future__ import annotations

from typing import cast

from redis import Redis


def customer_key(customer_id: str) -> str:
    """Return the key of a customer's record."""
    return f"customer:{customer_id}"


def templates_key(customer_id: str) -> str:
    """Return the key of a customer's sealed templates."""
    return f"customer:{customer_id}:templates"


def customer_of(redis: Redis, visit_id: str) -> str | None:
    """Return the customer of a visit; None for a visit that is nobody's, or not linked yet."""
    found = cast("bytes | None", redis.get(f"visit:{visit_id}"))
    if found is None:
        return None
    return found.decode()
