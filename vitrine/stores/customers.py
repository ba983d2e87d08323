"""The customer store in Redis: consents, encrypted templates, changes as a stream, erasure with a receipt.

Keys: `customers` (ids), `customer:ID` (name sealed, consents), `customer:ID:templates` (sealed),
`customer:ID:visits`, `visit:VISIT` (link to the customer), `customers:changes` (stream).
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, cast

import numpy as np
from pydantic import BaseModel, ConfigDict
from redis import Redis

from vitrine.customers.gallery import Template, Vector
from vitrine.errors import ConfigurationError, Invalid
from vitrine.sealing import Sealer
from vitrine.stores.redis import redis_errors

logger = logging.getLogger(__name__)

CHANGES = "customers:changes"
CHANGES_KEPT = 10_000
VISIT_LINK_SECONDS = 2 * 86_400

# One step each: nobody who is being erased is linked meanwhile. ARGV: customer, visit, seconds.
_LINK = """
if redis.call('SISMEMBER', 'customers', ARGV[1]) == 0 then return end
local visits = 'customer:' .. ARGV[1] .. ':visits'
redis.call('SET', 'visit:' .. ARGV[2], ARGV[1], 'EX', ARGV[3])
redis.call('SADD', visits, ARGV[2])
redis.call('EXPIRE', visits, ARGV[3])
"""

# ARGV: customer, change stream, entries to keep. Returns how many templates and visits there were.
_ERASE = """
if redis.call('SREM', 'customers', ARGV[1]) == 0 then return false end
local key = 'customer:' .. ARGV[1]
local visits = redis.call('SMEMBERS', key .. ':visits')
local templates = redis.call('LLEN', key .. ':templates')
for _, visit in ipairs(visits) do redis.call('DEL', 'visit:' .. visit) end
redis.call('DEL', key, key .. ':templates', key .. ':visits')
redis.call('XADD', ARGV[2], 'MAXLEN', '~', ARGV[3], '*', 'kind', 'erased')
return {templates, #visits}
"""

Purpose = Literal["recognise", "profile", "offers"]


class Consent(BaseModel):
    """What a customer agreed to, until when, and which text was shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purpose: Purpose
    granted_at_ns: int
    expires_at_ns: int
    text_version: str


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer for the operator's eyes."""

    customer_id: str
    name: str
    consents: tuple[Consent, ...]
    templates: int

    def allows(self, purpose: Purpose, now_ns: int) -> bool:
        """Whether a consent for `purpose` is in force."""
        return _allows(self.consents, purpose, now_ns)


def _allows(consents: Sequence[Consent], purpose: Purpose, now_ns: int) -> bool:
    return any(
        c.purpose == purpose and c.granted_at_ns <= now_ns < c.expires_at_ns
        for c in consents
    )


def _left_ms(consents: Sequence[Consent], now_ns: int) -> int:
    """Until the last of some consents expires."""
    return (max(consent.expires_at_ns for consent in consents) - now_ns) // 1_000_000


class CustomerStore:
    """Reads and writes customers; what no consent covers any more disappears.

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
    ) -> str:
        """Store a new customer in one step; returns the id. Without consent to be recognised, nothing is."""
        if not _allows(consents, "recognise", now_ns):
            raise ConfigurationError(
                "no template without consent: grant the purpose `recognise`"
            )
        if not vectors:
            raise ConfigurationError(
                "no face, no template: give at least one picture with one face"
            )
        customer_id = secrets.token_hex(12)
        key = f"customer:{customer_id}"
        name_key, name_sealed = self._sealer.encrypt(
            name.encode(), f"{customer_id}|name"
        )
        with redis_errors(self._redis):
            step = self._redis.pipeline(transaction=True)
            step.hset(
                key,
                mapping={
                    "name_key": name_key,
                    "name": name_sealed,
                    "consents": json.dumps(
                        [consent.model_dump() for consent in consents]
                    ),
                },
            )
            for vector in vectors:
                step.rpush(
                    f"{key}:templates", self._template(customer_id, vector, model)
                )
            recognise = [
                consent for consent in consents if consent.purpose == "recognise"
            ]
            step.pexpire(key, _left_ms(consents, now_ns))
            step.pexpire(f"{key}:templates", _left_ms(recognise, now_ns))
            step.sadd("customers", customer_id)
            step.xadd(
                CHANGES, {"kind": "enrolled"}, maxlen=CHANGES_KEPT, approximate=True
            )
            step.execute()
        return customer_id

    def _template(self, customer_id: str, vector: Vector, model: str) -> str:
        plain = np.asarray(vector, "<f4").tobytes()
        key_id, sealed = self._sealer.encrypt(plain, f"{customer_id}|{model}")
        return json.dumps({"model": model, "key_id": key_id, "sealed": sealed})

    def customers(self) -> Iterator[Customer]:
        """All customers, by id."""
        with redis_errors(self._redis):
            for customer_id in sorted(_texts(self._redis.smembers("customers"))):
                found = self._customer(customer_id)
                if found is not None:
                    yield found

    def _customer(self, customer_id: str) -> Customer | None:
        content = {
            k.decode(): v.decode()
            for k, v in _hash(self._redis.hgetall(f"customer:{customer_id}"))
        }
        if not content:
            return None
        name = self._sealer.decrypt(
            content["name_key"], content["name"], f"{customer_id}|name"
        ).decode()
        templates = self._redis.llen(f"customer:{customer_id}:templates")
        return Customer(customer_id, name, _consents(content["consents"]), templates)

    def templates(self, now_ns: int) -> list[Template]:
        """The templates of all customers who agreed to be recognised now."""
        found: list[Template] = []
        with redis_errors(self._redis):
            for customer_id in sorted(_texts(self._redis.smembers("customers"))):
                consents = cast(
                    "bytes | None",
                    self._redis.hget(f"customer:{customer_id}", "consents"),
                )
                if consents is None or not _allows(
                    _consents(consents), "recognise", now_ns
                ):
                    continue
                texts = cast(
                    "list[bytes]",
                    self._redis.lrange(f"customer:{customer_id}:templates", 0, -1),
                )
                found += [
                    t
                    for t in (
                        self._open(customer_id, json.loads(text)) for text in texts
                    )
                    if t
                ]
        return found

    def _open(self, customer_id: str, content: dict[str, str]) -> Template | None:
        model = content["model"]
        try:
            plain = self._sealer.decrypt(
                content["key_id"], content["sealed"], f"{customer_id}|{model}"
            )
        except Invalid as error:
            logger.warning("a template is left out: %s", error)
            return None
        return Template(
            customer_id, model, np.frombuffer(plain, "<f4").astype(np.float32)
        )

    def link_visit(self, visit_id: str, customer_id: str) -> None:
        """Remember whose visit it is, for offers; kept two days."""
        with redis_errors(self._redis):
            self._redis.eval(_LINK, 0, customer_id, visit_id, VISIT_LINK_SECONDS)

    def erase(self, customer_id: str, now_ns: int) -> dict[str, Any]:
        """Remove everything of a customer; returns a receipt signed with the site's key.

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
        return content | {"signature": self._sign(content)}

    def verify(self, receipt: dict[str, Any]) -> bool:
        """Whether a receipt is ours and unchanged. Raises Invalid when its signature was altered."""
        content = {
            name: value for name, value in receipt.items() if name != "signature"
        }
        key_id, _, sealed = str(receipt["signature"]).partition(":")
        return self._sealer.decrypt(key_id, sealed, "receipt") == _digest(content)

    def _sign(self, content: dict[str, Any]) -> str:
        return ":".join(self._sealer.encrypt(_digest(content), "receipt"))

    def last_change(self) -> str:
        """Id of the newest entry of the change stream; empty when nothing ever changed."""
        with redis_errors(self._redis):
            newest = cast(
                "list[tuple[bytes, Any]]", self._redis.xrevrange(CHANGES, count=1)
            )
        return newest[0][0].decode() if newest else ""


def _digest(content: dict[str, Any]) -> bytes:
    return sha256(json.dumps(content, sort_keys=True).encode()).digest()


def _consents(text: str | bytes) -> tuple[Consent, ...]:
    return tuple(Consent.model_validate(consent) for consent in json.loads(text))


def _texts(values: Any) -> set[str]:
    return {value.decode() for value in values}


def _hash(values: Any) -> list[tuple[bytes, bytes]]:
    return list(values.items())
