"""The customer store in Redis: consents, encrypted templates, changes as a stream.

Keys: `customers` (ids), `customer:ID` (name sealed, consents), `customer:ID:templates`
(sealed), `customer:ID:visits`, `visit:VISIT` (link to the customer), `customer:ID:offers`
(granted once a campaign, `offer_scripts`), `customers:changes` (stream).
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

import numpy as np
from redis import Redis
from redis.client import Pipeline

from vitrine.customers.consents import (
    Consent,
    Purpose,
    allows,
    for_purpose,
    last_expiry_ns,
)
from vitrine.customers.records import Agreement, Customer, Template, Vector
from vitrine.errors import ConfigurationError, Invalid
from vitrine.sealing import Sealer
from vitrine.stores.consents import CONSENTS
from vitrine.stores.customer_keys import customer_key
from vitrine.stores.receipts import Receipt, sign
from vitrine.stores.redis import redis_errors

logger = logging.getLogger(__name__)

CHANGES: Final = "customers:changes"

# Readers look at the newest entry only; the others are for the operator's eyes.
# Chosen, not measured.
CHANGES_KEPT: Final = 10_000

# A visit ends with the local day, and an offer of its last hour may be granted after
# midnight: two days cover both. Chosen, not measured.
VISIT_LINK_SECONDS: Final = 2 * 86_400

ID_BYTES: Final = 12

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


class CustomerStore:
    """Read and write customers; what no consent covers any more disappears.

    Raises Unavailable when Redis is away, Invalid for a foreign key.
    """

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer

    def enrol(
        self,
        name: str,
        vectors: Sequence[Vector],
        model: str,
        consents: Sequence[Consent],
        now_ns: int,
        tags: Sequence[str] = (),
    ) -> str:
        """Store a new customer in one step, and return the id.

        Raises ConfigurationError without a vector, or without consent to be recognised; for tags
        without a consent to a profile.
        """
        if not allows(consents, "recognise", now_ns):
            raise ConfigurationError(
                "no template without consent: grant the purpose `recognise`"
            )
        if tags and not allows(consents, "profile", now_ns):
            raise ConfigurationError(
                "no tags without consent: grant the purpose `profile`"
            )
        if not vectors:
            raise ConfigurationError(
                "no face, no template: give at least one picture with one face"
            )
        customer_id = secrets.token_hex(ID_BYTES)
        templates = []
        for vector in vectors:
            template = Template(customer_id, model, vector)
            templates.append(self._sealed_template(template))
        with redis_errors(self._redis):
            step = self._redis.pipeline(transaction=True)
            self._add_record(step, customer_id, name, consents, tags)
            step.rpush(_templates_key(customer_id), *templates)
            _expire(step, customer_id, consents, now_ns)
            step.sadd("customers", customer_id)
            step.xadd(
                CHANGES,
                {"kind": "enrolled"},
                maxlen=CHANGES_KEPT,
                approximate=True,
            )
            step.execute()
        return customer_id

    def _add_record(
        self,
        step: Pipeline,
        customer_id: str,
        name: str,
        consents: Sequence[Consent],
        tags: Sequence[str],
    ) -> None:
        about = _about_name(customer_id)
        name_key, name_sealed = self._sealer.encrypt(name.encode(), about)
        step.hset(
            customer_key(customer_id),
            mapping={
                "name_key": name_key,
                "name": name_sealed,
                "consents": CONSENTS.dump_json(tuple(consents)),
                "tags": json.dumps(tags),
            },
        )

    def _sealed_template(self, template: Template) -> str:
        plain = np.asarray(template.vector, "<f4").tobytes()
        about = _about_template(template.customer_id, template.model)
        key_id, sealed = self._sealer.encrypt(plain, about)
        content = {
            "model": template.model,
            "key_id": key_id,
            "sealed": sealed,
        }
        return json.dumps(content)

    def customers(self) -> Iterator[Customer]:
        """Iterate over all customers, by id."""
        with redis_errors(self._redis):
            for customer_id in self._ids():
                found = self._customer(customer_id)
                if found is not None:
                    yield found

    def _ids(self) -> list[str]:
        members = cast("set[bytes]", self._redis.smembers("customers"))
        return sorted(member.decode() for member in members)

    def _customer(self, customer_id: str) -> Customer | None:
        """Return a customer, or None when the last consent has expired."""
        key = customer_key(customer_id)
        record = cast("dict[bytes, bytes]", self._redis.hgetall(key))
        if not record:
            return None
        name = self._sealer.decrypt(
            record[b"name_key"].decode(),
            record[b"name"].decode(),
            _about_name(customer_id),
        )
        templates = self._redis.llen(_templates_key(customer_id))
        return Customer(
            customer_id=customer_id,
            name=name.decode(),
            consents=CONSENTS.validate_json(record[b"consents"]),
            templates=templates,
        )

    def templates(self, now_ns: int) -> list[Template]:
        """Return the templates of all customers who agreed to be recognised now.

        Leaves out those that the site's keys do not open.
        """
        found: list[Template] = []
        with redis_errors(self._redis):
            for customer_id in self._ids():
                agreement = self._agreement(customer_id, now_ns)
                if agreement is not None:
                    found += self._templates(customer_id, agreement)
        return found

    def _agreement(self, customer_id: str, now_ns: int) -> Agreement | None:
        """Return how a customer may be addressed now; None when they may not be recognised."""
        key = customer_key(customer_id)
        stored, tags = cast(
            "list[bytes | None]", self._redis.hmget(key, "consents", "tags")
        )
        if stored is None:
            return None
        consents = CONSENTS.validate_json(stored)
        if not allows(consents, "recognise", now_ns):
            return None
        agreed_tags = []
        # A customer of a version before tags has none.
        if tags is not None and allows(consents, "profile", now_ns):
            agreed_tags = json.loads(tags)
        return Agreement(
            offers=allows(consents, "offers", now_ns),
            tags=tuple(agreed_tags),
        )

    def _templates(self, customer_id: str, agreement: Agreement) -> list[Template]:
        key = _templates_key(customer_id)
        texts = cast("list[bytes]", self._redis.lrange(key, 0, -1))
        found = []
        for text in texts:
            try:
                template = self._open(customer_id, text, agreement)
            except Invalid as error:
                logger.warning("a template is left out: %s", error)
                continue
            found.append(template)
        return found

    def _open(
        self,
        customer_id: str,
        text: bytes,
        agreement: Agreement,
    ) -> Template:
        """Return a template. Raises Invalid when it is another customer's or altered."""
        content = json.loads(text)
        model = content["model"]
        plain = self._sealer.decrypt(
            content["key_id"],
            content["sealed"],
            _about_template(customer_id, model),
        )
        stored = np.frombuffer(plain, "<f4")
        vector = stored.astype(np.float32)
        return Template(customer_id, model, vector, agreement)

    def link_visit(self, visit_id: str, customer_id: str) -> None:
        """Remember whose visit it is, for offers; kept two days."""
        with redis_errors(self._redis):
            self._redis.eval(_LINK, 0, customer_id, visit_id, VISIT_LINK_SECONDS)

    def erase(self, customer_id: str, now_ns: int) -> Receipt:
        """Remove everything of a customer, and return a receipt signed by the site's key.

        Raises ConfigurationError when there is no such customer.
        """
        with redis_errors(self._redis):
            erased = self._redis.eval(_ERASE, 0, customer_id, CHANGES, CHANGES_KEPT)
        if erased is None:
            raise ConfigurationError(
                f"no customer {customer_id}; `vitrine customers list` shows all"
            )
        templates, visits = erased
        content = {
            "customer_id": customer_id,
            "erased_at_ns": now_ns,
            "templates": templates,
            "visits": visits,
        }
        return sign(content, self._sealer)

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
            consents = CONSENTS.validate_json(stored)
            if not allows(consents, purpose, now_ns):
                raise ConfigurationError(f"{customer_id} has no consent for {purpose}")
            left = tuple(each for each in consents if each.purpose != purpose)
            withdrawn = self._redis.eval(
                _WITHDRAW,
                0,
                customer_id,
                stored,
                CONSENTS.dump_json(left),
                _left_ms(left, now_ns),
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


def _expire(
    step: Pipeline,
    customer_id: str,
    consents: Sequence[Consent],
    now_ns: int,
) -> None:
    """Let the record go with the last consent, the templates with that for them."""
    recognise = for_purpose(consents, "recognise")
    key = customer_key(customer_id)
    templates_key = _templates_key(customer_id)
    step.pexpire(key, _left_ms(consents, now_ns))
    step.pexpire(templates_key, _left_ms(recognise, now_ns))


def _left_ms(consents: Sequence[Consent], now_ns: int) -> int:
    expiry_ns = last_expiry_ns(consents)
    left_ns = expiry_ns - now_ns
    return left_ns // 1_000_000


def _templates_key(customer_id: str) -> str:
    return f"customer:{customer_id}:templates"


def _about_name(customer_id: str) -> str:
    return f"{customer_id}|name"


def _about_template(customer_id: str, model: str) -> str:
    """Bind a template to customer and model: copied under another one, it never opens."""
    return f"{customer_id}|{model}"
