"""Reach as the store keeps it: visitors written → visitors counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from tests.campaign_scenario import make_exposure, make_identity, make_play
from tests.campaign_store import write
from vitrine.campaigns.summary import CampaignFigures, Kind
from vitrine.stores.campaign_figures import load_figures
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
