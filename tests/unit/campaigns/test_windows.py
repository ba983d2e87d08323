"""The definitions, one by one: events of a window → its figures."""

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
)
from vitrine.campaigns.windows import Row, Window, window_rows
from vitrine.ids import visitor_id
from vitrine.schemas import Coverage, Event, Exposure, Identity, Interaction, Play

WINDOW = Window("north", at(0), at(300))


def rows(*events: Event, window: Window = WINDOW, time_zone: str = "UTC") -> list[Row]:
    return window_rows(
        window,
        [event for event in events if isinstance(event, Play)],
        [event for event in events if isinstance(event, Exposure)],
        [event for event in events if isinstance(event, Identity)],
        [event for event in events if isinstance(event, Interaction)],
        [event for event in events if isinstance(event, Coverage)],
        time_zone,
    )


def only(*events: Event) -> Row:
    (row,) = rows(*events)
    return row


@pytest.mark.parametrize(("seconds", "ots"), [(0.99, 0), (1.0, 1), (8.0, 1)])
def test_an_opportunity_to_see_needs_a_second_of_presence(
    seconds: float, ots: int
) -> None:
    assert only(make_play(), make_exposure(0, seconds)).window.ots == ots


def test_presence_counts_only_while_the_play_lasts() -> None:
    row = only(
        make_play(10, 18),
        make_exposure(0, 10.5),
        make_exposure(17.4, 60, tracks=("b",)),
    )
    assert (row.window.ots, row.window.dwell_ns) == (0, 1_100_000_000)


def test_a_second_may_be_made_of_parts_tracks_and_cameras() -> None:
    pieces = [
        make_exposure(i, i + 0.6, tracks=(track,)) for i, track in enumerate(("a", "b"))
    ]
    same = [make_identity("a", "v"), make_identity("b", "v")]
    assert only(make_play(), *pieces).window.ots == 0
    assert only(make_play(), *pieces, *same).window.ots == 1


def test_a_visitor_seen_by_two_cameras_at_once_is_there_once() -> None:
    both = [make_exposure(0, 6), make_exposure(2, 8, tracks=("b",))]
    row = only(make_play(), *both, make_identity("a", "v"), make_identity("b", "v"))
    assert (row.window.ots, row.window.reach, row.window.dwell_ns) == (1, 1, 8 * 10**9)


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
    row = only(make_play(0, 8), make_exposure(0, 10, tuple(attention)))
    assert row.window.watchers == watchers


def test_a_look_over_the_cut_between_two_parts_is_one_look() -> None:
    first = make_exposure(50, 60, ((59.8, 60),), part=0, final=False)
    second = make_exposure(60, 70, ((60, 60.15),), part=1)
    row = only(make_play(58, 66), first, second)
    assert (row.window.watchers, row.window.attention_ns) == (1, 350_000_000)


def test_people_present_too_briefly_still_add_their_dwell_and_attention() -> None:
    row = only(make_play(), make_exposure(0, 0.5, ((0, 0.4),)))
    assert (row.window.ots, row.window.watchers) == (0, 0)
    assert (row.window.dwell_ns, row.window.attention_ns) == (500_000_000, 400_000_000)


def test_score_is_weighted_by_time() -> None:
    long = make_exposure(0, 6, score_mean=80.0)
    short = make_exposure(0, 2, tracks=("b",), score_mean=40.0)
    assert only(make_play(), long, short).window.score_mean == 70.0


def test_a_play_belongs_to_the_window_that_it_starts_in_with_all_its_people() -> None:
    play = make_play(298, 306)
    late = make_exposure(301, 306)
    assert only(play, late).window.ots == 1
    assert rows(play, late, window=Window("north", at(300), at(600))) == []


def test_one_opportunity_for_each_visitor_and_play_and_one_reach() -> None:
    row = only(make_play(0, 8), make_play(8, 16), make_exposure(0, 16))
    assert (row.window.plays, row.window.ots, row.window.reach) == (2, 2, 1)


def test_each_creative_has_its_row() -> None:
    more = make_play(8, 16, creative_id="shoe-more", completed=False)
    found = {
        row.cell.creative_id: row.window
        for row in rows(make_play(0, 8), more, make_exposure(0, 9.5))
    }
    assert {name: (w.plays, w.completed, w.ots) for name, w in found.items()} == {
        "shoe": (1, 1, 1),
        "shoe-more": (1, 0, 1),
    }


