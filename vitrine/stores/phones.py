"""Phones of customers in Redis: the second factor beside a face that a photo may show.

A field `phone` of `known:PSEUDONYM` has a hash of the phone's secret and the pseudonym, and goes
with the customer's consent to offers. One of `customer:ID` has a hash of the secret, bound to the
customer's data key, for the customer's own pages, and goes with the customer.
`customers:phone-link:HASH` waits for the phone that opens the link.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Final, cast

from redis import Redis

from vitrine.stores.customer_keys import customer_key, known_key, pseudonym_of
from vitrine.stores.redis import redis_errors

# Chosen, not measured: the customer stands there with the phone in their hand.
LINK_SECONDS: Final = 15 * 60
"""Time in which a link can be opened."""
TOKEN_BYTES: Final = 16
# As long as the phone's cookie. The next visit shortens it to the consent to offers.
KEEP_SECONDS: Final = 400 * 86_400

# KEYS 1 link, 2 what is known of the customer. ARGV 1 pseudonym, 2 hash of the phone, 3 seconds.
# One step: a link is used once.
_LINK: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[2], 'phone', ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3], 'NX')
return 1
"""

# KEYS 1 customer. ARGV 1 hash of the phone. Without a record nobody would remove it.
_LINK_AT_ONCE: Final = """
if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return 0 end
redis.call('HSET', KEYS[1], 'phone', ARGV[1])
return 1
"""


def offer_link(redis: Redis, pseudonym: str) -> str:
    """Return the token of a link that makes the phone which opens it a customer's.

    The key store has the pseudonyms of customers. Raises Unavailable.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with redis_errors(redis):
        redis.set(_link_key(token), pseudonym, ex=LINK_SECONDS)
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
        pseudonym = found.decode()
        linked = redis.eval(
            _LINK,
            2,
            key,
            known_key(pseudonym),
            pseudonym,
            _phone(secret, pseudonym),
            KEEP_SECONDS,
        )
    return bool(linked)


def link_at_once(redis: Redis, customer_id: str, secret: str) -> bool:
    """Make the phone with this secret the customer's, in place of another; False without them.

    The secret is `bound` to the customer. Raises Unavailable.
    """
    phone = _phone(secret, customer_id)
    key = customer_key(customer_id)
    with redis_errors(redis):
        return bool(redis.eval(_LINK_AT_ONCE, 1, key, phone))


def unlink(redis: Redis, customer_id: str, pseudonym: str) -> None:
    """Make no phone a customer's any more, for their own pages and for offers.

    Raises Unavailable.
    """
    with redis_errors(redis):
        redis.hdel(customer_key(customer_id), "phone")
        redis.hdel(known_key(pseudonym), "phone")


def is_phone_of(redis: Redis, customer_id: str, secret: str) -> bool:
    """Return True when the phone with this `bound` secret is the customer's. Raises Unavailable."""
    with redis_errors(redis):
        found = redis.hget(customer_key(customer_id), "phone")
    phone = cast("bytes | None", found)
    if phone is None or not secret:
        return False
    return hmac.compare_digest(phone.decode(), _phone(secret, customer_id))


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
    pseudonym, phone = found
    return hmac.compare_digest(phone, _phone(secret, pseudonym))


def _phone_of(redis: Redis, visit_id: str) -> tuple[str, str] | None:
    """Return the pseudonym of a visit's customer and the hash of their phone; None without both."""
    with redis_errors(redis):
        pseudonym = pseudonym_of(redis, visit_id)
        if pseudonym is None:
            return None
        found = redis.hget(known_key(pseudonym), "phone")
    phone = cast("bytes | None", found)
    if phone is None:
        return None
    return pseudonym, phone.decode()


def _link_key(token: str) -> str:
    return f"customers:phone-link:{sha256(token.encode()).hexdigest()}"


def _phone(secret: str, pseudonym: str) -> str:
    text = "\x1f".join(("phone of a customer", secret, pseudonym))
    return sha256(text.encode()).hexdigest()
