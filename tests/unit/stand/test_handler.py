"""The handler keeps, commits and lets go, without web server and store."""

from __future__ import annotations

from pathlib import Path

import pytest
from redis import Redis

from tests.builders import (
    T0_NS,
    at,
    make_engagement,
    make_identity,
    make_person,
    received,
)
from tests.stand_builders import make_campaign, make_command, make_report, mall_of
from vitrine.bus import Commit, TopicPartition
from vitrine.clock import EventClock
from vitrine.mall.folder import FixedMall
from vitrine.programme.commands import to_play
from vitrine.services.stand.creatives import Creatives
from vitrine.services.stand.handler import StandHandler
from vitrine.services.stand.offer_desk import OfferDesk
from vitrine.services.stand.switchboard import Submission, Switchboard
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health

NOWHERE = "redis://127.0.0.1:1/0"
PARTITION = received(make_engagement()).record.partition
ENGAGEMENT = TopicPartition("engagement", PARTITION)
IDENTITIES = TopicPartition("identities", PARTITION)


class Rig:
    """A handler that has the partition of the stand `north`."""

    def __init__(self, redis: Redis, folder: Path) -> None:
        self.clock = EventClock()
        self.switchboard = Switchboard()
        self.clock.observe(T0_NS)
        desk = OfferDesk(redis, folder, Health())
        mall = FixedMall(mall_of(make_campaign()))
        self.handler = StandHandler(
            mall, self.clock, self.switchboard, desk, Creatives(folder), b"key"
        )
        self.handler.assigned({ENGAGEMENT: None, IDENTITIES: None})


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(connect(NOWHERE), tmp_path)


def present(rig: Rig) -> int:
    live = rig.switchboard.live()
    assert live is not None
    return sum(stand.people for stand in live.stands)


def test_a_restart_reads_the_identities_of_those_present_again(rig: Rig) -> None:
    batch = [
        received(make_identity("gone", 0), offset=3),
        received(make_identity("here", 0), offset=4),
        received(make_identity("here", 70), offset=9),
        received(make_engagement(70, make_person("here")), offset=50),
    ]
    assert rig.handler.handle(batch).resume == {IDENTITIES: Commit(9)}
    assert rig.handler.handle([]).resume == {}


def test_an_event_clock_follows_what_is_consumed(rig: Rig) -> None:
    rig.handler.handle([received(make_engagement(12.5))])
    assert rig.clock.now_ns() == at(12.5)


def test_a_stand_that_is_not_configured_is_left_alone(rig: Rig) -> None:
    rig.handler.handle(
        [
            received(
                make_engagement(1, make_person(), stand="elsewhere"),
                partition=PARTITION,
            )
        ]
    )
    assert present(rig) == 0


def test_stands_follow_their_partition(rig: Rig) -> None:
    rig.handler.handle([])
    assert rig.switchboard.serves("north")
    rig.handler.revoked([ENGAGEMENT, IDENTITIES])
    assert not rig.switchboard.serves("north")
    assert (
        rig.handler.handle([received(make_engagement(1, make_person()))]).messages == []
    )


def test_a_report_is_answered_after_it_was_published_and_not_before(rig: Rig) -> None:
    play = to_play(make_report(), make_command(), "north", at(20))
    submission = Submission(plays=[play])
    rig.switchboard.submit(submission)
    outputs = rig.handler.handle([])
    assert [message.event for message in outputs.messages] == [play]
    assert not submission.durable.done()
    rig.handler.published(outputs)
    assert submission.durable.done()


def test_a_report_that_nobody_waits_for_any_more_is_left_to_its_repetition(
    rig: Rig,
) -> None:
    submission = Submission(
        plays=[to_play(make_report(), make_command(), "north", at(20))]
    )
    submission.durable.cancel()
    rig.switchboard.submit(submission)
    assert rig.handler.handle([]).messages == []


def test_the_last_reports_are_taken_when_the_loop_stops(rig: Rig) -> None:
    submission = Submission(
        plays=[to_play(make_report(), make_command(), "north", at(20))]
    )
    rig.switchboard.submit(submission)
    outputs = rig.handler.stopped()
    assert len(outputs.messages) == 1
    rig.handler.published(outputs)
    assert submission.durable.done()
