"""The definitions, one by one: events of a window → its totals."""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders import at
from tests.campaign_scenario import (
    make_coverage,
    make_exposure,
    make_identity,
    make_interaction,
    make_play,
    window_events,
)
from tests.unit.campaigns.joined import SHOE, SHOE_MORE, WINDOW, only
from vitrine.campaigns.figures import ENGAGEMENT
from vitrine.campaigns.place import ANYWHERE, Place
from vitrine.campaigns.windows import Window, join
from vitrine.clock import SECOND_NS
from vitrine.ids import visitor_id
from vitrine.schemas import Event


@pytest.mark.parametrize(("seconds", "ots"), [(0.99, 0), (1.0, 1), (8.0, 1)])
def test_an_opportunity_to_see_needs_a_second_of_presence(
    seconds: float, ots: int
) -> None:
    assert only(make_play(), make_exposure(0, seconds)).ots == ots


def test_presence_counts_only_while_the_play_lasts() -> None:
    totals = only(
        make_play(10, 18),
        make_exposure(0, 10.5),
        make_exposure(
            17.4,
            60,
            tracks=("b",),
        ),
    )
    assert (totals.ots, totals.dwell_ns) == (0, 1_100_000_000)


def test_a_second_may_be_made_of_parts_tracks_and_cameras() -> None:
    pieces = [
        make_exposure(
            0,
            0.6,
            tracks=("a",),
        ),
        make_exposure(
            1,
            1.6,
            tracks=("b",),
        ),
    ]
    same = [make_identity("a", "v"), make_identity("b", "v")]
    assert only(make_play(), *pieces).ots == 0
    assert (
        only(
            make_play(),
            *pieces,
            *same,
        ).ots
        == 1
    )


def test_a_visitor_seen_by_two_cameras_at_once_is_there_once() -> None:
    totals = only(
        make_play(),
        make_exposure(0, 6),
        make_exposure(
            2,
            8,
            tracks=("b",),
        ),
        make_identity("a", "v"),
        make_identity("b", "v"),
    )
    assert (totals.ots, totals.people, totals.dwell_ns) == (1, 1, 8 * SECOND_NS)


@pytest.mark.parametrize(
    ("attention", "watchers"),
    [
        ([(1, 1.29)], 0),
        ([(1, 1.3)], 1),
        ([(1, 1.2), (2, 2.2)], 0),
        ([(7.8, 9)], 0),
        ([(7.7, 9)], 1),
    ],
)
def test_a_watcher_looks_for_three_tenths_of_a_second_at_a_stretch(
    attention: list[tuple[float, float]], watchers: int
) -> None:
    totals = only(
        make_play(0, 8),
        make_exposure(
            0,
            10,
            tuple(attention),
        ),
    )
    assert totals.watchers == watchers


@pytest.mark.parametrize(
    ("look_s", "watchers"), [(0.9, (1, 0, 0)), (1.0, (1, 1, 0)), (2.0, (1, 1, 1))]
)
def test_watchers_are_told_at_one_and_two_seconds_too(
    look_s: float, watchers: tuple[int, int, int]
) -> None:
    totals = only(make_play(0, 8), make_exposure(0, 8, ((1, 1 + look_s),)))
    assert (totals.watchers, totals.watchers_1s, totals.watchers_2s) == watchers


def reacting(*spans: tuple[float, float]) -> Event:
    """Return somebody who watches from second 0 to 30, and reacts."""
    told = tuple((at(first), at(last)) for first, last in spans)
    return make_exposure(0, 30, ((0, 30),), reactions=told)


@pytest.mark.parametrize(
    ("first", "last", "reacted"),
    [
        (12.0, 12.3, 1),
        (12.0, 12.29, 0),
        # It was there before the creative was, and is no answer to it.
        (9.9, 14.0, 0),
        (10.0, 14.0, 1),
        # Only the part within the play counts.
        (17.8, 20.0, 0),
    ],
)
def test_a_reaction_begins_in_the_play_and_lasts_three_tenths_of_a_second(
    first: float, last: float, reacted: int
) -> None:
    totals = only(make_play(10, 18), reacting((first, last)))
    assert (totals.judged, totals.reacted) == (1, reacted)


