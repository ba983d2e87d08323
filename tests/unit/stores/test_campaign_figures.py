"""Reach as the store keeps it: visitors written → visitors counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from tests.builders import at
from tests.campaign_scenario import make_exposure, make_identity, make_play
from tests.campaign_store import RULES, write
from vitrine.campaigns.advance import advance
from vitrine.campaigns.stand import Stand
from vitrine.campaigns.summary import CampaignFigures, Kind
from vitrine.schemas import Event
from vitrine.stores.campaign_cells import load_stand
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.campaign_repeats import load_repeats, load_waiting
from vitrine.stores.campaigns import AnalyticsStore, batch_of
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect

DAY_S = 86_400


@pytest.fixture
def server() -> Iterator[str]:
    with embedded_redis() as url:
        yield url


def write_two_days(url: str) -> None:
    """Two people on the first day, three on the second."""
    first = [
        make_exposure(
            0,
            8,
            tracks=(track,),
        )
        for track in "ab"
    ]
    write(
        url,
        make_play(0, 8),
        *first,
    )
    second = [
        make_exposure(
            DAY_S,
            DAY_S + 8,
            tracks=(track,),
        )
        for track in "cde"
    ]
    write(
        url,
        make_play(DAY_S, DAY_S + 8),
        *second,
    )


def spring(redis: Redis, kind: Kind = "released") -> CampaignFigures:
    (campaign,) = load_figures(redis, kind).campaigns
    return campaign


def test_reach_is_exact_while_the_visitors_of_all_days_are_remembered(
    server: str,
) -> None:
    write_two_days(server)
    with connect(server) as redis:
        campaign = spring(redis)
    assert (campaign.reach, campaign.reach_quality) == (5, "exact")


def test_reach_is_estimated_once_a_day_is_forgotten_and_still_counts_it(
    server: str,
) -> None:
    write_two_days(server)
    with connect(server) as redis:
        redis.delete("analytics:exact:reach:spring:north:2027-01-15")
        campaign = spring(redis, "exact")
        released = spring(redis)
    assert (campaign.reach, campaign.reach_quality) == (5, "estimated")
    # It was counted as it was released.
    assert (released.reach, released.reach_quality) == (5, "exact")


def test_the_visitors_of_a_day_are_forgotten_after_three(server: str) -> None:
    write_two_days(server)
    with connect(server) as redis:
        seconds = redis.ttl("analytics:exact:reach:spring:north:2027-01-15")
    assert 2.9 * DAY_S < seconds <= 3 * DAY_S


def test_a_visitor_who_turns_out_to_be_another_leaves_the_exact_reach(
    server: str,
) -> None:
    seen = [
        make_exposure(
            0,
            8,
            tracks=(track,),
        )
        for track in "ab"
    ]
    write(
        server,
        make_play(0, 8),
        *seen,
    )
    write(
        server,
        make_identity(
            "a",
            "anna",
            1,
        ),
        make_identity(
            "b",
            "anna",
            1,
        ),
    )
    with connect(server) as redis:
        assert spring(redis, "exact").reach == 1
        assert spring(redis, "released").reach == 2


def test_a_campaign_without_visitors_has_no_reach(server: str) -> None:
    write(server, make_play(0, 8))
    with connect(server) as redis:
        campaign = spring(redis, "exact")
    assert (campaign.reach, campaign.reach_quality) == (0, "exact")


def test_people_synthetic_visitors_and_those_before_a_virtual_player_are_apart(
    server: str,
) -> None:
    events: list[Event] = []
    for window, (player, synthetic) in enumerate(
        (("page", False), ("page", True), ("virtual", False), ("virtual", True))
    ):
        start = 300.0 * window
        events.append(make_play(start, start + 8, player=player))
        events += [
            make_exposure(
                start, start + 8, tracks=(f"{window}{number}",), synthetic=synthetic
            )
            for number in range(window + 2)
        ]
    write(server, *events)
    with connect(server) as redis:
        figures = load_figures(redis)
        seen = {
            one.origin: (one.totals.plays, one.totals.ots, one.reach)
            for one in figures.campaigns
        }
        steps = {one.origin: len(one.steps) for one in figures.campaigns}
        of_stand = load_stand(redis, "north")
    assert seen == {"people": (1, 2, 2), "synthetic": (2, 8, 8), "virtual": (1, 4, 4)}
    # What people concern goes out by itself, and plays by the hour.
    assert steps == {"people": 2, "synthetic": 3, "virtual": 2}
    assert of_stand.ots == 2


def test_seconds_of_plays_are_kept_by_cell(server: str) -> None:
    smile = ((at(1.2), at(2.6)),)
    people = [
        make_exposure(1, 3, ((1, 2),), (track,), reactions=smile) for track in "ab"
    ]
    write(server, make_play(0, 4), *people)
    write(server, make_play(300, 302), make_exposure(300, 302, tracks=("c",)))
    with connect(server) as redis:
        totals = spring(redis, "exact").totals
    assert totals.present == (1, 3, 2)
    assert totals.looking == (0, 2)
    assert totals.reacting == (0, 2, 2)
    assert (totals.judged, totals.reacted) == (2, 2)


def test_how_often_people_came_survives_a_restart_of_the_worker(server: str) -> None:
    store = AnalyticsStore(lambda: connect(server))
    # The first day has one visitor, the second one two: at least two are released.
    told = []
    for day, tracks in enumerate(("a", "bc", "")):
        (stands,) = store.load({0}, RULES).stands.values()
        stand = stands[0] if stands else Stand("north", RULES)
        start = day * DAY_S
        people = [make_exposure(start, start + 8, tracks=(track,)) for track in tracks]
        events = [make_play(start, start + 8), *people]
        change = advance(stand, events, "UTC", watermark_ns=at(start + 3 * DAY_S / 4))
        store.write(batch_of({0: [change]}, {}))
        with connect(server) as redis:
            waits = load_waiting(redis, "north")
            found = [
                load_repeats(redis, "spring", kind) for kind in ("exact", "released")
            ]
        told.append((waits, found))
    assert told == [
        ({}, [{}, {}]),
        ({"spring": {1: 1}}, [{1: 1}, {}]),
        ({"spring": {}}, [{1: 3}, {1: 3}]),
    ]
    assert spring(connect(server)).repeats == {1: 3}
