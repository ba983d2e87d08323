"""This process decides for the stands of its partitions, as configured."""

from __future__ import annotations

from typing import Any

from tests.builders import make_engagement, received
from tests.stand_builders import ENGAGED, make_campaign, make_offer, mall_of
from vitrine.bus import TopicPartition
from vitrine.services.stand.stages import Stages

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
        {"id": "plain", "file": "plain.html"},
        {"id": "more", "file": "more.html", "when": ENGAGED},
        {"id": "known", "file": "known.html", "when": {"known": True}},
    ]
    offer = make_offer(when={"engagement": 40})
    stages = Stages()
    stages.adopt(mall_of(make_campaign("spring", *creatives, offers=[offer])))
    assert stages.thresholds == {40, 60}