def test_reactions_are_told_by_second_of_the_play() -> None:
    totals = only(make_play(10, 14), reacting((9.0, 10.8), (11.4, 13.0)))
    assert totals.looking == (1, 1, 1, 1)
    assert totals.reacting == (0, 1, 1, 0)


def test_a_reaction_over_the_cut_between_two_parts_is_one() -> None:
    first = make_exposure(0, 12, ((0, 12),), reactions=((at(9.0), at(12.0)),))
    later = make_exposure(
        12, 30, ((12, 30),), part=1, reactions=((at(12.0), at(13.0)),)
    )
    totals = only(make_play(10, 18), first, later)
    assert (totals.judged, totals.reacted) == (1, 0)


def test_who_was_taken_for_a_child_for_a_part_is_not_judged() -> None:
    told = make_exposure(0, 12, ((0, 12),), reactions=((at(11.0), at(12.0)),))
    child = make_exposure(12, 30, ((12, 30),), part=1)
    totals = only(make_play(10, 18), told, child)
    assert (totals.watchers, totals.judged, totals.reacted) == (1, 0, 0)


def test_who_was_not_judged_or_did_not_watch_is_in_no_share_of_reactions() -> None:
    untold = make_exposure(0, 30, ((0, 30),), tracks=("b",))
    turned = make_exposure(0, 30, (), tracks=("c",), reactions=((at(12.0), at(13.0)),))
    totals = only(make_play(10, 18), untold, turned)
    assert (totals.watchers, totals.judged, totals.reacted) == (1, 0, 0)
    assert set(totals.reacting) == {0}


def test_who_passed_was_there_however_briefly() -> None:
    totals = only(
        make_play(0, 8),
        make_exposure(0, 0.4),
        make_exposure(2, 8, (), ("b",)),
    )
    assert (totals.passed, totals.ots) == (2, 1)


def test_a_sale_is_a_redemption_for_which_a_till_reported_one() -> None:
    paid = make_interaction(
        "offer-redeemed", 2, sale={"minor": 1999, "currency": "EUR"}
    )
    totals = only(make_play(), paid, make_interaction("offer-redeemed", 3))
    assert (totals.offers_redeemed, totals.sales) == (2, 1)


def test_a_look_over_the_cut_between_two_parts_is_one_look() -> None:
    first = make_exposure(
        50,
        60,
        ((59.8, 60),),
        part=0,
        final=False,
    )
    second = make_exposure(
        60,
        70,
        ((60, 60.15),),
        part=1,
    )
    totals = only(
        make_play(58, 66),
        first,
        second,
    )
    assert (totals.watchers, totals.attention_ns) == (1, 350_000_000)


def test_people_present_too_briefly_still_add_their_dwell_and_attention() -> None:
    totals = only(
        make_play(),
        make_exposure(
            0,
            0.5,
            ((0, 0.4),),
        ),
    )
    assert (totals.ots, totals.watchers) == (0, 0)
    assert (totals.dwell_ns, totals.attention_ns) == (500_000_000, 400_000_000)


def test_score_is_weighted_by_time() -> None:
    long = make_exposure(0, 6, score_mean=80.0)
    short = make_exposure(
        0,
        2,
        tracks=("b",),
        score_mean=40.0,
    )
    totals = only(make_play(), long, short)
    assert ENGAGEMENT.value(totals) == 70.0


def test_a_play_belongs_to_the_window_that_it_starts_in_with_all_its_people() -> None:
    play = make_play(298, 306)
    late = make_exposure(301, 306)
    assert only(play, late).ots == 1
    next_window = Window(
        "north",
        at(300),
        at(600),
    )
    assert join(next_window, window_events(play, late)) == {}


def test_one_opportunity_for_each_visitor_and_play_and_one_reach() -> None:
    totals = only(
        make_play(0, 8),
        make_play(8, 16),
        make_exposure(0, 16),
    )
    assert (totals.plays, totals.ots, totals.people) == (2, 2, 1)


