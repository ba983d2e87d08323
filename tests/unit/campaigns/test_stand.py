"""Closing, revising, releasing; and that the order of arrival changes nothing in the end."""

from __future__ import annotations

import random

import pytest

from tests.builders import at
from tests.campaign_scenario import (
    make_coverage,
    make_exposure,
    make_identity,
    make_interaction,
    make_play,
    random_day,
)
from vitrine.campaigns.advance import advance
from vitrine.campaigns.stand import Change, Rules, Stand
from vitrine.campaigns.totals import Cell
from vitrine.clock import SECOND_NS
from vitrine.schemas import CampaignWindow, Coverage, Event

RULES = Rules(
    window_ns=300 * SECOND_NS,
    grace_ns=90 * SECOND_NS,
    horizon_ns=3600 * SECOND_NS,
    k_anonymity=3,
)
SHOE = Cell("spring", "shoe", "north")


def new_stand(stand_id: str = "north") -> Stand:
    return Stand(stand_id, RULES)


def feed(stand: Stand, *events: Event, ended: bool = False) -> Change:
    """Advance the stand and adopt the change."""
    change = advance(
        stand,
        events,
        "UTC",
        ended=ended,
    )
    change.adopt()
    return change


def clock(seconds: float) -> Coverage:
    """Nobody there, but time went on to this second."""
    return make_coverage(seconds - 10, seconds)


def stand_with(*events: Event) -> Stand:
    stand = new_stand()
    feed(stand, *events)
    return stand


def final_rows(events: list[Event], draw: random.Random) -> dict[str, CampaignWindow]:
    """Feed the events in random batches; return the last row of each window, unrevised."""
    stand = new_stand("stand-0")
    rows = {}
    while events:
        size = draw.randrange(1, 40)
        batch = events[:size]
        events = events[size:]
        for row in feed(stand, *batch).published:
            rows[row.window_id] = row
    for row in feed(stand, ended=True).published:
        rows[row.window_id] = row
    plain = {"revision": 0, "correction": False}
    return {name: row.model_copy(update=plain) for name, row in rows.items()}


def test_a_window_closes_once_time_has_passed_its_end_and_the_grace() -> None:
    stand = stand_with(make_play(0, 8), make_exposure(0, 8))
    assert feed(stand, clock(389)).published == []
    (row,) = feed(stand, clock(390)).published
    assert (row.start_ns, row.end_ns) == (at(0), at(300))
    assert (row.plays, row.ots, row.revision, row.correction) == (1, 1, 0, False)


def test_a_late_person_gives_a_new_revision_and_adds_the_difference() -> None:
    stand = stand_with(
        make_play(0, 8),
        make_exposure(0, 8),
        clock(400),
    )
    late = feed(
        stand,
        make_exposure(
            2,
            6,
            tracks=("b",),
        ),
    )
    (row,) = late.published
    assert (row.revision, row.ots, row.correction) == (1, 2, False)
    ((cell, added),) = late.exact
    assert (cell, added.ots, added.plays) == (SHOE, 1, 0)
    assert late.late == ["exposures"]


def test_two_people_who_turn_out_to_be_one_are_corrected() -> None:
    stand = stand_with(
        make_play(0, 8),
        make_exposure(0, 8),
        make_exposure(
            0,
            8,
            tracks=("b",),
        ),
        clock(400),
    )
    merged = feed(
        stand,
        make_identity(
            "a",
            "v",
            1,
        ),
        make_identity(
            "b",
            "v",
            1,
        ),
    )
    (row,) = merged.published
    assert (row.revision, row.ots, row.reach, row.correction) == (1, 1, 1, True)
    ((_, added),) = merged.exact
    assert added.ots == -1


def test_a_visitor_whom_no_row_counts_any_more_leaves_the_reach() -> None:
    stand = stand_with(
        make_play(0, 8),
        make_exposure(0, 8),
        make_identity("a", "anna", 1),
        clock(400),
    )
    renamed = feed(
        stand,
        make_identity(
            "a",
            "beate",
            2,
        ),
    )
    assert renamed.gone == {("spring", ("2027-01-15", "anna"))}


def test_a_visitor_whom_another_row_counts_stays_in_the_reach() -> None:
    stand = stand_with(
        make_play(0, 8),
        make_exposure(0, 8),
        make_identity("a", "anna", 1),
        make_play(310, 318),
        make_exposure(
            310,
            318,
            tracks=("b",),
        ),
        make_identity("b", "anna", 311),
        clock(800),
    )
    assert (
        feed(
            stand,
            make_identity(
                "a",
                "beate",
                2,
            ),
        ).gone
        == set()
    )


def test_a_visitor_of_two_campaigns_leaves_only_the_one_that_lost_the_play() -> None:
    coffee = {"campaign_id": "coffee", "creative_id": "espresso"}
    stand = stand_with(
        make_play(0, 8),
        make_exposure(0, 8),
        make_identity("a", "anna", 1),
        make_play(310, 318, **coffee),
        make_exposure(
            310,
            318,
            tracks=("b",),
        ),
        make_identity("b", "anna", 311),
        clock(800),
    )
    renamed = feed(
        stand,
        make_identity(
            "a",
            "beate",
            2,
        ),
    )
    assert renamed.gone == {("spring", ("2027-01-15", "anna"))}


def test_the_same_event_again_changes_nothing() -> None:
    events = [make_play(0, 8), make_exposure(0, 8), make_identity(), clock(400)]
    stand = stand_with(*events)
    again = feed(stand, *events)
    assert list(again.events.own_events()) == []
    assert (again.published, again.exact) == ([], [])


