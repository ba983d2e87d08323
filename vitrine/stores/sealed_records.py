"""What is sealed of a customer in Redis, and the change to another key.

`about_name` and `about_template` bind it: copied to another customer, it never opens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from redis import Redis

from vitrine.errors import Invalid
from vitrine.sealing import Sealer
from vitrine.stores.customer_keys import customer_key, templates_key
from vitrine.stores.redis import redis_errors

# Only what is still as it was read: the customer may be erased meanwhile. ARGV: name as it was,
# key and name from now on.
_NAME: Final = """
if redis.call('HGET', KEYS[1], 'name') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'name_key', ARGV[2], 'name', ARGV[3])
return 1
"""

# ARGV: place, template as it was, as it is from now on.
_TEMPLATE: Final = """
if redis.call('LINDEX', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('LSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""


class StoredTemplate(BaseModel):
    """Hold a template as it lies in Redis."""

    model_config = ConfigDict(frozen=True)

    model: str
    key_id: str
    sealed: str


@dataclass(slots=True)
class Rotated:
    """Count names and templates."""

    sealed: int = 0
    """Sealed with the active key now, and with another one before."""
    unopened: int = 0
    """Left as they are, as no key opens them."""


def about_name(customer_id: str) -> str:
    """Return what a sealed name belongs to."""
    return f"{customer_id}|name"


def about_template(customer_id: str, model: str) -> str:
    """Return what a sealed template belongs to."""
    return f"{customer_id}|{model}"


def rotate(
    redis: Redis,
    sealer: Sealer,
    customer_id: str,
    rotated: Rotated,
) -> None:
    """Seal name and templates of a customer with the active key.

    Each in one step: what a process that dies leaves undone opens as before. Raises Unavailable.
    """
    with redis_errors(redis):
        _rotate_name(redis, sealer, customer_id, rotated)
        found = redis.lrange(templates_key(customer_id), 0, -1)
        for place, text in enumerate(cast("list[bytes]", found)):
            try:
                anew = _sealed_anew(sealer, customer_id, text)
            except (Invalid, ValidationError):
                rotated.unopened += 1
                continue
            if anew is not None:
                key = templates_key(customer_id)
                done = redis.eval(_TEMPLATE, 1, key, place, text, anew)
                rotated.sealed += cast("int", done)


def _rotate_name(
    redis: Redis,
    sealer: Sealer,
    customer_id: str,
    rotated: Rotated,
) -> None:
    key = customer_key(customer_id)
    stored = redis.hmget(key, "name_key", "name")
    key_id, name = cast("list[bytes | None]", stored)
    if key_id is None or name is None or key_id.decode() == sealer.active_id:
        return
    about = about_name(customer_id)
    try:
        plain = sealer.decrypt(key_id.decode(), name.decode(), about)
    except (Invalid, UnicodeDecodeError):
        rotated.unopened += 1
        return
    new_id, anew = sealer.encrypt(plain, about)
    done = redis.eval(_NAME, 1, key, name, new_id, anew)
    rotated.sealed += cast("int", done)


def _sealed_anew(sealer: Sealer, customer_id: str, text: bytes) -> str | None:
    """Return a template under the active key; None for one that is. Raises as `decrypt`."""
    stored = StoredTemplate.model_validate_json(text)
    if stored.key_id == sealer.active_id:
        return None
    about = about_template(customer_id, stored.model)
    plain = sealer.decrypt(stored.key_id, stored.sealed, about)
    key_id, sealed = sealer.encrypt(plain, about)
    anew = StoredTemplate(model=stored.model, key_id=key_id, sealed=sealed)
    return anew.model_dump_json()
