"""The events of a stand by window: drafts, and what a window needs."""

from __future__ import annotations

import weakref

from tests.builders import at
from tests.campaign_scenario import (
    make_coverage,
    make_exposure,
    make_identity,
    make_interaction,
    make_play,
)
from vitrine.campaigns.affected import affected_windows
from vitrine.campaigns.events import Grid, Key
from vitrine.campaigns.index import EventIndex
from vitrine.campaigns.windows import Window
from vitrine.clock import SECOND_NS
from vitrine.schemas import Event

GRID = Grid(size_ns=300 * SECOND_NS, horizon_ns=3600 * SECOND_NS)


def index_of(*events: Event) -> EventIndex:
    index = EventIndex(GRID)
    for event in events:
        assert index.add(event)
    return index


def draft_with(base: EventIndex, *events: Event) -> EventIndex:
    draft = base.draft()
    for event in events:
        assert draft.add(event)
    return draft


def second(start: float) -> Window:
    return Window(
        "north",
        at(start),
        at(start + 300),
    )


def affected(base: EventIndex, *events: Event) -> list[float]:
    """Return the affected windows in seconds after T0."""
    windows = affected_windows(draft_with(base, *events))
    return sorted((start_ns - at(0)) / SECOND_NS for start_ns in windows)


def test_a_draft_answers_for_its_base_which_stays_as_it_is() -> None:
    base = index_of(make_play(0, 8))
    draft = draft_with(base, make_play(8, 16))
    assert len(draft.of_window(second(0)).plays) == 2
    assert len(base.of_window(second(0)).plays) == 1
    base.adopt(draft)
    assert len(base.of_window(second(0)).plays) == 2


def test_a_draft_leaves_memory_as_soon_as_nobody_has_it() -> None:
    base = index_of(make_play(0, 8))
    draft = draft_with(base, make_play(8, 16))
    left = weakref.ref(draft)
    base.adopt(draft)
    del draft
    assert left() is None
    assert len(base.of_window(second(0)).plays) == 2


def test_what_was_answered_of_a_window_is_no_more_true_with_another_event() -> None:
    index = index_of(make_play(0, 8))
    assert len(index.of_window(second(0)).plays) == 1
    index.add(make_play(8, 16))
    assert len(index.of_window(second(0)).plays) == 2


def test_an_event_that_is_known_is_not_added_again() -> None:
    base = index_of(make_play(0, 8))
    assert not base.draft().add(make_play(0, 8))


def test_only_a_later_decision_about_a_track_replaces_the_earlier_one() -> None:
    base = index_of(
        make_identity(
            "a",
            "first",
            decided=2,
        )
    )
    assert not base.draft().add(
        make_identity(
            "a",
            "older",
            decided=1,
        )
    )
    later = make_identity("a", "later", decided=3)
    draft = draft_with(base, later)
    assert draft.identities.get("a") == later
    base.adopt(draft)
    assert base.identities.get("a") == later
    assert base.ends == {at(0): {Key("identities", "a")}}


def test_a_window_needs_everything_around_its_plays() -> None:
    play = make_play(298, 306)
    early = make_exposure(
        240,
        298,
        tracks=("a",),
        part=0,
    )
    late = make_exposure(
        298,
        310,
        tracks=("a",),
        part=1,
    )
    far = make_exposure(
        1000,
        1010,
        tracks=("z",),
    )
    named = make_identity("a", "anna", 250)
    other = make_identity("z", "zoe", 1001)
    touch = make_interaction("touch", 200, play_id="play-700")
    answered = make_play(700, 708)
    elsewhere = make_interaction("touch", 310, play_id="play-298")
    index = index_of(
        play,
        answered,
        early,
        late,
        far,
        named,
        other,
        touch,
        elsewhere,
    )
    events = index.of_window(second(0))
    assert list(events.plays) == [play, answered]
    assert {one.exposure_id for one in events.exposures} == {
        early.exposure_id,
        late.exposure_id,
    }
    assert list(events.identities) == [named]
    assert list(events.interactions) == [touch]


def test_an_event_affects_the_windows_that_it_lies_in() -> None:
    empty = index_of()
    assert affected(empty, make_play(298, 306)) == [0, 300]
    assert affected(empty, make_exposure(10, 20)) == [0]
    assert affected(empty, make_coverage(310, 320)) == [300]
    assert affected(empty, make_interaction("touch", 700)) == [600]


def test_an_event_affects_the_window_of_a_play_that_lasts_until_it() -> None:
    base = index_of(make_play(298, 306))
    assert affected(base, make_exposure(302, 305)) == [0, 300]
    assert affected(base, make_exposure(320, 330)) == [300]


def test_an_interaction_affects_its_own_window_whatever_play_it_names() -> None:
    base = index_of(make_play(0, 8))
    touch = make_interaction("touch", 700, play_id="play-0")
    assert affected(base, touch) == [600]


def test_a_play_affects_the_windows_of_interactions_that_name_it() -> None:
    base = index_of(make_interaction("touch", 700, play_id="play-0"))
    assert affected(base, make_play(0, 8)) == [0, 600]


def test_a_decision_affects_all_windows_of_the_presence_that_it_renames() -> None:
    parts = [
        make_exposure(0, 60, part=0),
        make_exposure(
            400,
            460,
            part=1,
            tracks=("a", "b"),
        ),
    ]
    base = index_of(
        *parts,
        make_identity(
            "a",
            "anna",
            1,
        ),
    )
    assert affected(
        base,
        make_identity(
            "a",
            "beate",
            2,
        ),
    ) == [0, 300]
    # The first decided track names the visitor: the second one changes nothing.
    assert (
        affected(
            base,
            make_identity(
                "b",
                "beate",
                2,
            ),
        )
        == []
    )
