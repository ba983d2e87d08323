"""Consents: what is agreed to, from when until when."""

from __future__ import annotations

import pytest

from vitrine.customers.consents import (
    DAY_NS,
    Consent,
    allows,
    for_purpose,
    granted,
    in_force,
    last_expiry_ns,
)


def make_consent(
    purpose: str = "recognise",
    granted_at_ns: int = 10,
    expires_at_ns: int = 20,
) -> Consent:
    return Consent(purpose, granted_at_ns, expires_at_ns, text_version="1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at_ns", "expected"),
    [(9, False), (10, True), (19, True), (20, False), (21, False)],
)
def test_a_consent_is_in_force_from_its_grant_until_just_before_its_expiry(
    at_ns: int, expected: bool
) -> None:
    assert make_consent().in_force(at_ns) is expected


@pytest.mark.parametrize("expires_at_ns", [9, 10])
def test_a_consent_that_never_was_in_force_is_refused(expires_at_ns: int) -> None:
    with pytest.raises(ValueError, match=f"after 10, .*not at {expires_at_ns}"):
        make_consent(expires_at_ns=expires_at_ns)


def test_the_shortest_consent_lasts_a_nanosecond() -> None:
    assert make_consent(expires_at_ns=11).in_force(10)


def test_each_purpose_has_a_consent_of_its_own() -> None:
    consents = [
        make_consent("recognise"),
        make_consent("offers", expires_at_ns=30),
    ]
    assert in_force(consents, 15) == ["recognise", "offers"]
    assert in_force(consents, 25) == ["offers"]
    assert allows(consents, "recognise", 15)
    assert not allows(consents, "recognise", 25)
    assert allows(consents, "offers", 25)
    assert not allows(consents, "profile", 15)


def test_without_consents_nothing_is_allowed() -> None:
    assert in_force([], 15) == []
    assert not allows([], "recognise", 15)


def test_a_consent_that_was_renewed_counts_again() -> None:
    renewed = make_consent(granted_at_ns=30, expires_at_ns=40)
    consents = [make_consent(), renewed]
    assert not allows(consents, "recognise", 25)
    assert allows(consents, "recognise", 35)


def test_consents_are_granted_for_days_of_24_hours() -> None:
    # A time that shares digits with the days: they are added, not merged.
    at_ns = 3 * DAY_NS
    consents = granted(["recognise", "offers"], at_ns=at_ns, days=2, text_version="3")
    assert consents == [
        Consent("recognise", at_ns, 5 * DAY_NS, "3"),
        Consent("offers", at_ns, 5 * DAY_NS, "3"),
    ]
    assert DAY_NS == 86_400 * 10**9


def test_the_last_expiry_is_the_latest_of_all() -> None:
    consents = [
        make_consent("recognise", expires_at_ns=20),
        make_consent("offers", expires_at_ns=40),
        make_consent("profile", expires_at_ns=30),
    ]
    assert last_expiry_ns(consents) == 40


def test_the_consents_for_a_purpose_include_expired_ones() -> None:
    old = make_consent("recognise")
    new = make_consent("recognise", granted_at_ns=30, expires_at_ns=40)
    offers = make_consent("offers")
    # As it comes from the store: equal text, and another object.
    stored = make_consent("".join(list("offers")))
    consents = [old, offers, new, stored]
    assert for_purpose(consents, "recognise") == [old, new]
    assert for_purpose(consents, "offers") == [offers, stored]
