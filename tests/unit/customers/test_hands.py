"""What customers allow with the key in their hand."""

from __future__ import annotations

from vitrine.customers.hands import (
    MOST_ALLOWANCES,
    Allowance,
    Allowances,
    allowed_at,
)

NOW_NS = 1_800_000_000_000_000_000
LATER_NS = NOW_NS + 60_000_000_000
KEY = bytes(32)


def test_an_allowance_is_for_its_stand_and_one_for_the_mall_for_every_stand() -> None:
    allowances = [
        Allowance("ada", None, LATER_NS, KEY),
        Allowance("ben", "south", LATER_NS, KEY),
    ]
    assert allowed_at(allowances, "north") == {"ada"}
    assert allowed_at(allowances, "south") == {"ada", "ben"}


def test_what_is_over_is_forgotten_and_what_is_ended_too() -> None:
    kept = Allowances()
    assert kept.allow(Allowance("ada", "north", LATER_NS, KEY), NOW_NS)
    assert kept.allow(Allowance("ada", "south", LATER_NS + 1, KEY), NOW_NS)
    assert kept.allow(Allowance("ben", None, LATER_NS + 1, KEY), NOW_NS)
    assert len(kept.of("ada", NOW_NS)) == 2
    assert len(kept.all(LATER_NS)) == 2
    kept.end("ada")
    assert [each.customer_id for each in kept.all(LATER_NS)] == ["ben"]


def test_no_more_are_kept_than_may_be_and_one_of_the_same_place_takes_no_room() -> None:
    kept = Allowances()
    for number in range(MOST_ALLOWANCES):
        assert kept.allow(Allowance(f"c{number}", None, LATER_NS, KEY), NOW_NS)
    assert not kept.allow(Allowance("late", None, LATER_NS, KEY), NOW_NS)
    assert kept.allow(Allowance("c0", None, LATER_NS + 1, KEY), NOW_NS)
    assert kept.allow(Allowance("late", None, LATER_NS + 1, KEY), LATER_NS)


def test_a_key_is_in_no_text() -> None:
    allowance = Allowance("ada", None, LATER_NS, b"x" * 32)
    assert "xxx" not in repr(allowance)