def test_a_change_that_is_not_adopted_leaves_the_stand_as_it_was() -> None:
    stand = stand_with(
        make_play(0, 8),
        make_exposure(0, 8),
        clock(389),
    )
    late = [
        make_exposure(
            2,
            6,
            tracks=("b",),
        ),
        clock(400),
    ]
    first = advance(stand, late, "UTC")
    second = advance(stand, late, "UTC")
    assert [row.ots for row in first.published] == [2]
    assert second.published == first.published
    assert second.exact == first.exact
    assert (len(stand.rows), dict(stand.ledgers), stand.closed_ns) == (0, {}, at(0))


def test_what_is_older_than_the_horizon_is_refused_and_counted() -> None:
    stand = stand_with(clock(2 * 3600))
    change = feed(
        stand,
        make_play(0, 8),
        make_play(3600, 3608),
    )
    assert change.refused == [(0, "older than the horizon of 3600 s")]
    assert change.late == ["plays", "plays"]
    assert [row.start_ns for row in change.published] == [at(3600)]


def test_the_same_id_with_other_content_counts_for_nothing() -> None:
    stand = stand_with(make_play(0, 8), make_exposure(0, 8), make_identity())
    change = feed(
        stand,
        make_play(0, 9),
        make_play(0, 8),
        make_exposure(0, 7),
        # Of decisions about a track the latest counts: none contradicts another.
        make_identity(visitor="w", decided=1),
        clock(400),
    )
    reason = "its id is known with other content"
    assert change.refused == [(0, reason), (2, reason)]
    [row] = change.published
    assert (row.plays, row.dwell_ns) == (1, 8 * SECOND_NS)


def test_windows_close_by_the_watermark_that_is_given() -> None:
    stand = new_stand()
    seen = [make_play(0, 8), make_exposure(0, 8), clock(400)]
    # Another topic was not read so far: its exposures may be of this window.
    held = advance(stand, seen, "UTC", watermark_ns=at(389))
    assert held.published == []
    held.adopt()
    assert not stand.is_due(at(389))
    assert stand.is_due(at(390))
    passed = advance(stand, (), "UTC", watermark_ns=at(390))
    assert [row.ots for row in passed.published] == [1]


@pytest.mark.parametrize(
    ("watermark", "oldest"),
    [(3600, 0), (3601, 300), (3900, 300), (3901, 600)],
)
def test_a_window_that_the_horizon_cuts_is_final(
    watermark: float, oldest: float
) -> None:
    assert new_stand().oldest_ns(at(watermark)) == at(oldest)


def test_a_late_person_of_a_play_that_lasted_into_the_next_window_counts() -> None:
    stand = stand_with(make_play(298, 306), clock(800))
    (row,) = feed(stand, make_exposure(302, 306)).published
    assert (row.start_ns, row.ots) == (at(0), 1)


def test_a_late_play_gets_the_touch_that_names_it() -> None:
    touch = make_interaction("touch", 10, play_id="play-400")
    stand = stand_with(
        make_play(0, 20),
        touch,
        clock(900),
    )
    rows = feed(
        stand,
        make_play(
            400,
            408,
            creative_id="shoe-more",
        ),
    ).published
    touches = {row.creative_id: row.touches for row in rows if row.start_ns == at(0)}
    # It was nobody's: what was on the screen then is not what it names.
    assert touches == {"shoe-more": 1}


def test_events_and_rows_do_not_outlive_their_use() -> None:
    stand = new_stand()
    for start in range(
        0,
        40 * 3600,
        60,
    ):
        track = f"t{start}"
        feed(
            stand,
            make_play(start, start + 8),
            make_exposure(
                start,
                start + 8,
                tracks=(track,),
            ),
            make_identity(track, f"v{start}", start),
            clock(start + 60),
        )
    # Four events a minute of the windows that are open, or closed a short time ago.
    assert len(list(stand.events.own_events())) <= 4 * 20
    # The windows of an hour, and what is not on a page yet.
    assert len(stand.events.shelf) <= 12 + 1
    # The windows of the longest day and the horizon.
    assert len(stand.rows) <= (25 + 1) * 12 + 2


def test_at_the_end_of_the_input_everything_closes() -> None:
    stand = stand_with(make_play(0, 8), make_exposure(0, 8))
    assert [row.plays for row in feed(stand, ended=True).published] == [1]


def test_a_late_play_takes_the_screen_from_one_in_the_next_window() -> None:
    stand = stand_with(
        make_play(296, 304),
        make_play(303, 311),
        make_exposure(290, 320),
        clock(700),
    )
    late = feed(stand, make_play(299, 310, creative_id="shoe-more"))
    found = {row.start_ns: row for row in late.published if row.creative_id == "shoe"}
    assert set(found) == {at(300)}
    assert (found[at(300)].plays, found[at(300)].ots) == (0, 0)
    assert found[at(300)].correction
    [added] = [added for _, added in late.exact if added.plays < 0]
    assert (added.plays, added.overlapping) == (-1, 1)


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_arrival_does_not_change_the_final_rows(seed: int) -> None:
    events = random_day(
        seed,
        seconds=700,
        stands=1,
    )
    draw = random.Random(seed)
    # More that claim the screen, at any time and across windows.
    for number in range(30):
        start = draw.uniform(0, 690)
        invented = make_play(
            start,
            start + draw.choice([2.5, 8.0, 60.0]),
            play_id=f"invented-{number}",
            stand_id="stand-0",
            doubtful=draw.choice([None, None, "future"]),
        )
        events.append(invented)
    expected = final_rows(events, draw)
    shuffled = events + draw.choices(events, k=50)
    draw.shuffle(shuffled)
    by_topic = sorted(events, key=lambda event: type(event).__name__)
    assert final_rows(shuffled, draw) == expected
    assert final_rows(by_topic, draw) == expected
    assert sum(row.ots for row in expected.values()) > 20