def test_each_creative_has_its_totals() -> None:
    events = [
        make_play(0, 8),
        make_play(
            8,
            16,
            creative_id="shoe-more",
            completed=False,
        ),
        make_exposure(0, 9.5),
    ]
    found = join(WINDOW, window_events(*events))
    shoe = found[SHOE]
    more = found[SHOE_MORE]
    assert (shoe.plays, shoe.completed, shoe.ots) == (1, 1, 1)
    assert (more.plays, more.completed, more.ots) == (1, 0, 1)


def test_the_latest_decision_about_the_first_decided_track_names_the_visitor() -> None:
    presence = make_exposure(
        0,
        8,
        tracks=("a", "b"),
    )
    decided = [
        make_identity("b", "second", 5),
        make_identity("a", "old", 1),
        make_identity("a", "new", 2),
    ]
    ((_, name),) = only(
        make_play(),
        presence,
        *decided,
    ).visitors
    assert name == "new"
    ((_, name),) = only(
        make_play(),
        presence,
        decided[0],
    ).visitors
    assert name == "second"


def test_without_a_decision_stand_local_day_and_first_track_name_the_visitor() -> None:
    totals = only(
        make_play(),
        make_exposure(
            0,
            8,
            tracks=("a", "b"),
        ),
        time_zone="Pacific/Honolulu",
    )
    name = visitor_id(
        "north",
        date(
            2027,
            1,
            14,
        ),
        "a",
    )
    assert totals.visitors == {("2027-01-14", name)}


def test_parts_of_a_presence_are_one_visitor_though_its_tracks_came_one_by_one() -> (
    None
):
    first = make_exposure(
        50,
        60,
        part=0,
        final=False,
    )
    second = make_exposure(
        60,
        70,
        part=1,
        tracks=("a", "b"),
    )
    totals = only(
        make_play(58, 66),
        first,
        second,
        make_identity("b", "v"),
    )
    assert (totals.ots, totals.people) == (1, 1)


def test_interactions_count_for_what_they_name_else_for_what_is_on_the_screen() -> None:
    plays = [
        make_play(0, 8),
        make_play(
            8,
            16,
            creative_id="shoe-more",
        ),
    ]
    named = {"campaign_id": "spring", "creative_id": "shoe", "advertiser": "acme"}
    events = [
        make_interaction("touch", 9),
        make_interaction("touch", 10, play_id="play-0"),
        make_interaction("offer-shown", 11, **named),
        make_interaction("offer-redeemed", 200, **named),
        make_interaction("touch", 250),
        make_interaction("opt-out", 9),
    ]
    found = join(WINDOW, window_events(*plays, *events))
    shoe = found[SHOE]
    more = found[SHOE_MORE]
    assert (shoe.touches, shoe.offers_shown, shoe.offers_redeemed) == (1, 1, 1)
    assert (more.touches, more.offers_shown, more.offers_redeemed) == (1, 0, 0)


def test_a_redemption_that_is_taken_back_is_not_counted() -> None:
    named = {"campaign_id": "spring", "creative_id": "shoe", "advertiser": "acme"}
    redeemed = make_interaction("offer-redeemed", 5, play_id="play-0", **named)
    cancelled = make_interaction(
        "redemption-cancelled",
        5,
        play_id="play-0",
        cancels=redeemed.interaction_id,
        cancelled_at_ns=redeemed.at_ns + 10**9,
        **named,
    )
    again = make_interaction("offer-redeemed", 6, play_id="play-0", **named)
    base = [make_play(0, 8), make_exposure(1, 4, attention=((1, 2),))]
    assert only(*base, redeemed).offers_redeemed == 1
    for events in ([redeemed, cancelled], [cancelled, redeemed, cancelled]):
        totals = only(*base, *events)
        assert totals.offers_redeemed == 0
    assert only(*base, redeemed, cancelled, again).offers_redeemed == 1


def test_an_interaction_that_names_nothing_while_nothing_is_shown_is_no_campaigns() -> (
    None
):
    events = [make_play(0, 8), make_interaction("touch", 20)]
    assert only(*events).touches == 0


