"""Ledgers that are kept as objects or as text → the same ledgers, and what is asked of all."""

from __future__ import annotations

import gc
from collections import Counter

import pytest

from vitrine.campaigns.ledger import NOTHING, Account, Ledger
from vitrine.campaigns.ledger_json import ledger_to_json
from vitrine.campaigns.ledgers import Ledgers
from vitrine.campaigns.totals import Totals

DAY = "2027-01-15"
PLAYS = Totals(advertiser="acme", start_ns=1, end_ns=2, plays=3, screen_ns=24)
PEOPLE = Totals(advertiser="acme", start_ns=1, end_ns=2, ots=2, present=(2, 1))


def make_ledger(plays: Totals = NOTHING, visitors: str = "ab") -> Ledger:
    """Return a ledger with everything that one can hold."""
    account = Account(
        released=PEOPLE,
        waiting=PEOPLE,
        plays=plays,
        people=Counter({(DAY, name): 1 for name in visitors}),
        until_ns=7,
        reached_ns=5,
    )
    return Ledger(
        accounts={"shoe": account, "boot": Account()},
        reach=4,
        held=Counter({(DAY, "x"): 2}),
        known={(DAY, "y")},
        slots_ns=3,
        rebuilt_day=DAY,
    )


def kept(**ledgers: Ledger) -> Ledgers:
    """Return ledgers that were put, and then left alone by a change."""
    found = Ledgers()
    put(found, **ledgers)
    found.put({}, {})
    return found


def put(ledgers: Ledgers, **changed: Ledger) -> None:
    """Put ledgers as a change does."""
    texts = {line: ledger_to_json(ledger) for line, ledger in changed.items()}
    ledgers.put(changed, texts)


@pytest.mark.parametrize("plays", [NOTHING, PLAYS])
def test_a_ledger_comes_back_as_it_was(plays: Totals) -> None:
    ledgers = kept(spring=make_ledger(plays))
    assert dict(ledgers) == {"spring": make_ledger(plays)}
    loaded = Ledgers()
    loaded.load({"spring": ledger_to_json(make_ledger(plays))})
    assert dict(loaded) == dict(ledgers)
    assert loaded.with_plays() == ledgers.with_plays()
    assert loaded.most_people() == ledgers.most_people() == 2


@pytest.mark.parametrize("plays", [NOTHING, PLAYS])
def test_a_draft_leaves_the_kept_ledger_as_it_was(plays: Totals) -> None:
    ledgers = kept(spring=make_ledger(plays))
    draft = ledgers.draft("spring")
    draft.held.clear()
    draft.known.clear()
    draft.account("shoe").people.clear()
    assert ledgers["spring"] == make_ledger(plays)


def test_a_draft_of_what_is_not_known_is_empty() -> None:
    ledgers = Ledgers()
    assert ledgers.draft("spring") == Ledger()
    assert "spring" not in ledgers


def test_a_ledger_follows_each_change() -> None:
    ledgers = kept(spring=make_ledger(visitors="abc"), autumn=make_ledger())
    assert (ledgers.with_plays(), ledgers.most_people()) == (set(), 3)
    put(ledgers, spring=make_ledger(PLAYS, visitors="a"))
    assert (ledgers.with_plays(), ledgers.most_people()) == ({"spring"}, 2)
    put(ledgers, spring=make_ledger(visitors="abcd"))
    assert (ledgers.with_plays(), ledgers.most_people()) == (set(), 4)
    assert ledgers["spring"] == make_ledger(visitors="abcd")


def test_what_nobody_touches_is_no_object() -> None:
    ledgers = kept(**{f"campaign-{number}": make_ledger() for number in range(20)})
    assert len(ledgers) == 20
    # A ledger, two accounts, what they hold: objects that Python would search for circles.
    assert not any(isinstance(one, Ledger) for one in gc.get_referents(*parts(ledgers)))


def parts(ledgers: Ledgers) -> list[object]:
    """Return the containers of ledgers."""
    return list(vars(ledgers).values())
