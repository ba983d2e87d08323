"""This process decides for the stands of its partitions, as configured."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import at, make_engagement, make_person, received
from tests.stand_builders import (
    ENGAGED,
    make_campaign,
    make_command,
    make_offer,
    mall_of,
)
from vitrine.bus import TopicPartition
from vitrine.clock import SECOND_NS, Moment
from vitrine.mall import Condition
from vitrine.programme.director import Director
from vitrine.programme.reactions import Showing
from vitrine.programme.screen import PlannedPlay, Screen
from vitrine.schemas import Interaction
from vitrine.services.stand.stages import Stage, Stages

PARTITION = received(make_engagement()).record.partition
ENGAGEMENT = TopicPartition("engagement", PARTITION)
MALL = mall_of(make_campaign())


def served_stages() -> Stages:
    stages = Stages()
    stages.assign([ENGAGEMENT])
    stages.adopt(MALL)
    return stages


def test_without_partitions_no_stand_is_served() -> None:
    stages = Stages()
    assert stages.adopt(MALL) is False
    assert stages.served() == []
    assert stages.stage("north") is None


def test_the_stands_served_change_once() -> None:
    stages = Stages()
    stages.assign([ENGAGEMENT])
    assert stages.adopt(MALL) is True
    assert stages.adopt(MALL) is False
    assert stages.served_ids() == {"north"}
    [(stand, stage)] = stages.served()
    assert stand.id == "north"
    assert stages.stage("north") is stage


def test_a_stand_keeps_its_state_when_the_configuration_changes() -> None:
    stages = served_stages()
    before = stages.stage("north")
    changed = mall_of(make_campaign("autumn"))
    assert stages.adopt(changed) is False
    assert stages.stage("north") is before
    assert stages.version == changed.version


def test_a_stand_of_a_partition_that_moved_away_begins_anew() -> None:
    stages = served_stages()
    before = stages.stage("north")
    stages.revoke([ENGAGEMENT])
    assert stages.served_ids() == frozenset()
    stages.assign([ENGAGEMENT])
    assert stages.adopt(MALL) is True
    assert stages.stage("north") is not before


def test_thresholds_are_the_scores_that_creatives_and_offers_ask_for() -> None:
    creatives: list[dict[str, Any]] = [
        {
            "id": "plain",
            "file": "plain.html",
            "responses": [{"when": {"engagement": 70}, "then": "next"}],
        },
        {"id": "more", "file": "more.html", "when": ENGAGED},
        {"id": "known", "file": "known.html", "when": {"known": True}},
    ]
    offer = make_offer(when={"engagement": 40})
    stages = Stages()
    stages.adopt(mall_of(make_campaign("spring", *creatives, offers=[offer])))
    assert stages.thresholds == {40, 60, 70}


def make_touch(play_id: str | None, kind: str = "touch") -> Interaction:
    return Interaction(
        interaction_id="i1",
        stand_id="north",
        kind=kind,
        at_ns=at(1),
        play_id=play_id,
        config_version="v1",
    )


@pytest.mark.parametrize(
    ("interaction", "touched"),
    [
        (make_touch("north.page-1.c1"), True),
        (make_touch("north.page-1.before"), False),
        (make_touch(None), False),
        (make_touch("north.page-1.c1", kind="offer-shown"), False),
    ],
)
def test_a_touch_of_what_is_on_the_screen_reaches_the_audience(
    interaction: Interaction, touched: bool
) -> None:
    stages = served_stages()
    stage = stages.stage("north")
    assert stage is not None
    audience = stage.director.audience
    audience.show(Showing("c1", at(0)))
    stage.observe(make_engagement(1, make_person("a")), [])
    stages.touched(interaction)
    met = audience.meeting(Condition(touch=True), at(1))
    assert bool(met) is touched


def test_the_audience_knows_what_the_screen_shows_and_since_when() -> None:
    campaign = make_campaign()
    creative = campaign.creatives[0].model_copy(update={"product": "shoe"})
    command = make_command()
    stage = Stage(Director("north"))
    stage.director.screen = Screen(session=1)
    stage.director.screen.send(
        PlannedPlay(command, campaign, creative, cut=False, decided_ns=5)
    )
    stage.show(Moment(utc_ns=at(10), steady_ns=5 + 10 * SECOND_NS))
    stage.observe(make_engagement(0, make_person("a", attending=False)), [])
    stage.observe(make_engagement(0.25, make_person("a")), [])
    audience = stage.director.audience
    assert audience.meeting(Condition(reaction="attention"), at(0.25))
    stage.director.screen = None
    stage.show(Moment(utc_ns=at(11), steady_ns=0))
    stage.observe(make_engagement(0.5, make_person("a")), [])
    assert not audience.meeting(Condition(reaction="attention"), at(0.5))
