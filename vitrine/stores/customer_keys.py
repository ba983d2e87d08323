"""Where customers are in Redis, for those who need one and not the whole store.

`customer:ID` has what is known of a customer. Visits and offers know nobody by that id: they have a
pseudonym. `visit:VISIT` is the pseudonym of the customer of a visit, `known:PSEUDONYM` what the
stand remembers of them. Which customer a pseudonym is, the key store alone knows: it goes with the
customer's data key, and no log or backup of this Redis leads from a visit to a customer.
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


def known_key(pseudonym: str) -> str:
    """Return the key of what the stand remembers of a customer who agreed to offers."""
    return f"known:{pseudonym}"


def count_key(pseudonym: str) -> str:
    """Return the key of the number of visits of a customer who agreed to a profile."""
    return f"known:{pseudonym}:count"


def pseudonym_of(redis: Redis, visit_id: str) -> str | None:
    """Return who a visit belongs to; None for a visit of nobody who agreed to offers."""
    found = cast("bytes | None", redis.get(f"visit:{visit_id}"))
    if found is None:
        return None
    return found.decode()
