"""The customer store in Redis: sealed records and templates, changes as a stream.

Keys: `customers` (ids), `customer:ID` (record, sealed with the customer's data key, and its
version), `customer:ID:templates` (sealed), `customers:changes` (stream); `customer_keys` has those
of visits and offers. `customers:key-store` says which key store has the data keys.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from vitrine.customers.consents import (
    Consent,
    Purpose,
    allows,
    left_ns,
    renewed,
    withdrawn,
)
from vitrine.customers.records import Vector
from vitrine.errors import ConfigurationError, Invalid, Unavailable
from vitrine.stores import customer_links, customer_sweep
from vitrine.stores.customer_checks import (
    NO_PROFILE,
    check_record,
    covered_now,
    has_withdrawn,
    numbered,
)
from vitrine.stores.customer_keys import customer_key, templates_key
from vitrine.stores.customer_reader import CustomerReader, Opened
from vitrine.stores.customer_records import (
    CHANGES,
    CHANGES_KEPT,
    IDS,
    REWRITE,
    NoCustomer,
)
from vitrine.stores.customer_rotation import Rotated, rotate
from vitrine.stores.customer_scripts import PUT
from vitrine.stores.customer_sweep import Swept
from vitrine.stores.data_keys import DataKey
from vitrine.stores.hand_keys import new_hand_key, unwrapped, wrapped
from vitrine.stores.redis import redis_errors
from vitrine.stores.sealed_records import (
    HeldBy,
    Record,
    hand_of,
    sealed_record,
    sealed_template,
)

ID_BYTES: Final = 12
FIRST_VERSION: Final = 1
MS_NS: Final = 1_000_000

LOCK: Final = "customers:joining"
# The lock of a process that was killed ends by itself. Looking through 100,000 templates takes
# less. Chosen, not measured.
LOCK_S: Final = 30.0
WAIT_S: Final = 10.0


class CustomerStore(CustomerReader):
    """Read and write customers; what no consent covers any more disappears.

    Raises Unavailable when Redis or the key store is away.
    """

    # One customer

    @contextmanager
    def enrolling(self) -> Iterator[None]:
        """Let nobody else enrol, or get another phone, in whatever process.

        First look for the face, or the recovery code, and then `enrol` or hand over. Raises
        Unavailable where others take too long.
        """
        lock = self._redis.lock(LOCK, LOCK_S, blocking_timeout=WAIT_S)
        with redis_errors(self._redis):
            if not lock.acquire():
                raise Unavailable("others are being enrolled")
        try:
            yield
        finally:
            # Who is enrolled stays so, whatever became of the lock, which ends by itself.
            with suppress(Unavailable), redis_errors(self._redis):
                lock.release()

    def enrol(
        self,
        name: str,
        vectors: Sequence[Vector],
        model: str,
        consents: Sequence[Consent],
        now_ns: int,
        tags: Sequence[str] = (),
        level: str = "",
        interests: Sequence[str] = (),
        held_by: HeldBy | None = None,
    ) -> str:
        """Store a new customer in one step, and return the id.

        Where they are `held_by` secrets of the customer, only those open the templates.

        Raises ConfigurationError without a vector, or without consent to be recognised; for tags,
        a level or interests without a consent to a profile, or that no campaign can ask for.
        """
        record = Record(
            name=name,
            consents=numbered(consents),
            tags=tuple(tags),
            level=level,
            interests=tuple(interests),
        )
        check_record(record, now_ns)
        if not vectors:
            raise ConfigurationError(
                "no face, no template: give at least one picture with one face"
            )
        self._begin()
        customer_id = secrets.token_hex(ID_BYTES)
        hand_key = None
        if held_by is not None:
            hand_key = new_hand_key()
            hand = hand_of(hand_key, held_by, customer_id)
            record = record.model_copy(update={"hand": hand})
        # First the key: a record without one is never opened, and swept away.
        key = DataKey.new(self.sealer, customer_id, now_ns)
        self._keys.add(customer_id, key)
        self._add(customer_id, key, record, vectors, model, now_ns, hand_key)
        return customer_id

    def change(
        self,
        customer_id: str,
        now_ns: int,
        *,
        name: str | None = None,
        tags: Sequence[str] | None = None,
        level: str | None = None,
        interests: Sequence[str] | None = None,
    ) -> None:
        """Change what is known of a customer, where it is given.

        Raises ConfigurationError without such a customer, and as `enrol`.
        """
        opened = self._found(customer_id)
        changes: dict[str, object] = {}
        if name is not None:
            changes["name"] = name
        if tags is not None:
            changes["tags"] = tuple(tags)
        if level is not None:
            changes["level"] = level
        if interests is not None:
            changes["interests"] = tuple(interests)
        record = covered_now(opened.record, now_ns).model_copy(update=changes)
        check_record(record, now_ns)
        self._put(customer_id, opened, record, now_ns)

    def agree(
        self,
        customer_id: str,
        consents: Sequence[Consent],
        now_ns: int,
    ) -> None:
        """Add consents of a customer, or renew them.

        Raises ConfigurationError without such a customer, or one who has to enrol again.
        """
        opened = self._found(customer_id)
        together = renewed(opened.record.consents, numbered(consents), now_ns)
        earlier = covered_now(opened.record, now_ns)
        record = earlier.model_copy(update={"consents": tuple(together)})
        check_record(record, now_ns)
        self._put(customer_id, opened, record, now_ns)

    def withdraw(
        self,
        customer_id: str,
        purpose: Purpose,
        now_ns: int,
    ) -> None:
        """End a consent of a customer, and remove what is kept for its purpose alone.

        Raises ConfigurationError without such a customer or consent, and for the consent to be
        recognised: without that one nothing is left, so that `erase` is the way.
        """
        if purpose == "recognise":
            raise ConfigurationError(
                "who is not to be recognised is erased: `vitrine customers erase`"
            )
        opened = self._found(customer_id)
        record = opened.record
        if not allows(record.consents, purpose, now_ns):
            raise ConfigurationError(f"{customer_id} has no consent for {purpose}")
        changes: dict[str, object] = {
            "consents": tuple(withdrawn(record.consents, purpose, now_ns))
        }
        if purpose == "profile":
            changes |= NO_PROFILE
        record = record.model_copy(update=changes)
        self._put(customer_id, opened, record, now_ns)
        # Where the process ends before it, the next sweep does this.
        self._accept_none_before(customer_id, opened.version + 1)
        self._keys.save()

    def hand_key(self, customer_id: str, secret: str) -> bytes | None:
        """Return the key in a customer's hand, by the phone's secret or recovery's.

        None where they have no such key. Raises ConfigurationError without such a customer, Invalid
        with another secret.
        """
        hand = self._found(customer_id).record.hand
        if hand is None:
            return None
        for sealed in (hand.by_phone, hand.by_recovery):
            with suppress(Invalid):
                return unwrapped(sealed, secret, customer_id)
        return unwrapped(hand.by_recovery_before, secret, customer_id)

    def hold_anew(
        self,
        customer_id: str,
        secret: str,
        held_by: HeldBy,
        now_ns: int,
    ) -> None:
        """Give a customer's key into another phone; `secret` is one that opens it until now.

        Nothing happens where they have no such key. Raises as `hand_key`.
        """
        hand_key = self.hand_key(customer_id, secret)
        if hand_key is None:
            return
        opened = self._found(customer_id)
        hand = hand_of(hand_key, held_by, customer_id)
        before = wrapped(hand_key, secret, customer_id)
        hand = hand.model_copy(update={"by_recovery_before": before})
        record = opened.record.model_copy(update={"hand": hand})
        self._put(customer_id, opened, record, now_ns)

    # All customers

    def link_visit(
        self,
        visit_id: str,
        customer_id: str,
        now_ns: int,
    ) -> None:
        """Remember whose visit it is, for offers; count it, for a profile.

        Each only where the customer agrees to that now; for two days, and no longer than that.
        """
        customer_links.link_visit(self._redis, self, visit_id, customer_id, now_ns)

    def rotate(self, customer_ids: Iterable[str]) -> Rotated:
        """Seal the data keys of customers with the active key of the site.

        Each in one step: what a process that dies leaves undone opens as before. All are on the
        disk before the answer.
        """
        return rotate(self._keys, self.sealer, customer_ids)

    def sweep(self, now_ns: int) -> Swept:
        """Remove what no consent and no key covers any more; call it every minute.

        Raises ConfigurationError with a key store that is not that of these customers.
        """
        self._begin()
        expired = []
        for customer_id, opened in self.all_opened():
            record = opened.record
            is_newest = opened.key.least_version == opened.version
            if has_withdrawn(record) and not is_newest:
                self._accept_none_before(customer_id, opened.version)
            covered = covered_now(record, now_ns)
            if not allows(record.consents, "recognise", now_ns):
                expired.append(customer_id)
            elif covered != record:
                # Who loses a race is looked at again by the next sweep.
                with suppress(ConfigurationError):
                    self._put(customer_id, opened, covered, now_ns)
        return customer_sweep.sweep(self._redis, self._keys, self, expired, now_ns)

    def begin_anew(self, now_ns: int) -> int:
        """Erase everybody, as their records or keys are lost; return how many there were."""
        return customer_sweep.begin_anew(self._redis, self._keys, self, now_ns)

    # How they are stored

    def _begin(self) -> None:
        customer_sweep.check_pair(self._redis, self._keys)

    def _accept_none_before(self, customer_id: str, version: int) -> None:
        """Let no older record of a customer count again, not even from a backup; without `save`."""

        def raised(key: DataKey) -> DataKey:
            least = max(key.least_version, version)
            return key.model_copy(update={"least_version": least})

        self._keys.replace(customer_id, raised)

    def _add(
        self,
        customer_id: str,
        key: DataKey,
        record: Record,
        vectors: Sequence[Vector],
        model: str,
        now_ns: int,
        hand_key: bytes | None,
    ) -> None:
        sealer = key.opened(self.sealer, customer_id)
        sealed = sealed_record(sealer, customer_id, FIRST_VERSION, record)
        templates = []
        for vector in vectors:
            template = sealed_template(sealer, customer_id, model, vector, hand_key)
            templates.append(template)
        left_ms = left_ns(record.consents, "recognise", now_ns) // MS_NS
        with redis_errors(self._redis):
            step = self._redis.pipeline(transaction=True)
            step.hset(
                customer_key(customer_id),
                mapping={"version": FIRST_VERSION, "record": sealed},
            )
            step.rpush(templates_key(customer_id), *templates)
            step.pexpire(customer_key(customer_id), left_ms)
            step.pexpire(templates_key(customer_id), left_ms)
            step.sadd(IDS, customer_id)
            step.xadd(
                CHANGES,
                {"kind": "enrolled", "customer": customer_id},
                maxlen=CHANGES_KEPT,
                approximate=True,
            )
            step.execute()

    def _put(
        self,
        customer_id: str,
        opened: Opened,
        record: Record,
        now_ns: int,
    ) -> None:
        """Store the next version of a record. Raises ConfigurationError where it lost a race."""
        version = opened.version + 1
        sealed = sealed_record(opened.sealer, customer_id, version, record)
        consents = record.consents
        with redis_errors(self._redis):
            done = self._redis.eval(
                PUT,
                0,
                customer_id,
                opened.version,
                version,
                sealed,
                left_ns(consents, "recognise", now_ns) // MS_NS,
                opened.key.pseudonym,
                left_ns(consents, "offers", now_ns) // MS_NS,
                left_ns(consents, "profile", now_ns) // MS_NS,
                CHANGES,
                CHANGES_KEPT,
                REWRITE,
            )
        if not done:
            raise ConfigurationError("somebody else changed the customer; try again")

    def _found(self, customer_id: str) -> Opened:
        """Return a customer's record. Raises ConfigurationError where there is none that opens."""
        opened = self.opened(customer_id)
        if opened is not None:
            return opened
        if self._is_there(customer_id):
            raise ConfigurationError(
                f"the record of {customer_id} does not open: no key in the file and the key store "
                "fits, or it was altered; `vitrine customers erase` works all the same"
            )
        raise NoCustomer(customer_id)
