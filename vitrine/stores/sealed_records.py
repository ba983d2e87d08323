"""What is known of a customer, as it lies in Redis: sealed with the customer's data key.

What is sealed is bound to the customer, a record to its version too: put in another place, it never
opens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from vitrine.customers.consents import Consent
from vitrine.customers.records import Template, Vector
from vitrine.errors import Invalid
from vitrine.sealing import FLOAT_BYTES, Sealer
from vitrine.stores.hand_keys import HAND, hand_sealer, wrapped

# Of what the data key seals around a template that is sealed already: it is never taken for one.
IN_HAND: Final = "|in hand"


class Hand(BaseModel):
    """Hold the key in a customer's hand, sealed with what they keep."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by_phone: str
    by_recovery: str
    by_recovery_before: str = ""
    """By the code that was used last: typed once more, where the answer to it was lost."""


class Record(BaseModel):
    """Hold what is known of a customer, and what they agreed to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    form: Literal[1] = 1
    """Of the record, so that a later form can be told from this one."""
    name: str
    consents: tuple[Consent, ...]
    tags: tuple[str, ...] = ()
    level: str = ""
    interests: tuple[str, ...] = ()
    hand: Hand | None = None
    """None where the templates open without a key in hand."""

    def told(self) -> tuple[str, ...]:
        """Return what a campaign may address the customer by: tags, level and interests alike."""
        named = [*self.tags, self.level, *self.interests]
        return tuple(dict.fromkeys(each for each in named if each))


@dataclass(frozen=True, slots=True)
class HeldBy:
    """Hold the secrets that a customer keeps: each opens the key in their hand."""

    phone: str = field(repr=False)
    recovery: str = field(repr=False)


class StoredTemplate(BaseModel):
    """Hold a template as it lies in Redis."""

    model_config = ConfigDict(frozen=True)

    model: str
    sealed: str
    """By the data key; below it by the key in hand, if the customer has one."""


def hand_of(hand_key: bytes, held_by: HeldBy, customer_id: str) -> Hand:
    """Return a hand key as the record keeps it: sealed with each secret of the customer."""
    return Hand(
        by_phone=wrapped(hand_key, held_by.phone, customer_id),
        by_recovery=wrapped(hand_key, held_by.recovery, customer_id),
    )


def sealed_record(
    sealer: Sealer,
    customer_id: str,
    version: int,
    record: Record,
) -> str:
    """Return a record, sealed as a version of a customer's."""
    plain = record.model_dump_json().encode()
    _, sealed = sealer.encrypt(plain, _about_record(customer_id, version))
    return sealed


def opened_record(
    sealer: Sealer,
    customer_id: str,
    version: int,
    sealed: bytes,
) -> Record:
    """Return what `sealed_record` was given. Raises Invalid for anything else."""
    about = _about_record(customer_id, version)
    try:
        plain = sealer.decrypt(sealer.active_id, sealed.decode(), about)
        return Record.model_validate_json(plain)
    except UnicodeDecodeError:
        raise Invalid("this is no record") from None
    except ValidationError as error:
        # Its words would quote the record.
        raise Invalid(f"a record with {error.error_count()} mistakes") from None


def sealed_template(
    sealer: Sealer,
    customer_id: str,
    model: str,
    vector: Vector,
    hand_key: bytes | None = None,
) -> str:
    """Return a template (d,) float32 as it is stored; sealed twice with a key in hand."""
    about = _about_template(customer_id, model)
    plain = np.asarray(vector, "<f4").tobytes()
    if hand_key is not None:
        _, inner = hand_sealer(hand_key).encrypt(plain, about)
        plain = inner.encode()
        about += IN_HAND
    _, sealed = sealer.encrypt(plain, about)
    return StoredTemplate(model=model, sealed=sealed).model_dump_json()


def opened_template(
    sealer: Sealer,
    customer_id: str,
    text: bytes,
    hand_key: bytes | None = None,
) -> Template:
    """Return a stored template. Raises Invalid when it is another customer's or altered."""
    try:
        stored = StoredTemplate.model_validate_json(text)
    except ValidationError:
        raise Invalid("this is no template") from None
    about = _about_template(customer_id, stored.model)
    if hand_key is None:
        plain = sealer.decrypt(sealer.active_id, stored.sealed, about)
    else:
        inner = sealer.decrypt(sealer.active_id, stored.sealed, about + IN_HAND)
        plain = hand_sealer(hand_key).decrypt(HAND, inner.decode(), about)
    if len(plain) % FLOAT_BYTES:
        raise Invalid("a template that is no float32 vector")
    vector = np.frombuffer(plain, "<f4").astype(np.float32)
    return Template(customer_id, stored.model, vector)


def _about_record(customer_id: str, version: int) -> str:
    return f"{customer_id}|record|{version}"


def _about_template(customer_id: str, model: str) -> str:
    return f"{customer_id}|template|{model}"
