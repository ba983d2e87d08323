"""Slots close with the windows, late events revise them, and people release them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.builders import at
from tests.campaign_scenario import (
    make_exposure,
    make_identity,
    make_interaction,
    make_play,
)
from vitrine.campaigns.advance import advance
from vitrine.campaigns.slots import (
    KEPT_NS,
    Own,
    Redeemed,
    Run,
    Seen,
    SlotChange,
    Trial,
    Waiting,
)
from vitrine.campaigns.stand import Rules, Stand
from vitrine.clock import SECOND_NS
from vitrine.schemas import SLOT_NS, Arm, Event, Play

RULES = Rules(
    window_ns=300 * SECOND_NS,
    grace_ns=90 * SECOND_NS,
    horizon_ns=7200 * SECOND_NS,
    k_anonymity=3,
)
TRIAL = Trial(0.2, offers_alike=True)


class Fixed:
    """Experiments of a campaign that is on up to a second; slot 2 of it and later are plain."""

    def __init__(self, until: float = 1e9, plain_from: float = 600) -> None:
        self.until_ns = at(until)
        self.plain_ns = at(plain_from)

    def on(self, stand_id: str, slot_ns: int) -> Mapping[str, Trial]:
        return {"spring": TRIAL} if slot_ns < self.until_ns else {}

    def arm(self, campaign_id: str, holdout: float, stand_id: str, slot_ns: int) -> Arm:
        return "adaptive" if slot_ns < self.plain_ns else "plain"


def go(
    stand: Stand,
    now: float,
    *events: Event,
    experiments: Fixed | None = None,
) -> SlotChange:
    """Bring the stand to so many seconds after T0."""
    change = advance(
        stand,
        events,
        "UTC",
        watermark_ns=at(now),
        experiments=experiments or Fixed(),
    )
    change.adopt()
    return change.slots


def play_of(start: float, end: float, **fields: Any) -> Play:
    return make_play(start, end, **{"arm_probability": 0.8} | fields)


def new_stand(rules: Rules = RULES) -> Stand:
    return Stand("north", rules)


def people(start: float, *names: str) -> Sequence[Event]:
    return [
        make_exposure(start, start + 10, ((start, start + 2),), (name,))
        for name in names
    ]


def test_a_slot_closes_with_its_window() -> None:
    stand = new_stand()
    change = go(stand, 389, *people(100, "a"), play_of(100, 108))
    assert (change.seen, change.own, change.runs) == ({}, {}, {})
    change = go(stand, 390)
    assert change.seen == {at(0): Seen(1, 2 * SECOND_NS)}
    assert change.own == {("spring", at(0)): Own("adaptive", 0.8, 2 * SECOND_NS)}


def test_slots_of_windows_of_a_minute_close_as_a_whole() -> None:
    rules = Rules(60 * SECOND_NS, 90 * SECOND_NS, 7200 * SECOND_NS, 3)
    stand = new_stand(rules)
    assert go(stand, 380, *people(100, "a"), *people(250, "b")).seen == {}
    assert go(stand, 390).seen == {at(0): Seen(2, 4 * SECOND_NS)}


def test_a_campaign_that_is_on_has_its_slots_also_when_nothing_came() -> None:
    stand = new_stand()
    go(stand, 10, make_exposure(0, 5))
    go(stand, 1000)
    # A new stand begins with the slot before its first events.
    assert stand.slots.runs == {"spring": [Run(at(-300), at(900), TRIAL)]}


def test_a_run_ends_with_the_campaign_and_another_begins() -> None:
    stand = new_stand()
    go(stand, 10, make_exposure(0, 5), experiments=Fixed(until=600))
    go(stand, 1300, experiments=Fixed(until=600))
    assert stand.slots.runs["spring"] == [Run(at(-300), at(600), TRIAL)]
    go(stand, 1600)
    last = stand.slots.runs["spring"][-1]
    assert last == Run(at(1200), at(1500), TRIAL)


def test_a_play_makes_a_slot_count_where_nothing_is_configured() -> None:
    stand = new_stand()
    play = play_of(100, 108, arm="plain", arm_probability=0.25)
    go(stand, 700, play, experiments=Fixed(until=-1))
    expected = Run(at(0), at(300), Trial(0.25, offers_alike=True))
    assert stand.slots.runs == {"spring": [expected]}


def test_late_events_revise_a_slot() -> None:
    stand = new_stand()
    go(stand, 700, *people(100, "a", "b"))
    assert go(stand, 750, *people(150, "c")).seen[at(0)].visitors == 3
    merged = [make_identity(name, "v") for name in "ab"]
    assert go(stand, 800, *merged).seen[at(0)].visitors == 2


def redeemed(slot: float | None, when: float, name: str = "r", **fields: Any) -> Event:
    values: dict[str, Any] = {
        "interaction_id": name,
        "campaign_id": "spring",
        "slot_ns": None if slot is None else at(slot),
    }
    return make_interaction("offer-redeemed", when, **values | fields)


def test_a_redemption_belongs_to_the_slot_of_its_grant_however_late() -> None:
    stand = new_stand()
    month = 25 * 86_400
    go(stand, month)
    change = go(
        stand,
        month + 1,
        redeemed(0, month),
        play_of(month - 5, month + 3, play_id="now"),
    )
    assert change.goals == [Redeemed("spring", at(0), 1)]


def test_a_redemption_without_a_slot_belongs_to_that_of_its_play() -> None:
    stand = new_stand()
    play = play_of(290, 298, campaign_id="spring")
    late = redeemed(None, 900, play_id=play.play_id)
    assert go(stand, 1000, play, late).goals == [Redeemed("spring", at(0), 1)]
    other = play_of(590, 598)
    early = redeemed(None, 900, "early", play_id=other.play_id)
    assert go(stand, 1001, early).goals == []
    assert go(stand, 1002, other).goals == [Redeemed("spring", at(300), 1)]
    unknown = redeemed(None, 900, "other", play_id="play-unknown")
    assert go(stand, 1003, unknown).goals == []


def test_a_sale_is_counted_with_its_currency() -> None:
    sale = {"minor": 1999, "currency": "EUR"}
    change = go(new_stand(), 1000, redeemed(0, 900, sale=sale))
    assert change.goals == [Redeemed("spring", at(0), 1, 1999, "EUR")]


@pytest.mark.parametrize("together", [True, False])
def test_a_redemption_that_is_taken_back_counts_no_more(together: bool) -> None:
    stand = new_stand()
    first = redeemed(0, 900)
    fields = {"interaction_id": "r-cancelled", "cancels": "r"}
    back = make_interaction("redemption-cancelled", 900, campaign_id="spring", **fields)
    if together:
        assert go(stand, 1000, first, back).goals == []
    else:
        assert go(stand, 1000, first).goals == [Redeemed("spring", at(0), 1)]
        assert go(stand, 1001, back).goals == [Redeemed("spring", at(0), -1)]
        assert go(stand, 1002, first, back).goals == []


def test_the_same_redemption_twice_counts_once() -> None:
    stand = new_stand()
    go(stand, 1000, redeemed(0, 900))
    assert go(stand, 1001, redeemed(0, 900)).goals == []


def test_slots_are_released_once_final_with_enough_people() -> None:
    stand = new_stand()
    go(stand, 700, *people(100, "a", "b"), *people(400, "c", "d"))
    assert go(stand, 7500).released == {}
    assert len(stand.slots.waiting["spring"].people["adaptive"]) == 2
    change = go(stand, 7501)
    assert list(change.released) == ["spring"]
    assert change.released["spring"].until_ns == at(600)
    assert stand.slots.waiting["spring"] == Waiting()


def test_the_same_people_again_release_nothing() -> None:
    stand = new_stand()
    for start in (100, 400):
        go(stand, start + 50, *people(start, "a", "b"))
    merged = [make_identity(name, name) for name in "ab"]
    assert go(stand, 500, *merged).released == {}
    assert go(stand, 8000).released == {}


def test_an_arm_with_fewer_people_holds_the_step_back() -> None:
    stand = new_stand()
    experiments = Fixed(plain_from=300)
    seen = [*people(100, "a"), *people(400, "b", "c", "d"), *people(700, "e", "f")]
    go(stand, 1000, *seen, experiments=experiments)
    # One adaptive visitor waits: the plain ones wait with them.
    assert go(stand, 8200, experiments=experiments).released == {}


def test_each_origin_waits_for_its_own_people() -> None:
    stand = new_stand()
    drawn = [make_exposure(400, 410, tracks=(name,), synthetic=True) for name in "cde"]
    virtual = play_of(700, 740, player="virtual", slot_ns=at(600))
    seen = [*people(100, "a", "b"), *drawn, virtual, *people(700, "f", "g")]
    goals = [redeemed(slot, 800, f"r{slot}") for slot in (0, 300, 600)]
    go(stand, 1000, *seen, *goals)
    released = go(stand, 8200).released
    assert list(released) == ["spring~synthetic"]
    assert released["spring~synthetic"].goals == [Redeemed("spring", at(300), 1)]
    for line in ("spring", "spring~virtual"):
        waiting = stand.slots.waiting[line]
        assert (len(waiting.people["adaptive"]), len(waiting.goals)) == (2, 1)


def test_redemptions_are_released_with_the_next_step() -> None:
    stand = new_stand()
    go(stand, 500, *people(100, "a", "b", "c"), redeemed(0, 200, "first"))
    change = go(stand, 7500)
    assert change.released["spring"].goals == [Redeemed("spring", at(0), 1)]
    change = go(stand, 7501, redeemed(0, 7400, "second"))
    assert change.released == {}
    assert stand.slots.waiting["spring"].goals == (Redeemed("spring", at(0), 1),)


def test_slots_and_campaigns_are_forgotten_in_the_end() -> None:
    stand = new_stand()
    go(stand, 10, make_exposure(0, 5), experiments=Fixed(until=600))
    go(stand, 1300, experiments=Fixed(until=600))
    days = KEPT_NS / SECOND_NS
    change = go(stand, days + 900, experiments=Fixed(until=600))
    assert change.forgotten == ["spring"]
    assert stand.slots.runs == {}
    assert at(0) in change.dropped
    assert max(change.dropped) == at(600) - SLOT_NS
