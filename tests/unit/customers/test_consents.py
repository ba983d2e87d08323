"""Consents: what is agreed to, from when until when."""

from __future__ import annotations

import pytest

from vitrine.customers.consents import (
    DAY_NS,
    MOST_KEPT,
    Consent,
    allows,
    granted,
    in_force,
    left_ns,
    next_end_ns,
    renewed,
    withdrawn,
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


def test_a_purpose_is_agreed_to_until_the_last_of_its_consents_in_force_ends() -> None:
    consents = [
        make_consent(expires_at_ns=20),
        make_consent(expires_at_ns=40),
        make_consent(granted_at_ns=30, expires_at_ns=90),
        make_consent("offers", expires_at_ns=60),
    ]
    assert left_ns(consents, "recognise", 15) == 25
    assert left_ns(consents, "recognise", 35) == 55
    assert left_ns(consents, "recognise", 90) == 0
    assert left_ns(consents, "profile", 15) == 0


def test_the_next_end_is_the_first_of_what_is_in_force() -> None:
    over = make_consent("offers", expires_at_ns=12)
    consents = [over, make_consent(expires_at_ns=40), make_consent(expires_at_ns=20)]
    assert next_end_ns(consents, 15) == 20


def test_a_consent_that_is_withdrawn_allows_nothing_from_then_on() -> None:
    over = make_consent("offers", expires_at_ns=12)
    recognise = make_consent()
    consents = withdrawn([over, make_consent("offers"), recognise], "offers", 15)
    assert allows(consents, "offers", 14)
    assert not allows(consents, "offers", 15)
    # What had ended before ended by itself.
    assert [each.withdrawn_at_ns for each in consents] == [None, 15, None]
    assert in_force(consents, 15) == ["recognise"]


def test_a_new_consent_ends_the_old_one_for_its_purpose() -> None:
    old = make_consent(expires_at_ns=90)
    new = make_consent(granted_at_ns=15, expires_at_ns=40)
    consents = renewed([old, make_consent("offers")], [new], 15)
    assert in_force(consents, 15) == ["offers", "recognise"]
    assert left_ns(consents, "recognise", 15) == 25


def test_of_consents_that_ended_the_newest_are_kept() -> None:
    consents: list[Consent] = []
    for second in range(200):
        new = make_consent(granted_at_ns=second, expires_at_ns=1_000)
        consents = renewed(consents, [new], second)
    assert len(consents) == MOST_KEPT
    assert allows(consents, "recognise", 999)
