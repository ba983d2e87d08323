"""What a customer's record has to be: covered by consents, and such as a campaign can ask for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from vitrine.customers.consents import Consent, allows
from vitrine.errors import ConfigurationError
from vitrine.mall.texts import LONGEST_ID, is_id
from vitrine.schemas import MOST_TAGS
from vitrine.stores.sealed_records import Record

RECORD_ID_BYTES: Final = 8
# Of a record whose owner agrees to no profile.
NO_PROFILE: Final[Mapping[str, object]] = {"tags": (), "level": "", "interests": ()}


def numbered(consents: Sequence[Consent]) -> tuple[Consent, ...]:
    """Return the consents with a number for each, where they have none."""
    numbered = []
    for consent in consents:
        record_id = consent.record_id or secrets.token_hex(RECORD_ID_BYTES)
        numbered.append(replace(consent, record_id=record_id))
    return tuple(numbered)


def has_withdrawn(record: Record) -> bool:
    """Return True where an older record may say more than this one allows."""
    return any(consent.withdrawn_at_ns is not None for consent in record.consents)


def covered_now(record: Record, now_ns: int) -> Record:
    """Return a record without a profile where none is agreed to any more."""
    if allows(record.consents, "profile", now_ns):
        return record
    return record.model_copy(update=NO_PROFILE)


def check_record(record: Record, now_ns: int) -> None:
    """Raise ConfigurationError for a record that no consent covers now."""
    if not allows(record.consents, "recognise", now_ns):
        raise ConfigurationError(
            "no template without consent: grant the purpose `recognise`"
        )
    told = record.told()
    if not told:
        return
    if not allows(record.consents, "profile", now_ns):
        raise ConfigurationError(
            "no tags, level or interests without consent: grant the purpose `profile`"
        )
    check_told(told)


def check_told(told: Sequence[str]) -> None:
    """Raise ConfigurationError for tags, levels or interests that no campaign can ask for."""
    if len(told) > MOST_TAGS:
        raise ConfigurationError(
            f"found {len(told)} tags, levels and interests, expected {MOST_TAGS} at most"
        )
    for each in told:
        # `identity` could publish no other one, and would end by it.
        if not is_id(each):
            raise ConfigurationError(
                f"found {each[:LONGEST_ID]!r}, expected at most {LONGEST_ID} letters (a to z), "
                "digits, '-', '_' and '.'"
            )
