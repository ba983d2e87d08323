"""Closing, revising, releasing; and that the order of arrival changes nothing in the end."""

from __future__ import annotations

import random

import pytest

from tests.builders import at
from tests.campaign_scenario import (
    make_coverage,
    make_exposure,
    make_identity,
    make_play,
    random_day,
)
from vitrine.campaigns.stand_state import Change, StandState, advance
from vitrine.schemas import (
    CampaignWindow,
    Coverage,
    Event,
    Exposure,
    Identity,
    Interaction,
    Play,
)
from vitrine.services.analytics.settings import AnalyticsSettings

RULES = AnalyticsSettings(window_s=300, grace_s=90, horizon_s=3600, release_step=3)
TOPIC = {
    Play: "plays",
    Exposure: "exposures",
    Identity: "identities",
    Interaction: "interactions",
    Coverage: "coverage",
}


def feed(
    state: StandState,
    *events: Event,
    ended: bool = False,
    rules: AnalyticsSettings = RULES,
) -> Change:
    return advance(
        state, [(TOPIC[type(e)], e) for e in events], rules, "UTC", ended=ended
    )


def clock(seconds: float) -> Coverage:
    """Nobody there, but time went on to this second."""
    return make_coverage(seconds - 10, seconds)


def final_rows(events: list[Event], draw: random.Random) -> dict[str, CampaignWindow]:
    state = StandState("stand-0")
    rows = {}
    while events:
        size = draw.randrange(1, 40)
        batch = events[:size]
        events = events[size:]
        change = feed(state, *batch)
        state = change.state
        rows.update({row.window_id: row for row in change.published})
    change = feed(state, ended=True)
    rows.update({row.window_id: row for row in change.published})
    return {
        name: row.model_copy(update={"revision": 0, "correction": False})
        for name, row in rows.items()
    }


def test_a_window_closes_once_time_has_passed_its_end_and_the_grace() -> None:
    state = feed(StandState("north"), make_play(0, 8), make_exposure(0, 8)).state
    early = feed(state, clock(389))
    assert early.published == []
    (row,) = feed(early.state, clock(390)).published
    assert (row.start_ns, row.end_ns) == (at(0), at(300))
    assert (row.plays, row.ots, row.revision, row.correction) == (1, 1, 0, False)


def test_a_late_person_gives_a_new_revision_and_adds_the_difference() -> None:
    closed = feed(StandState("north"), make_play(0, 8), make_exposure(0, 8), clock(400))
    late = feed(closed.state, make_exposure(2, 6, tracks=("b",)))
    (row,) = late.published
    assert (row.revision, row.ots, row.correction) == (1, 2, False)
    assert late.exact[0].measure.sums.ots == 1
    assert late.exact[0].measure.sums.plays == 0
    assert late.late == ["exposures"]


def test_two_people_who_turn_out_to_be_one_are_corrected_and_stay_in_what_is_released() -> (
    None
):
    first = [
        make_play(0, 8),
        make_exposure(0, 8),
        make_exposure(0, 8, tracks=("b",)),
        clock(400),
    ]
    closed = feed(StandState("north"), *first)
    same = [make_identity("a", "v", 1), make_identity("b", "v", 1)]
    merged = feed(closed.state, *same)
    (row,) = merged.published
    assert (row.revision, row.ots, row.reach, row.correction) == (1, 1, 1, True)
    assert merged.exact[0].measure.sums.ots == -1
    assert merged.state.pending[merged.exact[0].cell].measure.sums.ots == 2


def test_the_same_event_again_changes_nothing() -> None:
    events = [make_play(0, 8), make_exposure(0, 8), make_identity(), clock(400)]
    state = feed(StandState("north"), *events).state
    again = feed(state, *events)
    assert (again.published, again.added, again.exact) == ([], [], [])


def test_what_is_older_than_the_horizon_is_refused_and_counted() -> None:
    state = feed(StandState("north"), clock(2 * 3600)).state
    change = feed(state, make_play(0, 8), make_play(3600, 3608))
    assert change.refused == [0]
    assert change.late == ["plays", "plays"]
    assert [row.start_ns for row in change.published] == [at(3600)]


def test_events_and_rows_do_not_outlive_their_use() -> None:
    state = StandState("north")
    for start in range(0, 40 * 3600, 60):
        events = [
            make_play(start, start + 8),
            make_exposure(start, start + 8, tracks=(f"t{start}",)),
        ]
        state = feed(
            state,
            *events,
            make_identity(f"t{start}", f"v{start}", start),
            clock(start + 60),
        ).state
    kept = state.events
    sizes = [
        len(kept.plays),
        len(kept.exposures),
        len(kept.identities),
        len(kept.coverage),
    ]
    assert max(sizes) <= 80
    assert len(state.rows) <= (25 + 1) * 12 + 2


def test_totals_are_released_in_steps_of_at_least_three_people() -> None:
    def minute(number: int) -> list[Event]:
        start = 300 * number
        return [
            make_play(start, start + 8),
            make_exposure(start, start + 8, tracks=(f"t{number}",)),
        ]

    state = StandState("north")
    released = []
    for number in range(7):
        change = feed(state, *minute(number), clock(300 * number + 400))
        state = change.state
        released.append([entry.measure.sums.ots for entry in change.released])
    assert released == [[], [], [3], [], [], [3], []]
    assert [len(entry.measure.visitors) for entry in state.pending.values()] == [1]


def test_at_the_end_of_the_input_everything_closes() -> None:
    state = feed(StandState("north"), make_play(0, 8), make_exposure(0, 8)).state
    assert [row.plays for row in feed(state, ended=True).published] == [1]


@pytest.mark.parametrize("seed", range(8))
def test_the_order_of_arrival_does_not_change_the_final_rows(seed: int) -> None:
    events = [
        event
        for event in random_day(seed, seconds=700)
        if getattr(event, "stand_id", "") == "stand-0"
    ]
    draw = random.Random(seed)
    expected = final_rows(events, draw)
    shuffled = events + draw.choices(events, k=50)
    draw.shuffle(shuffled)
    by_topic = sorted(events, key=lambda event: type(event).__name__)
    assert final_rows(shuffled, draw) == expected
    assert final_rows(by_topic, draw) == expected
    assert sum(row.ots for row in expected.values()) > 20
