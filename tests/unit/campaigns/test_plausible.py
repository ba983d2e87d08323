"""A play that cannot have been counts for nothing, whoever put it on the bus."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.builders import at
from tests.campaign_scenario import (
    make_coverage,
    make_exposure,
    make_identity,
    make_interaction,
    make_play,
)
from tests.stand_builders import make_campaign, mall_of
from vitrine.campaigns.plausible import Plausible, misdated
from vitrine.clock import SECOND_NS
from vitrine.mall import Mall
from vitrine.schemas import Event

SHOE = {"id": "shoe", "file": "a.html", "seconds": 8}
MALL = mall_of(make_campaign("spring", SHOE, advertiser="acme"))


def judge(mall: Mall = MALL) -> Plausible:
    judging = Plausible()
    judging.follow(mall)
    return judging


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        (0, None),
        (9, None),
        (9.001, "longer than its creative"),
    ],
)
def test_a_play_lasts_as_long_as_its_creative(end: float, fault: str | None) -> None:
    play = make_play(0, end, config_version=MALL.version)
    assert judge().fault(play) == fault


def test_what_is_not_known_lasts_as_long_as_any_creative_may() -> None:
    judging = judge()
    assert judging.fault(make_play(0, 601)) is None
    assert judging.fault(make_play(0, 601.001)) == "longer than its creative"
    assert judging.fault(make_play(0, 30 * 86_400)) == "longer than its creative"


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, None),
        (
            {"creative_id": "other"},
            "of a creative that its configuration does not have",
        ),
        (
            {"campaign_id": "other"},
            "of a creative that its configuration does not have",
        ),
        ({"advertiser": "beans"}, "of a campaign that is another advertiser's"),
        ({"stand_id": "moon"}, "of a stand that its configuration does not have"),
        ({"campaign_id": "house", "creative_id": "house", "advertiser": "house"}, None),
    ],
)
def test_a_play_is_of_what_its_configuration_has(
    fields: dict[str, str], fault: str | None
) -> None:
    own = make_play(0, 8, config_version=MALL.version, **fields)
    assert judge().fault(own) == fault
    # What another configuration had nobody knows: a campaign that ended keeps its figures.
    assert judge().fault(make_play(0, 8, **fields)) is None


@pytest.mark.parametrize(
    "event",
    [make_exposure, make_identity, make_interaction],
)
def test_an_event_is_of_a_stand_that_its_configuration_has(
    event: Callable[..., Event],
) -> None:
    judging = judge()
    fault = "of a stand that its configuration does not have"
    assert judging.fault(event(stand_id="moon")) is None
    unknown = event(stand_id="moon", config_version=MALL.version)
    assert judging.fault(unknown) == fault
    assert judging.fault(event(config_version=MALL.version)) is None


@pytest.mark.parametrize(
    ("end", "part", "fault"),
    [
        (60, 0, None),
        (62, 0, "longer than a part of a presence"),
        (3 * 86_400, 0, "longer than a part of a presence"),
        (60, 29, None),
        (60, 30, "of a presence that has lasted for half an hour"),
    ],
)
def test_a_face_that_stays_for_days_is_no_audience(
    end: float, part: int, fault: str | None
) -> None:
    assert judge().fault(make_exposure(0, end, part=part)) == fault


def test_a_camera_reports_of_an_hour_at_most() -> None:
    assert judge().fault(make_coverage(0, 3600)) is None
    fault = "a camera's report of more than an hour"
    assert judge().fault(make_coverage(0, 3601)) == fault


@pytest.mark.parametrize(
    ("event", "appended", "fault"),
    [
        (make_play(0, 8), 8, None),
        (make_play(0, 8), 3600, None),
        (make_play(0, 8), 3601, "older than the horizon of 3600 s"),
        (make_coverage(3600, 3610), 10, None),
        (
            make_coverage(3600, 3611),
            10,
            "dated more than an hour after it was appended",
        ),
    ],
)
def test_an_event_is_of_about_the_time_when_the_log_took_it(
    event: Event, appended: float, fault: str | None
) -> None:
    found = misdated(event, at(appended), horizon_ns=3600 * SECOND_NS)
    assert found == fault


def test_another_configuration_brings_other_lengths() -> None:
    judging = judge()
    longer = SHOE | {"seconds": 20}
    later = mall_of(make_campaign("spring", longer, advertiser="acme"))
    judging.follow(later)
    play = make_play(0, 21, config_version=later.version)
    assert judging.fault(play) is None


@pytest.mark.parametrize(
    ("start", "doubtful", "fault"),
    [
        (295, None, None),
        (294.999, None, "starts before the slot that it was decided for"),
        (294.999, "future", None),
    ],
)
def test_a_play_starts_in_the_slot_that_it_was_decided_for_or_later(
    start: float, doubtful: str | None, fault: str | None
) -> None:
    play = make_play(start, 300, slot_ns=at(300), doubtful=doubtful)
    assert judge().fault(play) == fault
