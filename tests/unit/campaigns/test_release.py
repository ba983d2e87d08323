"""k-anonymity: what waits → what is released, and the rest."""

from __future__ import annotations

from vitrine.campaigns.release import release
from vitrine.campaigns.totals import Cell, Totals

SHOE = Cell("spring", "shoe", "north")
COFFEE = Cell("coffee", "espresso", "north")


def seen_by(people: int, ots: int) -> Totals:
    visitors = frozenset(("2027-01-15", f"visitor-{n}") for n in range(people))
    return Totals(ots=ots, visitors=visitors)


def test_people_are_counted_not_opportunities() -> None:
    few = seen_by(people=2, ots=50)
    enough = seen_by(people=3, ots=3)
    released, rest = release({SHOE: few, COFFEE: enough}, k_anonymity=3)
    assert released == {COFFEE: enough}
    assert rest == {SHOE: few}


def test_each_cell_waits_for_its_own_people() -> None:
    waiting = {SHOE: seen_by(people=2, ots=2), COFFEE: seen_by(people=2, ots=2)}
    assert release(waiting, k_anonymity=3) == ({}, waiting)
