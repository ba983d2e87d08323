"""Events on pages: when they leave memory, come back, are replaced, and are forgotten."""

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
from vitrine.campaigns import advance as advancing
from vitrine.campaigns.advance import advance
from vitrine.campaigns.events import Grid, Key
from vitrine.campaigns.index import EventIndex
from vitrine.campaigns.put_away import Leaving, put_away
from vitrine.campaigns.stand import Change, Rules, Stand
from vitrine.clock import SECOND_NS
from vitrine.mall import Mall
from vitrine.schemas import Event
from vitrine.services.analytics.experiments import ConfiguredExperiments

GRID = Grid(size_ns=300 * SECOND_NS, horizon_ns=3600 * SECOND_NS)
RULES = Rules(
    window_ns=60 * SECOND_NS,
    grace_ns=30 * SECOND_NS,
    horizon_ns=600 * SECOND_NS,
    k_anonymity=3,
)


def turned(
    index: EventIndex,
    *events: Event,
    until: float = 0,
    oldest: float = 0,
) -> Leaving:
    """Add events to an index in a draft, put away, and adopt."""
    draft = index.draft()
    for event in events:
        assert draft.add(event)
    leaving = put_away(index, draft, at(until), at(oldest) if oldest else 0)
    index.adopt(draft)
    for key in leaving.keys:
        index.drop(key)
    index.shelf.put(leaving.pages)
    return leaving


def in_memory(index: EventIndex) -> set[str]:
    return {key.name for key, _ in index.own_events()}


def test_events_of_closed_windows_are_on_pages_and_found_there() -> None:
    index = EventIndex(GRID)
    play = make_play(0, 8)
    leaving = turned(index, play, make_play(300, 308), until=300)
    assert leaving.keys == [Key("plays", "play-0")]
    assert list(leaving.pages) == [at(0)]
    assert in_memory(index) == {"play-300"}
    draft = index.draft()
    assert not draft.add(play)
    assert draft.plays.group(("starts", at(0))) == [play]
    # What was read leaves memory with the next batch.
    turned(index)
    assert in_memory(index) == {"play-300"}


def test_a_late_event_joins_the_page_of_its_window() -> None:
    index = EventIndex(GRID)
    turned(index, make_play(0, 8), until=300)
    turned(index, make_play(8, 16))
    assert in_memory(index) == {"play-8"}
    turned(index, until=600)
    assert in_memory(index) == set()
    assert len(index.plays.group(("starts", at(0)))) == 2


def test_a_decision_that_is_replaced_leaves_its_page() -> None:
    index = EventIndex(GRID)
    turned(index, make_identity("a", "anna", 2), make_play(0, 8), until=300)
    later = make_identity("a", "beate", 400)
    leaving = turned(index, later)
    assert list(leaving.pages) == [at(0)]
    assert index.identities.get("a") == later
    assert index.plays.get("play-0") is not None
    turned(index, until=600)
    assert index.identities.get("a") == later


def test_what_ended_before_the_horizon_is_forgotten() -> None:
    index = EventIndex(GRID)
    turned(index, make_play(0, 8), make_coverage(290, 300), until=300)
    turned(index, make_play(300, 308), until=600, oldest=300)
    assert index.plays.get("play-0") is None
    assert index.coverage.get(f"north-1/{at(290)}") is not None
    assert list(index.shelf.before(at(900))) == [at(300)]


@pytest.mark.parametrize("until", [300, 600])
def test_a_decision_stays_while_an_exposure_of_its_track_is_kept(until: float) -> None:
    index = EventIndex(GRID)
    decided = make_identity("a", "anna", decided=1)
    turned(index, decided, make_exposure(290, 310), until=until)
    turned(index, make_play(20, 28), until=until, oldest=300)
    assert index.plays.get("play-20") is None
    assert index.identities.get("a") == decided
    turned(index, until=600, oldest=600)
    assert index.identities.get("a") is None
    assert len(index.shelf) == 0


def batches_of(seed: int) -> list[list[Event]]:
    """A day in small batches: most on time, some late, some twice."""
    draw = random.Random(seed)
    events = random_day(seed, seconds=1500, people=40, stands=1)
    arrivals = []
    for event in events + draw.choices(events, k=100):
        late_s = draw.choice([0, 0, 0, 0, 20, 150, 450])
        arrivals.append((event.occurred_at_ns + late_s * SECOND_NS, event))
    arrivals.sort(key=lambda pair: pair[0])
    batches = []
    while arrivals:
        size = draw.randrange(1, 30)
        batches.append([event for _, event in arrivals[:size]])
        arrivals = arrivals[size:]
    return batches


def told(stand: Stand, change: Change) -> list[object]:
    """All that a change says beside what leaves memory."""
    return [
        change.published,
        change.snapshots,
        change.exact,
        change.decided,
        change.shown,
        change.records,
        change.gone,
        change.ledgers,
        change.slots,
        change.late,
        change.refused,
        change.closed_ns,
        change.open_windows,
    ]


@pytest.mark.parametrize("seed", range(4))
def test_figures_are_the_same_whether_events_are_on_pages_or_in_memory(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything in memory up to the horizon, at once on pages: each batch says the same."""
    experiments = ConfiguredExperiments()
    experiments.follow(Mall(cameras=(), stands=(), campaigns=()))
    spacious = Stand("stand-0", RULES)
    narrow = Stand("stand-0", RULES)
    read = 0
    for events in batches_of(seed):
        changes = []
        for stand, held_s in ((spacious, 10**6), (narrow, 0)):
            monkeypatch.setattr(advancing, "HELD_NS", held_s * SECOND_NS)
            change = advance(stand, events, "UTC", experiments=experiments)
            changes.append(told(stand, change))
            read += len(narrow.events.brought)
            change.adopt()
        assert changes[0] == changes[1]
    # Late events had to be looked up.
    assert read > 50
    most = len(list(spacious.events.own_events()))
    assert len(list(narrow.events.own_events())) < most / 3
