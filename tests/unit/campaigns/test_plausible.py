"""A play that cannot have been counts for nothing, whoever put it on the bus."""

from __future__ import annotations

import pytest

from tests.builders import at
from tests.campaign_scenario import make_play
from tests.stand_builders import make_campaign, mall_of
from vitrine.campaigns.plausible import Plausible
from vitrine.mall import Mall

MALL = mall_of(make_campaign("spring", {"id": "shoe", "file": "a.html", "seconds": 8}))


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


@pytest.mark.parametrize("fields", [{}, {"config_version": MALL.version}])
def test_what_is_not_known_lasts_as_long_as_any_creative_may(
    fields: dict[str, str],
) -> None:
    judging = judge()
    other = {"creative_id": "other"} if fields else {}
    assert judging.fault(make_play(0, 601, **fields, **other)) is None
    too_long = make_play(0, 601.001, **fields, **other)
    assert judging.fault(too_long) == "longer than its creative"


def test_another_configuration_brings_other_lengths() -> None:
    judging = judge()
    later = mall_of(make_campaign("spring", {"id": "shoe", "file": "a", "seconds": 20}))
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
