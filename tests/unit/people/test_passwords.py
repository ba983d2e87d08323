"""Passwords are kept as what cannot be turned back."""

from __future__ import annotations

import re

from vitrine.people.passwords import (
    FORM,
    NOBODYS,
    SHORTEST,
    generated,
    hashed,
    is_password,
)

PASSWORD = "correct horse battery"  # noqa: S105 - of the test


def test_only_the_password_fits_what_is_kept() -> None:
    kept = hashed(PASSWORD)
    assert re.match(FORM, kept)
    assert PASSWORD not in kept
    assert is_password(PASSWORD, kept)
    assert not is_password(f"{PASSWORD} ", kept)
    assert not is_password("", kept)


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert hashed(PASSWORD) != hashed(PASSWORD)


def test_keyboards_may_write_a_letter_in_two_ways() -> None:
    assert is_password("cafe\u0301 au lait, s'il", hashed("caf\u00e9 au lait, s'il"))


def test_a_lone_surrogate_is_a_password_like_others() -> None:
    assert not is_password("\ud800", hashed(PASSWORD))


def test_nobody_has_the_password_of_nobody() -> None:
    assert re.match(FORM, NOBODYS)
    assert not is_password("", NOBODYS)


def test_a_generated_password_is_long_enough_and_new() -> None:
    assert len(generated()) >= SHORTEST
    assert generated() != generated()