def test_people_are_counted_in_the_middle_of_each_second_of_a_play() -> None:
    plays = [make_play(0, 3.4), make_play(8, 10)]
    anna = make_exposure(0.6, 10, ((1.5, 2.5), (8, 9)), ("a",))
    beate = make_exposure(1, 1.6, ((1, 1.6),), ("b",))
    totals = only(*plays, anna, beate)
    assert totals.present == (1, 3, 1)
    assert totals.looking == (1, 2, 0)


def test_of_a_long_play_the_first_minute_is_told_by_second() -> None:
    totals = only(
        make_play(0, 100), make_exposure(0, 60), make_exposure(60, 100, part=1)
    )
    assert totals.present == (1,) * 60


def origins(*events: Event, place: Place = ANYWHERE) -> list[str]:
    """Join the events; return what their cells come from."""
    cells = join(WINDOW, window_events(*events), place=place)
    return sorted(cell.origin for cell in cells)


def test_people_synthetic_visitors_and_virtual_players_are_in_cells_of_their_own() -> (
    None
):
    drawn = make_exposure(1, 2, tracks=("b",), synthetic=True)
    page = make_play()
    virtual = make_play(8, 16, player="virtual")
    touch = make_interaction("touch", 9)
    assert origins(page, make_exposure()) == ["people"]
    assert origins(page, make_exposure(), drawn) == ["synthetic"]
    assert origins(page, virtual, make_exposure()) == ["people", "virtual"]
    assert origins(virtual, touch, make_exposure()) == ["virtual"]
    assert origins(virtual, drawn) == ["synthetic"]
    (totals,) = join(WINDOW, window_events(page, drawn)).values()
    assert totals.synthetic


def test_where_nobody_was_seen_the_configuration_says_whether_visitors_are_drawn() -> (
    None
):
    drawn = Place(synthetic=True)
    assert origins(make_play(), place=drawn) == ["synthetic"]
    assert origins(make_play(), make_exposure(), place=drawn) == ["people"]


def test_the_same_events_twice_change_nothing() -> None:
    events = [
        make_play(),
        make_exposure(),
        make_identity(),
        make_interaction(),
        make_coverage(),
    ]
    once = join(WINDOW, window_events(*events))
    assert join(WINDOW, window_events(*events, *events)) == once


# The screen shows one play at a time


@pytest.mark.parametrize(
    ("start", "counts"),
    [
        (8.0, True),
        (6.0, True),
        (5.9, False),
        (0.0, False),
    ],
)
def test_a_play_at_the_time_of_an_earlier_one_counts_for_nothing(
    start: float, counts: bool
) -> None:
    others = make_play(0, 8, play_id="a")
    person = make_exposure(0, 30)
    totals = only(others, make_play(start, start + 8, play_id="b"), person)
    assert totals.plays == 1 + counts
    assert totals.ots == 1 + counts
    assert totals.overlapping == 1 - counts


def test_the_screen_time_that_no_browser_proved_is_unproven() -> None:
    page = make_play(0, 8, player="page", proven_ns=round(7.5e9))
    of_before = make_play(8, 10.5, player="page")
    at_the_time_of_others = make_play(1, 7)
    totals = only(page, of_before, at_the_time_of_others)
    assert totals.screen_ns == 10.5e9
    assert totals.unproven_ns == 3e9


def test_overlaps_with_several_plays_add_up() -> None:
    first = make_play(0, 8)
    second = make_play(6.5, 12)
    assert only(first, second, make_play(6.6, 20)).overlapping == 1
    assert only(first, make_play(6.6, 20)).overlapping == 0


def test_a_doubtful_play_is_counted_and_compared_with_none() -> None:
    doubtful = make_play(1, 9, doubtful="overlap")
    totals = only(make_play(0, 8), doubtful, make_play(9, 17))
    assert (totals.plays, totals.doubtful, totals.overlapping) == (3, 1, 0)


def test_the_filler_is_nobodys_campaign_but_has_the_screen() -> None:
    filler = make_play(
        0, 8, campaign_id="house", advertiser="house", creative_id="house"
    )
    touch = make_interaction("touch", 1)
    assert join(WINDOW, window_events(filler, make_exposure(0, 8), touch)) == {}
    during = make_play(2, 10, play_id="during")
    [totals] = join(WINDOW, window_events(filler, during)).values()
    assert (totals.plays, totals.overlapping) == (0, 1)