def test_the_latest_decision_about_the_first_decided_track_names_the_visitor() -> None:
    presence = make_exposure(0, 8, tracks=("a", "b"))
    decided = [
        make_identity("b", "second", 5),
        make_identity("a", "old", 1),
        make_identity("a", "new", 2),
    ]
    ((_, name),) = only(make_play(), presence, *decided).measure.visitors
    assert name == "new"
    ((_, name),) = only(make_play(), presence, decided[0]).measure.visitors
    assert name == "second"


def test_without_a_decision_a_visitor_is_named_after_stand_local_day_and_first_track() -> (
    None
):
    (row,) = rows(
        make_play(),
        make_exposure(0, 8, tracks=("a", "b")),
        time_zone="Pacific/Honolulu",
    )
    assert row.measure.visitors == {
        ("2027-01-14", visitor_id("north", date(2027, 1, 14), "a"))
    }


def test_all_parts_of_a_presence_are_one_visitor_though_its_tracks_came_one_by_one() -> (
    None
):
    parts = [
        make_exposure(50, 60, part=0, final=False),
        make_exposure(60, 70, tracks=("a", "b"), part=1),
    ]
    parts[1] = parts[1].model_copy(update={"presence_id": parts[0].presence_id})
    row = only(make_play(58, 66), *parts, make_identity("b", "v"))
    assert (row.window.ots, row.window.reach) == (1, 1)


def test_interactions_count_for_what_they_name_else_for_what_is_on_the_screen() -> None:
    plays = [make_play(0, 8), make_play(8, 16, creative_id="shoe-more")]
    named = {"campaign_id": "spring", "creative_id": "shoe", "advertiser": "acme"}
    events = [
        make_interaction("touch", 9),
        make_interaction("touch", 10, play_id="play-0"),
        make_interaction("offer-shown", 11, **named),
        make_interaction("offer-redeemed", 200, **named),
        make_interaction("touch", 250),
        make_interaction("opt-out", 9),
    ]
    found = {row.cell.creative_id: row.window for row in rows(*plays, *events)}
    figures = {
        name: (w.touches, w.offers_shown, w.offers_redeemed)
        for name, w in found.items()
    }
    assert figures == {"shoe": (1, 1, 1), "shoe-more": (1, 0, 0)}


def test_goals_are_attention_touches_and_redemptions_each_person_once() -> None:
    looks = [make_exposure(0, 8, ((0, 3),)), make_exposure(0, 8, ((0, 1),), ("b",))]
    looks.append(make_exposure(0, 8, (), ("c",)))
    plain = only(make_play(), *looks)
    assert list(plain.measure.slots.items()) == [((at(0), "adaptive"), (3, 1))]
    known = [
        make_identity("c", "carla"),
        make_interaction("touch", 1, visit_id="visit-carla"),
    ]
    assert list(only(make_play(), *looks, *known).measure.slots.values()) == [(3, 2)]
    nobody = make_interaction("touch", 1)
    assert list(only(make_play(), *looks, nobody).measure.slots.values()) == [(3, 1)]


def test_coverage_is_the_usable_share_of_the_cameras_that_report() -> None:
    full = [make_coverage(start, start + 10) for start in range(0, 300, 10)]
    half = [
        make_coverage(start, start + 10, 0, camera_id="north-2")
        for start in range(-5, 305, 10)
    ]
    assert only(make_play(), *full).window.coverage == 1.0
    assert only(make_play(), *full[:15]).window.coverage == 0.5
    assert only(make_play(), *full, *half).window.coverage == 0.5
    assert only(make_play()).window.coverage == 0.0


def test_figures_with_synthetic_visitors_say_so() -> None:
    other = make_exposure(1, 2, tracks=("b",), synthetic=True)
    assert not only(make_play(), make_exposure()).window.synthetic
    assert only(make_play(), make_exposure(), other).window.synthetic


def test_the_same_events_twice_change_nothing() -> None:
    events = [
        make_play(),
        make_exposure(),
        make_identity(),
        make_interaction(),
        make_coverage(),
    ]
    assert rows(*events, *events) == rows(*events)
