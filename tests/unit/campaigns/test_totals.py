"""Totals: what is added up and subtracted."""

from __future__ import annotations

import json
from dataclasses import fields

from vitrine.campaigns.totals import SUMS, Totals, add_up

ANNA = ("2027-01-15", "anna")
BEATE = ("2027-01-15", "beate")
CARLA = ("2027-01-15", "carla")


def test_every_integer_but_the_span_is_a_sum() -> None:
    integers = [one.name for one in fields(Totals) if one.type == "int"]
    assert integers == ["start_ns", "end_ns", *SUMS]


def test_plus_adds_sums_unites_visitors_and_widens_the_span() -> None:
    earlier = Totals(
        advertiser="old",
        synthetic=True,
        start_ns=0,
        end_ns=300,
        ots=2,
        visitors=frozenset({ANNA, BEATE}),
    )
    later = Totals(
        advertiser="new",
        start_ns=300,
        end_ns=600,
        ots=1,
        visitors=frozenset({BEATE}),
    )
    assert earlier.plus(later) == Totals(
        advertiser="new",
        synthetic=True,
        start_ns=0,
        end_ns=600,
        ots=3,
        visitors=frozenset({ANNA, BEATE}),
    )


def test_minus_gives_differences_and_the_visitors_that_came() -> None:
    new = Totals(
        ots=1,
        visitors=frozenset({CARLA}),
    )
    old = Totals(
        ots=2,
        visitors=frozenset({ANNA}),
    )
    assert new.minus(old) == Totals(
        ots=-1,
        visitors=frozenset({CARLA}),
    )


def test_a_visitor_of_two_days_is_one_of_the_people() -> None:
    totals = Totals(visitors=frozenset({ANNA, ("2027-01-16", "anna"), BEATE}))
    assert totals.people == 2


def test_plain_and_back() -> None:
    labels = Totals(
        advertiser="acme",
        synthetic=True,
        start_ns=0,
        end_ns=300,
    )
    totals = Totals(
        advertiser="acme",
        synthetic=True,
        start_ns=0,
        end_ns=300,
        plays=4,
        camera_ns=7,
        present=(2, 1),
        looking=(1, 0),
        visitors=frozenset({ANNA}),
    )
    plain = json.loads(json.dumps(totals.to_plain()))
    assert Totals.from_plain(plain, labels) == totals
    # Stored before plays were counted as doubtful or overlapping.
    plain["sums"] = plain["sums"][:13]
    assert Totals.from_plain(plain, labels) == totals


def test_nothing_adds_up_to_nothing() -> None:
    assert add_up([]) == Totals()


def test_seconds_add_up_and_go_apart_whatever_their_number() -> None:
    one = Totals(present=(3, 2), looking=(1,))
    other = Totals(present=(1, 1, 1))
    both = one.plus(other)
    assert (both.present, both.looking) == ((4, 3, 1), (1,))
    assert other.minus(both).present == (-3, -2, 0)
