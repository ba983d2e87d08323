"""What waits → what may be read: in steps of at least three people, as far as they are known."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.builders import at
from tests.campaign_scenario import (
    make_coverage,
    make_exposure,
    make_identity,
    make_interaction,
    make_play,
)
from vitrine.campaigns import figures
from vitrine.campaigns.advance import advance
from vitrine.campaigns.place import Place
from vitrine.campaigns.rebuild import History, restore
from vitrine.campaigns.release import hour_passed
from vitrine.campaigns.stand import Change, Floor, Rules, Stand
from vitrine.campaigns.totals import Totals
from vitrine.clock import SECOND_NS
from vitrine.schemas import Coverage, Event
from vitrine.services.analytics.settings import AnalyticsSettings

RULES = Rules(
    window_ns=300 * SECOND_NS,
    grace_ns=90 * SECOND_NS,
    horizon_ns=7200 * SECOND_NS,
    k_anonymity=3,
)
HOUR = 3600


def feed(stand: Stand, *events: Event, ended: bool = False) -> Change:
    """Advance the stand and adopt the change."""
    change = advance(stand, events, "UTC", ended=ended)
    change.adopt()
    return change


def clock(seconds: float) -> Coverage:
    """Nobody there, but time went on to this second."""
    return make_coverage(seconds - 10, seconds)


def window(number: int, *names: str, creative: str = "shoe") -> list[Event]:
    """Return a play in a window, whoever saw it under names of their own, and its closing."""
    start = 300 * number
    play = make_play(start, start + 8, creative_id=creative)
    events: list[Event] = [play, clock(start + 400)]
    for name in names:
        track = f"{number}-{name}"
        events.append(make_exposure(start, start + 8, tracks=(track,)))
        events.append(make_identity(track, name, start + 1))
    return events


def decided(change: Change) -> dict[str, Totals]:
    """Return what concerns people of what a change decided, by creative."""
    return {
        cell.creative_id: totals
        for cell, totals in change.decided.totals
        if totals.passed
    }


def test_totals_advance_in_steps_of_at_least_three_people() -> None:
    stand = Stand("north", RULES)
    steps = [
        [one.ots for one in decided(feed(stand, *window(number, name))).values()]
        for number, name in enumerate("abcdefg")
    ]
    assert steps == [[], [], [3], [], [], [3], []]


def test_one_person_with_many_opportunities_is_not_enough() -> None:
    stand = Stand("north", RULES)
    for number in range(6):
        assert decided(feed(stand, *window(number, "anna"))) == {}
    assert stand.ledgers["spring"].accounts["shoe"].waiting.ots == 6


def test_who_stays_past_midnight_is_one() -> None:
    stand = Stand("north", RULES)
    # Midnight is 16 h after the first window.
    for number in (191, 192):
        assert decided(feed(stand, *window(number, "a", "b"))) == {}
    visitors = stand.ledgers["spring"].accounts["shoe"].people
    assert len({day for day, _ in visitors}) == 2


def test_what_is_decided_is_shown_once_its_record_is_on_the_bus() -> None:
    stand = Stand("north", RULES)
    first = feed(stand, *window(0, "a", "b", "c"))
    assert (first.records, first.shown.totals) == ([], [])
    assert stand.is_due(at(400))
    second = feed(stand)
    [record] = second.records
    [shoe] = record.creatives
    assert (shoe.sums["ots"], record.reach) == (3, 3)
    assert second.shown == first.decided
    assert not stand.is_due(at(400))


def test_at_the_end_everything_is_shown_at_once() -> None:
    stand = Stand("north", RULES)
    end = feed(stand, *window(0, "a", "b", "c"), ended=True)
    [record] = end.records
    sums = record.creatives[0].sums
    assert (sums["plays"], sums["ots"]) == (1, 3)
    assert not end.decided


def test_another_name_adds_nobody() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b", "c"))
    names = [make_identity(f"0-{name}", f"{name}-2", 2) for name in "abc"]
    assert decided(feed(stand, *names)) == {}
    # The new names are those of people who are released.
    assert decided(feed(stand, *window(1, "a-2", "b-2", "c-2")))["shoe"].ots == 3
    more = feed(stand, *window(2, "a-2", "x", "y"))
    assert (more.decided.reach, stand.ledgers["spring"].reach) == ({}, 3)


def test_who_waits_is_counted_by_present_names() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a"))
    feed(stand, *window(1, "b"))
    merged = make_identity("1-b", "a", 302)
    assert decided(feed(stand, merged, *window(2, "c"))) == {}
    assert decided(feed(stand, *window(3, "d")))["shoe"].ots == 4


def test_a_late_person_of_a_released_row_waits_for_a_step_of_others() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b", "c"))
    late = [make_exposure(0, 8, tracks=(name,)) for name in "xyz"]
    assert decided(feed(stand, *late)) == {}
    assert decided(feed(stand, *window(1, "d", "e"))) == {}
    assert decided(feed(stand, *window(2, "f")))["shoe"].ots == 6


def test_a_correction_waits_and_lowers_the_next_step() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b", "c"))
    merged = make_identity("0-b", "a", 2)
    assert decided(feed(stand, merged)) == {}
    assert decided(feed(stand, *window(1, "d", "e", "f")))["shoe"].ots == 2
    released = stand.ledgers["spring"].accounts["shoe"].released
    assert released.ots == 5


def test_a_creative_with_too_few_people_stays_back() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "x", "y", creative="shoe-more"))
    step = decided(feed(stand, *window(1, "a", "b", "c")))
    assert set(step) == {"shoe"}
    assert stand.ledgers["spring"].reach == 3


def test_the_reach_waits_for_three_who_are_new() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b", "c"))
    step = feed(stand, *window(1, "b", "c", "d", "e"))
    assert decided(step)["shoe"].ots == 4
    assert step.decided.reach == {}
    step = feed(stand, *window(2, "a", "e", "f"))
    assert step.decided.reach == {"spring": 3}


@pytest.mark.parametrize("merged", ["d", "e"])
def test_who_waits_for_the_reach_and_turns_out_to_be_in_it_is_nobody_new(
    merged: str,
) -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b", "c"))
    feed(stand, *window(1, "b", "c", "d", "e"))
    # The row of `c` has that visitor already (1), or not yet (0).
    for window_number in (0, 1):
        renamed = make_identity(f"{window_number}-c", merged, 302)
        feed(stand, renamed)
    assert feed(stand, *window(2, "a", "b", "f")).decided.reach == {}
    assert feed(stand, *window(3, "a", "b", "g")).decided.reach == {"spring": 3}


def test_who_is_renamed_while_waiting_for_the_reach_is_one() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b", "c"))
    feed(stand, *window(1, "b", "c", "d", "e"))
    feed(stand, make_identity("1-d", "f", 302), make_identity("1-b", "f", 302))
    assert feed(stand, *window(2, "f", "e", "a")).decided.reach == {}
    assert feed(stand, *window(3, "a", "b", "g")).decided.reach == {"spring": 3}


def test_a_late_row_adds_to_the_reach_until_it_has_advanced_past_it() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(1, "a", "b", "c"))
    # Its window is in the reach already: who is in the row may be anybody of before.
    assert feed(stand, *window(0, "x", "y", "z")).decided.reach == {}
    feed(stand, *window(3, "a", "b", "d"))
    assert feed(stand, *window(2, "e", "f")).decided.reach == {}
    assert feed(stand, *window(4, "a", "b", "c")).decided.reach == {"spring": 3}


def rebuilt(floor_s: float, history: History) -> Stand:
    """Return a stand after a loss of the store; its events from `floor_s` on are read again."""
    stand = Stand("north", RULES, Floor(at(floor_s), rebuilt_ns=at(HOUR)))
    restore(stand, history, "UTC").adopt()
    return stand


def test_after_a_loss_nobody_of_its_day_is_new_to_the_reach() -> None:
    before = feed(Stand("north", RULES), *window(0, "a", "b"))
    stand = rebuilt(300, History(before.snapshots))
    step = feed(stand, *window(1, "a", "b", "c"))
    # Who is behind the sums of the snapshot is not known: it may be the same people.
    assert decided(step)["shoe"].ots == 5
    assert step.decided.reach == {}


def test_after_a_loss_released_rows_come_back_before_anything_goes() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(1, "c", "d", "e"))
    [record] = feed(stand).records
    stand = rebuilt(-24 * HOUR, History(releases={"spring": record}))
    waiting = window(0, "a", "b", "c", creative="shoe-more")
    step = feed(stand, *waiting, *window(1, "c", "d", "e"))
    assert decided(step)["shoe-more"].ots == 3
    # `c` is in the reach by the later window.
    assert step.decided.reach == {}


def test_who_saw_two_creatives_is_in_the_reach_once() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b", "c"))
    feed(stand, *window(1, "a", "b", "c", creative="shoe-more"))
    assert stand.ledgers["spring"].reach == 3
    late = feed(stand, *window(2, "c", "d", "e", creative="shoe-more"))
    assert late.decided.reach == {}


@pytest.mark.parametrize("hours", [60, 100])
def test_who_waits_for_days_is_in_the_reach_once(hours: int) -> None:
    """Rows are dropped as final while others that count the same people wait."""
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b", creative="shoe-more"))
    feed(stand, *window(1, "a", "b", "c"))
    for hour in range(2, hours):
        feed(stand, clock(hour * HOUR))
    assert len(stand.rows) == 0
    number = hours * 12
    step = decided(feed(stand, *window(number, "d", creative="shoe-more")))
    assert step["shoe-more"].ots == 3
    assert stand.ledgers["spring"].reach == 3
    more = feed(stand, *window(number + 1, "d", "e", "f"))
    assert more.decided.reach == {"spring": 3}
    ledger = stand.ledgers["spring"]
    assert (ledger.held, ledger.known) == (Counter(), set())


def let_days_pass(stand: Stand, first: int, last: int) -> int:
    """Let time go on to after the midnight of each day; return how many were forgotten."""
    forgotten = 0
    for day in range(first, last + 1):
        # The first midnight is 16 h after the first window.
        forgotten += feed(stand, clock((24 * day + 17) * HOUR)).forgotten
    return forgotten


def test_who_waits_is_forgotten_a_week_after_the_last_window() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b"))
    assert let_days_pass(stand, 0, 6) == 0
    assert set(stand.ledgers["spring"].accounts["shoe"].people) == {
        ("2027-01-15", "a"),
        ("2027-01-15", "b"),
    }
    assert let_days_pass(stand, 7, 7) == 2
    assert stand.ledgers["spring"].accounts["shoe"].people == Counter()
    assert let_days_pass(stand, 8, 9) == 0


def test_a_step_after_it_is_of_others_and_takes_what_waited() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b"))
    let_days_pass(stand, 0, 7)
    number = 12 * 24 * 9
    assert decided(feed(stand, *window(number, "c", "d"))) == {}
    step = feed(stand, *window(number + 1, "e"))
    assert decided(step)["shoe"].ots == 5
    # Who was forgotten is not in the reach.
    assert step.decided.reach == {"spring": 3}


def test_who_waits_for_the_reach_is_forgotten_too() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a", "b", "c"))
    feed(stand, *window(1, "c", "d", "e"))
    assert set(stand.ledgers["spring"].held) == {("2027-01-15", name) for name in "cde"}
    assert let_days_pass(stand, 0, 7) == 3
    assert stand.ledgers["spring"].held == Counter()
    assert stand.ledgers["spring"].reach == 3


def test_who_waits_of_a_campaign_that_goes_on_is_kept() -> None:
    stand = Stand("north", RULES)
    feed(stand, *window(0, "a"))
    for day in range(1, 9):
        feed(stand, *window(12 * 24 * day))
    assert set(stand.ledgers["spring"].accounts["shoe"].people) == {("2027-01-15", "a")}


def test_what_concerns_nobody_goes_out_by_the_hour() -> None:
    stand = Stand("north", RULES)
    for number in range(10):
        assert feed(stand, *window(number, "anna")).decided.totals == []
    step = feed(stand, *window(10)).decided
    [(_, totals)] = step.totals
    assert (totals.plays, totals.screen_ns) == (11, 88 * SECOND_NS)
    assert (totals.ots, totals.dwell_ns, totals.camera_ns > 0) == (0, 0, True)
    # The hour of `north` ends at minute 54.
    assert (totals.start_ns, totals.end_ns) == (at(0), at(55 * 60))
    assert step.reach == {}
    for number in range(11, 22):
        assert feed(stand, *window(number)).decided.totals == []
    [(_, more)] = feed(stand, *window(22)).decided.totals
    assert more.plays == 12


def test_stands_have_hours_of_their_own() -> None:
    quarters = [at(900 * quarter) for quarter in range(5)]
    ends = set()
    for stand_id in ("north", "south", "east"):
        spans = pairwise(quarters)
        passed = [hour_passed(stand_id, *span) for span in spans]
        assert passed.count(True) == 1
        ends.add(passed.index(True))
    assert len(ends) > 1


def test_a_ratio_has_the_plays_whose_people_are_released() -> None:
    stand = Stand("north", RULES)
    for number, names in enumerate(["", "abc", "", "d"]):
        feed(stand, *window(number, *names))
    feed(stand, clock(HOUR + 400))
    released = stand.ledgers["spring"].accounts["shoe"].released
    assert (released.plays, released.ots) == (4, 3)
    assert (released.measured_plays, released.measured_ns) == (2, 16 * SECOND_NS)
    assert figures.MULTIPLIER.value(released) == 1.5


def test_a_touch_waits_for_people() -> None:
    stand = Stand("north", RULES)
    touch = make_interaction("touch", 3, play_id="play-0")
    assert decided(feed(stand, touch, *window(0, "a"))) == {}
    assert decided(feed(stand, *window(1, "b", "c")))["shoe"].touches == 1


@pytest.mark.parametrize(("recognised", "ots"), [(True, [3]), (False, [])])
def test_where_nobody_is_recognised_a_step_needs_more_visitors(
    recognised: bool, ots: list[int]
) -> None:
    stand = Stand("north", replace(RULES, k_unrecognised=5))
    place = Place(recognised=recognised)
    change = advance(stand, window(0, "a", "b", "c"), "UTC", place=place)
    assert [one.ots for one in decided(change).values()] == ots
    change.adopt()
    assert stand.k_anonymity == (3 if recognised else 5)


def test_a_step_needs_more_visitors_than_people() -> None:
    rules = AnalyticsSettings().rules()
    assert (rules.k_anonymity, rules.k_unrecognised) == (31, 62)
    at_once = AnalyticsSettings(k_anonymity=1).rules()
    assert (at_once.k_anonymity, at_once.k_unrecognised) == (1, 1)
