"""Consents by purpose, and what they allow at a given time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

Purpose = Literal["recognise", "profile", "offers"]

DAY_NS: Final = 86_400_000_000_000
# Chosen, not measured: who agrees and withdraws all day long fills no store.
MOST_KEPT: Final = 100


@dataclass(frozen=True, slots=True)
class Consent:
    """Record what a customer agreed to, from when until when, and which text was shown.

    Times are UTC nanoseconds. Raises ValueError for a consent that never was in force.
    """

    purpose: Purpose
    granted_at_ns: int
    expires_at_ns: int
    text_version: str
    language: str = ""
    """In which the text was shown; empty where nobody noted it."""
    method: str = ""
    """How the consent was given, such as `desk` or `phone`; empty likewise."""
    record_id: str = ""
    """Given when it is stored."""
    withdrawn_at_ns: int | None = None

    def __post_init__(self) -> None:
        if self.expires_at_ns <= self.granted_at_ns:
            raise ValueError(
                f"expected a consent to expire after {self.granted_at_ns}, when it was "
                f"granted, not at {self.expires_at_ns}"
            )

    def in_force(self, at_ns: int) -> bool:
        """Return True from the time of the grant until just before expiry or withdrawal."""
        return self.granted_at_ns <= at_ns < self.ends_at_ns

    @property
    def ends_at_ns(self) -> int:
        """The time from which on it allows nothing."""
        if self.withdrawn_at_ns is None:
            return self.expires_at_ns
        return min(self.expires_at_ns, self.withdrawn_at_ns)


def granted(
    purposes: Sequence[Purpose],
    *,
    at_ns: int,
    days: int,
    text_version: str,
    language: str = "",
    method: str = "",
) -> list[Consent]:
    """Return one consent for each purpose, in force for `days` of 24 hours."""
    expires_at_ns = at_ns + days * DAY_NS
    consents = []
    for purpose in purposes:
        consent = Consent(
            purpose=purpose,
            granted_at_ns=at_ns,
            expires_at_ns=expires_at_ns,
            text_version=text_version,
            language=language,
            method=method,
        )
        consents.append(consent)
    return consents


def in_force(consents: Sequence[Consent], at_ns: int) -> list[Purpose]:
    """Return the purposes that are agreed to at a time, in the order of the consents."""
    return [consent.purpose for consent in consents if consent.in_force(at_ns)]


def allows(
    consents: Sequence[Consent],
    purpose: Purpose,
    at_ns: int,
) -> bool:
    """Return True while a consent for a purpose is in force."""
    return purpose in in_force(consents, at_ns)


def next_end_ns(consents: Sequence[Consent], at_ns: int) -> int:
    """Return when the first of the consents in force at a time ends. Raises ValueError without."""
    return min(each.ends_at_ns for each in consents if each.in_force(at_ns))


def left_ns(
    consents: Sequence[Consent],
    purpose: Purpose,
    at_ns: int,
) -> int:
    """Return for how long a purpose is agreed to from a time on; 0 where it is not."""
    ends = [
        consent.ends_at_ns
        for consent in consents
        if consent.purpose == purpose and consent.in_force(at_ns)
    ]
    return max(ends, default=at_ns) - at_ns


def withdrawn(
    consents: Sequence[Consent],
    purpose: Purpose,
    at_ns: int,
) -> list[Consent]:
    """Return the consents with those for a purpose withdrawn at a time, where they are in force."""
    changed = []
    for consent in consents:
        ends_now = consent.purpose == purpose and consent.in_force(at_ns)
        if ends_now:
            changed.append(replace(consent, withdrawn_at_ns=at_ns))
        else:
            changed.append(consent)
    return changed


def renewed(
    consents: Sequence[Consent],
    given: Sequence[Consent],
    at_ns: int,
) -> list[Consent]:
    """Return the consents with new ones `given` at a time, which take the place of older ones.

    What has ended stays in the record, as proof of what was agreed to when.
    """
    earlier = list(consents)
    for consent in given:
        earlier = withdrawn(earlier, consent.purpose, at_ns)
    return [*earlier, *given][-MOST_KEPT:]
