"""Phones of customers in Redis: the second factor beside a face that a photo may show.

A field `phone` of `customer:ID` has a hash of the phone's secret and the customer's id, and goes
with the customer. `customers:phone-link:HASH` waits for the phone that opens the link.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Final, cast

from redis import Redis

from vitrine.errors import ConfigurationError
from vitrine.stores.customer_keys import customer_key, customer_of
from vitrine.stores.redis import redis_errors

# Chosen, not measured: the customer stands there with the phone in their hand.
LINK_SECONDS: Final = 15 * 60
"""Time in which a link can be opened."""
TOKEN_BYTES: Final = 16

# KEYS 1 link, 2 customer. ARGV 1 customer's id, 2 hash of the phone. One step: a link is used once,
# and nobody who is being erased gets a phone meanwhile.
_LINK: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
if redis.call('SISMEMBER', 'customers', ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], 'phone', ARGV[2])
return 1
"""


def offer_link(redis: Redis, customer_id: str) -> str:
    """Return the token of a link that makes the phone which opens it this customer's.

    Raises Unavailable, and ConfigurationError where there is no such customer.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with redis_errors(redis):
        if not redis.sismember("customers", customer_id):
            raise ConfigurationError(
                f"no customer {customer_id}; `vitrine customers list` shows all"
            )
        redis.set(_link_key(token), customer_id, ex=LINK_SECONDS)
    return token


def waits(redis: Redis, token: str) -> bool:
    """Return True while a link can be opened. Raises Unavailable."""
    with redis_errors(redis):
        return bool(redis.exists(_link_key(token)))


def link(redis: Redis, token: str, secret: str) -> bool:
    """Make the phone with this secret the customer's, in place of another; False without a link.

    Raises Unavailable.
    """
    key = _link_key(token)
    with redis_errors(redis):
        found = cast("bytes | None", redis.get(key))
        if found is None:
            return False
        customer_id = found.decode()
        phone = _phone(secret, customer_id)
        linked = redis.eval(
            _LINK,
            2,
            key,
            customer_key(customer_id),
            customer_id,
            phone,
        )
    return bool(linked)


def is_linked(redis: Redis, visit_id: str) -> bool:
    """Return True for a visit of a customer who has a phone. Raises Unavailable."""
    return _phone_of(redis, visit_id) is not None


def belongs(redis: Redis, visit_id: str, secret: str) -> bool:
    """Return True when the phone with this secret is that of the visit's customer.

    Raises Unavailable.
    """
    found = _phone_of(redis, visit_id)
    if found is None:
        return False
    customer_id, phone = found
    return hmac.compare_digest(phone, _phone(secret, customer_id))


def _phone_of(redis: Redis, visit_id: str) -> tuple[str, str] | None:
    """Return the customer of a visit and the hash of their phone; None without both."""
    with redis_errors(redis):
        customer_id = customer_of(redis, visit_id)
        if customer_id is None:
            return None
        found = redis.hget(customer_key(customer_id), "phone")
    phone = cast("bytes | None", found)
    if phone is None:
        return None
    return customer_id, phone.decode()


def _link_key(token: str) -> str:
    return f"customers:phone-link:{sha256(token.encode()).hexdigest()}"


def _phone(secret: str, customer_id: str) -> str:
    text = "\x1f".join(("phone of a customer", secret, customer_id))
    return sha256(text.encode()).hexdigest()
