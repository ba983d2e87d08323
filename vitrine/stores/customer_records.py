"""Records of customers in Redis, as far as no key of the site is needed: ids, counts, erasure.

`vitrine.stores.customers` names the keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from redis import Redis
from redis.exceptions import ResponseError

from vitrine.customers.records import Customer
from vitrine.errors import ConfigurationError
from vitrine.stores.customer_keys import customer_key, templates_key
from vitrine.stores.customer_scripts import ERASE
from vitrine.stores.data_keys import KeyStore
from vitrine.stores.receipts import Content
from vitrine.stores.redis import redis_errors

IDS: Final = "customers"
CHANGES: Final = "customers:changes"
REWRITE: Final = "customers:log-to-rewrite"

# Who has not read for so many changes reads all customers anew. Chosen, not measured.
CHANGES_KEPT: Final = 10_000


# As long as nobody was a customer.
NO_STREAM: Final[dict[str, Any]] = {"last-generated-id": b"", "entries-added": 0}


class NoCustomer(ConfigurationError):
    """An id that is nobody's."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(
            f"no customer {customer_id}; `vitrine customers list` shows all"
        )


@dataclass(frozen=True, slots=True)
class Change:
    """Name a change of a customer: all that were made before it are known with it."""

    entry: str = ""
    """Id in the stream, `MILLISECONDS-NUMBER`."""
    number: int = 0
    """How many changes there were with this one."""


class CustomerRecords:
    """List and erase customers. Raises Unavailable when Redis or the key store is away."""

    def __init__(self, redis: Redis, keys: KeyStore) -> None:
        self._redis = redis
        self._keys = keys

    def ids(self) -> list[str]:
        """Return the ids of all customers, in order."""
        with redis_errors(self._redis):
            members = cast("set[bytes]", self._redis.smembers(IDS))
        return sorted(member.decode() for member in members)

    def customers(self) -> Iterator[Customer]:
        """Iterate over all customers, by id; without their names, which need the site's key."""
        for customer_id in self.ids():
            if self._is_there(customer_id):
                yield self._unopened(customer_id)

    def erase(self, customer_id: str, now_ns: int) -> Content:
        """Remove everything of a customer, and return what a receipt says of it.

        First the data key, on the disk too: from then on nothing opens that was ever written,
        wherever it still lies. Raises NoCustomer.
        """
        with redis_errors(self._redis):
            is_customer = bool(self._redis.sismember(IDS, customer_id))
        key = self._keys.entry(customer_id)
        if is_customer or key is not None:
            self._keys.remove(customer_id)
        pseudonym = key.pseudonym if key is not None else ""
        with redis_errors(self._redis):
            erased = self._redis.eval(
                ERASE, 0, customer_id, pseudonym, CHANGES, CHANGES_KEPT, REWRITE
            )
        if erased is None and key is None:
            raise NoCustomer(customer_id)
        templates, visits = cast("list[int]", erased or [0, 0])
        return {
            "customer_id": customer_id,
            "erased_at_ns": now_ns,
            "templates": templates,
            "visits": visits,
        }

    def last_change(self) -> Change:
        """Return the newest change."""
        with redis_errors(self._redis):
            return self._last_change(self._redis)

    def changed_since(self, change: Change) -> set[str] | None:
        """Return the customers who were changed after a change; None where that is not known.

        Nobody knows once one of the entries was dropped, or where this is another store.
        """
        after = f"({change.entry}" if change.entry else "-"
        with redis_errors(self._redis):
            step = self._redis.pipeline(transaction=True)
            step.xrange(CHANGES, min=after)
            step.xinfo_stream(CHANGES)
            entries, stream = step.execute(raise_on_error=False)
        if isinstance(stream, ResponseError):
            stream = NO_STREAM
        if len(entries) != stream["entries-added"] - change.number:
            return None
        return {fields[b"customer"].decode() for _, fields in entries}

    def _last_change(self, redis: Redis) -> Change:
        try:
            stream = redis.xinfo_stream(CHANGES)
        except ResponseError:
            # Nobody has been a customer yet.
            stream = NO_STREAM
        entry: bytes = stream["last-generated-id"]
        return Change(entry.decode(), stream["entries-added"])

    def _is_there(self, customer_id: str) -> bool:
        """Return False when the consent to be recognised has expired, and the record with it."""
        with redis_errors(self._redis):
            return bool(self._redis.exists(customer_key(customer_id)))

    def _unopened(self, customer_id: str) -> Customer:
        with redis_errors(self._redis):
            templates = self._redis.llen(templates_key(customer_id))
        return Customer(
            customer_id=customer_id,
            name=None,
            consents=(),
            templates=templates,
        )
