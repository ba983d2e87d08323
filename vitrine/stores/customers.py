"""The customer store in Redis: consents, encrypted templates, changes as a stream.

Keys: `customers` (ids), `customer:ID` (name sealed, consents), `customer:ID:templates`
(sealed), `customer:ID:visits`, `visit:VISIT` (link to the customer), `customer:ID:offers`
(granted once a campaign, `offer_scripts`), `customers:changes` (stream).
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
from pydantic import TypeAdapter, ValidationError
from redis import Redis
from redis.client import Pipeline

from vitrine.customers.consents import (
    Consent,
    allows,
    for_purpose,
    next_expiry_ns,
)
from vitrine.customers.records import Agreement, Template, Vector
from vitrine.errors import ConfigurationError, Invalid
from vitrine.sealing import Sealer
from vitrine.stores.consents import CONSENTS, read_consents
from vitrine.stores.customer_keys import customer_key, templates_key
from vitrine.stores.customer_records import (
    CHANGES,
    CHANGES_KEPT,
    CustomerRecords,
    left_ms,
)
from vitrine.stores.redis import redis_errors
from vitrine.stores.sealed_records import (
    Rotated,
    StoredTemplate,
    about_name,
    about_template,
    rotate,
)
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

ID_BYTES: Final = 12
TAGS: Final = TypeAdapter(tuple[str, ...])


@dataclass(frozen=True, slots=True)
class _Agreed:
    """Hold what a customer agrees to, and until when that does not change by itself."""

    agreement: Agreement
    until_ns: int


class CustomerStore(CustomerRecords):
    """Read and write customers; what no consent covers any more disappears.

    Raises Unavailable when Redis is away, Invalid for a foreign key.
    """

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        super().__init__(redis)
        self.sealer = sealer
        self._unreadable = 0

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
            step.rpush(templates_key(customer_id), *templates)
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
        about = about_name(customer_id)
        name_key, name_sealed = self.sealer.encrypt(name.encode(), about)
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
        about = about_template(template.customer_id, template.model)
        key_id, sealed = self.sealer.encrypt(plain, about)
        stored = StoredTemplate(model=template.model, key_id=key_id, sealed=sealed)
        return stored.model_dump_json()

    def _name(self, customer_id: str, record: dict[bytes, bytes]) -> str | None:
        """Return a name; None where the site's keys do not open it."""
        try:
            name = self.sealer.decrypt(
                record[b"name_key"].decode(),
                record[b"name"].decode(),
                about_name(customer_id),
            )
        except (Invalid, KeyError) as error:
            logger.warning("a name cannot be read: %s", error)
            return None
        return name.decode(errors="replace")

    def rotate(self, customer_id: str, rotated: Rotated) -> None:
        """Seal what there is of a customer with the active key, and count it in `rotated`."""
        rotate(self._redis, self.sealer, customer_id, rotated)

    def templates(self, now_ns: int) -> list[Template]:
        """Return the templates of all customers who agreed to be recognised now.

        Leaves out, and counts, those that the site's keys do not open.
        """
        self._unreadable = 0
        found: list[Template] = []
        with redis_errors(self._redis):
            for customer_id in self._listed():
                agreed = self._agreed(customer_id, now_ns)
                if agreed is not None:
                    found += self._templates(customer_id, agreed)
        metrics.TEMPLATES_UNREADABLE.set(self._unreadable)
        return found

    def _agreed(self, customer_id: str, now_ns: int) -> _Agreed | None:
        """Return how a customer may be addressed now; None when they may not be recognised."""
        key = customer_key(customer_id)
        stored, tags = cast(
            "list[bytes | None]", self._redis.hmget(key, "consents", "tags")
        )
        if stored is None:
            return None
        consents = read_consents(stored)
        if not allows(consents, "recognise", now_ns):
            return None
        agreed_tags: tuple[str, ...] = ()
        # A customer of a version before tags has none.
        if tags is not None and allows(consents, "profile", now_ns):
            agreed_tags = _read_tags(tags)
        agreement = Agreement(
            offers=allows(consents, "offers", now_ns),
            tags=agreed_tags,
        )
        return _Agreed(agreement, next_expiry_ns(consents, now_ns))

    def _templates(self, customer_id: str, agreed: _Agreed) -> list[Template]:
        key = templates_key(customer_id)
        texts = cast("list[bytes]", self._redis.lrange(key, 0, -1))
        found = []
        for text in texts:
            try:
                template = self._open(customer_id, text, agreed)
            except (Invalid, ValueError) as error:
                logger.warning("a template is left out: %s", error)
                self._unreadable += 1
                continue
            found.append(template)
        return found

    def _open(
        self,
        customer_id: str,
        text: bytes,
        agreed: _Agreed,
    ) -> Template:
        """Return a template. Raises Invalid when it is another customer's or altered."""
        stored = StoredTemplate.model_validate_json(text)
        plain = self.sealer.decrypt(
            stored.key_id,
            stored.sealed,
            about_template(customer_id, stored.model),
        )
        vector = np.frombuffer(plain, "<f4").astype(np.float32)
        return Template(
            customer_id,
            stored.model,
            vector,
            agreed.agreement,
            agreed.until_ns,
        )


def _read_tags(stored: bytes) -> tuple[str, ...]:
    try:
        return TAGS.validate_json(stored)
    except ValidationError:
        logger.warning("a customer's tags cannot be read, so there are none")
        return ()


def _expire(
    step: Pipeline,
    customer_id: str,
    consents: Sequence[Consent],
    now_ns: int,
) -> None:
    """Let the record go with the last consent, the templates with that for them."""
    recognise = for_purpose(consents, "recognise")
    step.pexpire(customer_key(customer_id), left_ms(consents, now_ns))
    step.pexpire(templates_key(customer_id), left_ms(recognise, now_ns))
