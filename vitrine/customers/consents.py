"""Consents by purpose, and what they allow at a given time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Purpose = Literal["recognise", "profile", "offers"]

DAY_NS: Final = 86_400_000_000_000


@dataclass(frozen=True, slots=True)
class Consent:
    """Record what a customer agreed to, from when until when, and which text was shown.

    Times are UTC nanoseconds. Raises ValueError for a consent that never was in force.
    """

    purpose: Purpose
    granted_at_ns: int
    expires_at_ns: int
    text_version: str

    def __post_init__(self) -> None:
        if self.expires_at_ns <= self.granted_at_ns:
            raise ValueError(
                f"expected a consent to expire after {self.granted_at_ns}, when it was "
                f"granted, not at {self.expires_at_ns}"
            )

    def in_force(self, at_ns: int) -> bool:
        """Return True from the time of the grant until just before the expiry."""
        return self.granted_at_ns <= at_ns < self.expires_at_ns


def granted(
    purposes: Sequence[Purpose],
    *,
    at_ns: int,
    days: int,
    text_version: str,
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


def next_expiry_ns(consents: Sequence[Consent], at_ns: int) -> int:
    """Return when the first of the consents in force at a time ends. Raises ValueError without."""
    return min(each.expires_at_ns for each in consents if each.in_force(at_ns))


def for_purpose(consents: Sequence[Consent], purpose: Purpose) -> list[Consent]:
    """Return the consents for one purpose, expired ones too."""
    return [consent for consent in consents if consent.purpose == purpose]


def last_expiry_ns(consents: Sequence[Consent]) -> int:
    """Return when the last of some consents expires. Raises ValueError without any."""
    return max(consent.expires_at_ns for consent in consents)
