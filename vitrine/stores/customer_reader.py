"""Customers as they lie in Redis, opened: their records, and the templates of recognition.

`vitrine.stores.customers` names the keys.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, cast

from redis import Redis

from vitrine.customers.consents import allows, next_end_ns
from vitrine.customers.records import Agreement, Customer, Template
from vitrine.errors import Invalid
from vitrine.sealing import Sealer
from vitrine.stores.customer_keys import count_key, customer_key, templates_key
from vitrine.stores.customer_records import CustomerRecords
from vitrine.stores.data_keys import DataKey, KeyStore
from vitrine.stores.redis import redis_errors
from vitrine.stores.sealed_records import Record, opened_record, opened_template
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# Of customers that are read in one round trip. Chosen, not measured.
READ_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Opened:
    """Hold a record, its version, and what opened it."""

    record: Record
    version: int
    key: DataKey
    sealer: Sealer


@dataclass(frozen=True, slots=True)
class _Stored:
    """Hold what is stored of a customer; without `opened`, the `fault` says why."""

    customer_id: str
    opened: Opened | None
    fault: str
    templates: Sequence[bytes]


@dataclass(slots=True)
class _Unreadable:
    """Know what is left out."""

    records: set[str] = field(default_factory=set)
    """Of these customers."""
    templates: Counter[str] = field(default_factory=Counter)
    """How many, by customer."""

    def forget(self, customer_ids: Iterable[str]) -> None:
        """Forget what is known of customers who are read again."""
        for customer_id in customer_ids:
            self.records.discard(customer_id)
            self.templates.pop(customer_id, None)

    def show(self) -> None:
        """Set the metrics."""
        metrics.CUSTOMERS_UNREADABLE.set(len(self.records))
        metrics.TEMPLATES_UNREADABLE.set(self.templates.total())


class CustomerReader(CustomerRecords):
    """Read customers with the site's key and their data keys.

    Raises Unavailable when Redis or the key store is away.
    """

    def __init__(
        self,
        redis: Redis,
        sealer: Sealer,
        keys: KeyStore,
    ) -> None:
        super().__init__(redis, keys)
        self.sealer = sealer
        self._unreadable = _Unreadable()

    def check_keys(self) -> None:
        """Raise Unavailable while the key store is away."""
        self._keys.name()

    def customer(self, customer_id: str) -> Customer | None:
        """Return a customer as the record says; None where there is none that opens."""
        opened = self.opened(customer_id)
        if opened is None:
            return None
        pseudonym = opened.key.pseudonym
        with redis_errors(self._redis):
            visits = cast("bytes | None", self._redis.get(count_key(pseudonym)))
        unopened = self._unopened(customer_id)
        record = opened.record
        return replace(
            unopened,
            name=record.name,
            consents=record.consents,
            tags=record.tags,
            level=record.level,
            interests=record.interests,
            visits=int(visits or 0),
            pseudonym=pseudonym,
        )

    def bound(self, customer_id: str, secret: str) -> str | None:
        """Return a secret as it is kept of a customer; None where there is none that opens.

        Who can write to Redis, and has not the site's key, can make none for a secret of theirs.
        """
        opened = self.opened(customer_id)
        if opened is None:
            return None
        return opened.sealer.proof(secret, f"{customer_id}|secret")

    def customers(self) -> Iterator[Customer]:
        """Iterate over all customers, by id; over those whose record does not open, by it alone."""
        for customer_id in self.ids():
            found = self.customer(customer_id)
            if found is not None:
                yield found
            elif self._is_there(customer_id):
                yield self._unopened(customer_id)

    def templates(self, now_ns: int) -> list[Template]:
        """Return the templates of all customers who agreed to be recognised now.

        Leaves out those that only a key in hand opens; and, counted, records and templates that do
        not open.
        """
        self._unreadable = _Unreadable()
        found = self._read(self.ids(), self._keys.entries(), now_ns)
        self._unreadable.show()
        return found

    def templates_of(
        self,
        customer_ids: Collection[str],
        now_ns: int,
    ) -> list[Template]:
        """Return those of some customers, as `templates`."""
        keys = {each: self._keys.entry(each) for each in customer_ids}
        self._unreadable.forget(customer_ids)
        found = self._read(sorted(customer_ids), keys, now_ns)
        self._unreadable.show()
        return found

    def _read(
        self,
        customer_ids: Sequence[str],
        keys: Mapping[str, DataKey | None],
        now_ns: int,
    ) -> list[Template]:
        found: list[Template] = []
        for stored in self._stored(customer_ids, keys):
            opened = stored.opened
            if opened is None:
                logger.warning("a customer is left out: %s", stored.fault)
                self._unreadable.records.add(stored.customer_id)
            elif opened.record.hand is None:
                found += self._agreed(stored, opened, now_ns)
        return found

    def templates_in_hand(
        self,
        hand_keys: Mapping[str, bytes],
        now_ns: int,
    ) -> list[Template]:
        """Return the templates that the keys in hand of some customers open, as `templates`."""
        keys = {each: self._keys.entry(each) for each in hand_keys}
        self._unreadable.forget(hand_keys)
        found: list[Template] = []
        for stored in self._stored(sorted(hand_keys), keys):
            opened = stored.opened
            if opened is not None and opened.record.hand is not None:
                hand_key = hand_keys[stored.customer_id]
                found += self._agreed(stored, opened, now_ns, hand_key)
        self._unreadable.show()
        return found

    def all_opened(self) -> Iterator[tuple[str, Opened]]:
        """Iterate over the customers whose record opens, by id."""
        for stored in self._stored(self.ids(), self._keys.entries()):
            if stored.opened is not None:
                yield stored.customer_id, stored.opened

    def opened(self, customer_id: str) -> Opened | None:
        """Return the record of a customer; None where there is none that opens."""
        key = self._keys.entry(customer_id)
        with redis_errors(self._redis):
            stored = self._redis.hmget(customer_key(customer_id), "version", "record")
        version, sealed = cast("list[bytes | None]", stored)
        if version is None and sealed is None:
            return None
        try:
            return self._open(customer_id, key, version, sealed)
        except Invalid as error:
            logger.warning("the record of a customer does not open: %s", error)
            return None

    def _open(
        self,
        customer_id: str,
        key: DataKey | None,
        version: bytes | None,
        sealed: bytes | None,
    ) -> Opened:
        """Return a record. Raises Invalid."""
        if key is None:
            raise Invalid("its data key is not there")
        if version is None or sealed is None or not version.isdigit():
            raise Invalid("a part of it is missing")
        number = int(version)
        if number < key.least_version:
            raise Invalid("it is older than what was withdrawn since")
        sealer = key.opened(self.sealer, customer_id)
        record = opened_record(sealer, customer_id, number, sealed)
        return Opened(record, number, key, sealer)

    def _stored(
        self,
        customer_ids: Sequence[str],
        keys: Mapping[str, DataKey | None],
    ) -> Iterator[_Stored]:
        """Iterate over those customers who have a record, some in each round trip."""
        for start in range(0, len(customer_ids), READ_AT_ONCE):
            some = customer_ids[start : start + READ_AT_ONCE]
            with redis_errors(self._redis):
                reads = self._redis.pipeline(transaction=False)
                for customer_id in some:
                    reads.hmget(customer_key(customer_id), "version", "record")
                    reads.lrange(templates_key(customer_id), 0, -1)
                answers = reads.execute()
            found = zip(some, answers[::2], answers[1::2], strict=True)
            for customer_id, (version, sealed), templates in found:
                if version is None and sealed is None:
                    continue
                try:
                    opened = self._open(
                        customer_id, keys.get(customer_id), version, sealed
                    )
                except Invalid as error:
                    yield _Stored(customer_id, None, str(error), templates)
                else:
                    yield _Stored(customer_id, opened, "", templates)

    def _agreed(
        self,
        stored: _Stored,
        opened: Opened,
        now_ns: int,
        hand_key: bytes | None = None,
    ) -> list[Template]:
        """Return the templates of a customer who may be recognised now, with what they agree to."""
        record = opened.record
        if not allows(record.consents, "recognise", now_ns):
            return []
        has_profile = allows(record.consents, "profile", now_ns)
        agreement = Agreement(
            offers=allows(record.consents, "offers", now_ns),
            tags=record.told() if has_profile else (),
        )
        until_ns = next_end_ns(record.consents, now_ns)
        customer_id = stored.customer_id
        found = []
        for text in stored.templates:
            try:
                template = opened_template(opened.sealer, customer_id, text, hand_key)
            except Invalid as error:
                logger.warning("a template is left out: %s", error)
                self._unreadable.templates[customer_id] += 1
                continue
            found.append(replace(template, agreement=agreement, until_ns=until_ns))
        return found
