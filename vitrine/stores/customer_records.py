"""Records of customers in Redis, as far as no key is needed: ids, consents, erasure.

`vitrine.stores.customers` names the keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from redis import Redis

from vitrine.customers.consents import Consent, Purpose, allows, last_expiry_ns
from vitrine.customers.records import Customer
from vitrine.errors import ConfigurationError
from vitrine.stores.consents import CONSENTS, read_consents
from vitrine.stores.customer_keys import customer_key, templates_key
from vitrine.stores.receipts import Content
from vitrine.stores.redis import redis_errors

CHANGES: Final = "customers:changes"

# Readers look at the newest entry only; the others are for the operator's eyes.
# Chosen, not measured.
CHANGES_KEPT: Final = 10_000

# A visit ends with the local day, and an offer of its last hour may be granted after
# midnight: two days cover both. Chosen, not measured.
VISIT_LINK_SECONDS: Final = 2 * 86_400

# One step each: nobody who is being erased is linked meanwhile. ARGV: customer, visit,
# seconds.
_LINK = """
if redis.call('SISMEMBER', 'customers', ARGV[1]) == 0 then return end
local visits = 'customer:' .. ARGV[1] .. ':visits'
redis.call('SET', 'visit:' .. ARGV[2], ARGV[1], 'EX', ARGV[3])
redis.call('SADD', visits, ARGV[2])
redis.call('EXPIRE', visits, ARGV[3])
"""

# ARGV: customer, change stream, entries to keep. Returns how many templates and visits
# there were.
_ERASE = """
if redis.call('SREM', 'customers', ARGV[1]) == 0 then return false end
local key = 'customer:' .. ARGV[1]
local visits = redis.call('SMEMBERS', key .. ':visits')
local templates = redis.call('LLEN', key .. ':templates')
for _, visit in ipairs(visits) do redis.call('DEL', 'visit:' .. visit) end
redis.call('DEL', key, key .. ':templates', key .. ':visits', key .. ':offers')
redis.call('XADD', ARGV[2], 'MAXLEN', '~', ARGV[3], '*', 'kind', 'erased')
return {templates, #visits}
"""

# ARGV: customer, consents as they were, as they are from now on, milliseconds until the last one
# expires, change stream, entries to keep, purpose. What is kept for it alone goes with it.
_WITHDRAW = """
local key = 'customer:' .. ARGV[1]
if redis.call('HGET', key, 'consents') ~= ARGV[2] then return 0 end
redis.call('HSET', key, 'consents', ARGV[3])
redis.call('PEXPIRE', key, ARGV[4])
if ARGV[7] == 'profile' then redis.call('HDEL', key, 'tags') end
if ARGV[7] == 'offers' then redis.call('DEL', key .. ':offers') end
redis.call('XADD', ARGV[5], 'MAXLEN', '~', ARGV[6], '*', 'kind', 'withdrawn')
return 1
"""


class CustomerRecords:
    """List, withdraw and erase customers. Raises Unavailable when Redis is away."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def ids(self) -> list[str]:
        """Return the ids of all customers, in order."""
        with redis_errors(self._redis):
            return self._listed()

    def customers(self) -> Iterator[Customer]:
        """Iterate over all customers, by id."""
        with redis_errors(self._redis):
            for customer_id in self._listed():
                found = self._customer(customer_id)
                if found is not None:
                    yield found

    def _name(self, customer_id: str, record: dict[bytes, bytes]) -> str | None:  # noqa: ARG002
        """Return a name; None without the key that opens it."""
        return None

    def _listed(self) -> list[str]:
        members = cast("set[bytes]", self._redis.smembers("customers"))
        return sorted(member.decode() for member in members)

    def _customer(self, customer_id: str) -> Customer | None:
        """Return a customer, or None when the last consent has expired."""
        key = customer_key(customer_id)
        record = cast("dict[bytes, bytes]", self._redis.hgetall(key))
        if not record:
            return None
        templates = self._redis.llen(templates_key(customer_id))
        return Customer(
            customer_id=customer_id,
            name=self._name(customer_id, record),
            consents=read_consents(record.get(b"consents", b"")),
            templates=templates,
        )

    def link_visit(self, visit_id: str, customer_id: str) -> None:
        """Remember whose visit it is, for offers; kept two days."""
        with redis_errors(self._redis):
            self._redis.eval(_LINK, 0, customer_id, visit_id, VISIT_LINK_SECONDS)

    def erase(self, customer_id: str, now_ns: int) -> Content:
        """Remove everything of a customer, and return what a receipt says of it.

        Raises ConfigurationError when there is no such customer.
        """
        with redis_errors(self._redis):
            erased = self._redis.eval(_ERASE, 0, customer_id, CHANGES, CHANGES_KEPT)
        if erased is None:
            raise ConfigurationError(
                f"no customer {customer_id}; `vitrine customers list` shows all"
            )
        templates, visits = erased
        return {
            "customer_id": customer_id,
            "erased_at_ns": now_ns,
            "templates": templates,
            "visits": visits,
        }

    def withdraw(self, customer_id: str, purpose: Purpose, now_ns: int) -> None:
        """End a consent of a customer, and remove what is kept for its purpose alone.

        Raises ConfigurationError without such a customer or consent, and for the consent to be
        recognised: without that one nothing is left, so that `erase` is the way.
        """
        if purpose == "recognise":
            raise ConfigurationError(
                "who is not to be recognised is erased: `vitrine customers erase`"
            )
        with redis_errors(self._redis):
            found = self._redis.hget(customer_key(customer_id), "consents")
            stored = cast("bytes | None", found)
            if stored is None:
                raise ConfigurationError(
                    f"no customer {customer_id}; `vitrine customers list` shows all"
                )
            consents = read_consents(stored)
            if not allows(consents, purpose, now_ns):
                raise ConfigurationError(f"{customer_id} has no consent for {purpose}")
            left = tuple(each for each in consents if each.purpose != purpose)
            withdrawn = self._redis.eval(
                _WITHDRAW,
                0,
                customer_id,
                stored,
                CONSENTS.dump_json(left),
                left_ms(left, now_ns),
                CHANGES,
                CHANGES_KEPT,
                purpose,
            )
        if not withdrawn:
            raise ConfigurationError("somebody else changed the customer; try again")

    def last_change(self) -> str:
        """Return the id of the newest change, `MILLISECONDS-NUMBER`; empty without any."""
        with redis_errors(self._redis):
            entries = self._redis.xrevrange(CHANGES, count=1)
        newest = cast("list[tuple[bytes, Any]]", entries)
        if not newest:
            return ""
        entry_id, _ = newest[0]
        return entry_id.decode()


def left_ms(consents: Sequence[Consent], now_ns: int) -> int:
    """Return the milliseconds until the last of some consents expires."""
    expiry_ns = last_expiry_ns(consents)
    left_ns = expiry_ns - now_ns
    return left_ns // 1_000_000
