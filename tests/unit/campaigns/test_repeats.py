"""How often people saw a campaign: rows of final days → classes, and when they are released."""

from __future__ import annotations

from collections import Counter
from datetime import date

from tests.builders import at
from tests.campaign_scenario import make_exposure, make_identity, make_play
from tests.campaign_store import RULES
from tests.unit.campaigns.joined import SHOE, SHOE_MORE, only
from vitrine.campaigns.advance import advance
from vitrine.campaigns.repeats import add_days, count_day, days_between, shares
from vitrine.campaigns.stand import Floor, Stand
from vitrine.campaigns.totals import Totals
from vitrine.clock import SECOND_NS
from vitrine.schemas import Event

FRIDAY = date(2027, 1, 15)
DAY_S = 86_400


def seen(*names: str, again: tuple[tuple[str, int], ...] = ()) -> Totals:
    """A row of Friday with these visitors."""
    day = FRIDAY.isoformat()
    return Totals(visitors=frozenset((day, name) for name in names), again=again)


def test_a_row_knows_who_saw_a_creative_several_times() -> None:
    plays = [make_play(0, 8), make_play(8, 16), make_play(16, 24)]
    totals = only(
        *plays,
        make_exposure(0, 24, tracks=("a",)),
        make_exposure(0, 12, tracks=("b",)),
        make_exposure(0, 4, tracks=("c",)),
        make_identity("a", "anna"),
        make_identity("b", "beate"),
    )
    assert totals.again == (("anna", 2), ("beate", 1))


def test_the_opportunities_of_a_visitor_add_up_over_windows_and_creatives() -> None:
    rows = [
        (SHOE, seen("anna", "beate", again=(("anna", 1),))),
        (SHOE_MORE, seen("beate", "carla")),
        (SHOE, seen("anna")),
        (SHOE._replace(origin="synthetic"), seen("drawn")),
        (SHOE, Totals(visitors=frozenset({("2027-01-16", "dora")}))),
    ]
    assert count_day(FRIDAY, rows) == {
        # Carla once, Beate twice, Anna three times.
        "spring": {1: 1, 2: 1, 3: 1},
        "spring~synthetic": {1: 1},
    }


def test_classes_are_released_together_once_each_has_enough_people() -> None:
    few = add_days([{"spring": Counter({1: 12, 2: 4})}], {}, 10)
    assert few.released == {}
    assert few.waiting == {"spring": {1: 12, 2: 4}}
    enough = add_days([{"spring": Counter({1: 1, 2: 6})}], few.waiting, 10)
    assert enough.counted == {"spring": {1: 1, 2: 6}}
    assert enough.released == {"spring": {1: 13, 2: 10}}
    assert enough.waiting == {"spring": {}}


def test_a_day_is_final_once_and_only_a_whole_one() -> None:
    midnight_s = 16 * 3600  # Of Friday on, in UTC; T0 is 8 o'clock.
    before = at(midnight_s - 1)
    after = at(midnight_s)
    assert days_between(before, after, "UTC") == [FRIDAY]
    assert days_between(after, after + 3600 * SECOND_NS, "UTC") == []
    assert days_between(before, before, "UTC") == []
    assert days_between(before, after, "Europe/Berlin") == []
    assert days_between(before, after, "UTC", floor_ns=at(0)) == []


def step(stand: Stand, watermark: float, *events: Event) -> Stand:
    change = advance(stand, events, "UTC", watermark_ns=at(watermark))
    change.adopt()
    released.append(change.repeats.released)
    return stand


released: list[object] = []


def test_a_stand_counts_each_day_when_its_horizon_has_passed() -> None:
    released.clear()
    stand = Stand("north", RULES)
    events: list[Event] = [make_play(0, 8), make_play(8, 16)]
    events += [make_exposure(0, 16, tracks=(name,)) for name in "ab"]
    events += [make_exposure(0, 4, tracks=(name,)) for name in "cd"]
    step(stand, 400, *events)
    # The day ends after 16 h, and the horizon is another day.
    step(stand, 16 * 3600 + DAY_S - 300, make_play(50_000, 50_008))
    assert released == [{}, {}]
    step(stand, 16 * 3600 + DAY_S)
    step(stand, 16 * 3600 + DAY_S + 600)
    assert released[2:] == [{"spring": {1: 2, 2: 2}}, {}]


def test_a_day_that_was_computed_anew_in_part_is_not_counted() -> None:
    released.clear()
    stand = Stand("north", RULES, Floor(at(0)))
    people = [make_exposure(0, 8, tracks=(name,)) for name in "ab"]
    step(stand, 400, make_play(0, 8), *people)
    step(stand, 16 * 3600 + DAY_S)
    assert released == [{}, {}]


def test_shares_name_every_class() -> None:
    assert list(shares(Counter({1: 30, 3: 10}))) == [
        ("1", 30, 0.75),
        ("2", 0, 0.0),
        ("3 or more", 10, 0.25),
    ]
