"""The handler keeps, commits and lets go, without web server and store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from redis import Redis

from tests.builders import (
    T0_NS,
    at,
    make_engagement,
    make_identity,
    make_person,
    received,
)
from tests.stand_builders import (
    make_campaign,
    make_command,
    make_offer,
    make_report,
    mall_of,
)
from vitrine.bus import Commit, TopicPartition
from vitrine.bus.memory import MemoryBus
from vitrine.clock import SECOND_NS, EventClock
from vitrine.mall import Offer
from vitrine.mall.folder import FixedMall
from vitrine.programme.commands import to_play
from vitrine.schemas import Interaction, Play
from vitrine.services.stand.creatives import Creatives
from vitrine.services.stand.handler import StandHandler
from vitrine.services.stand.kept_caps import KeptCaps
from vitrine.services.stand.offer_desk import OfferDesk, ShownOffer
from vitrine.services.stand.policies import Policies
from vitrine.services.stand.resting import Resting
from vitrine.services.stand.store_watch import StoreWatch
from vitrine.services.stand.switchboard import Connection, Submission, Switchboard
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS

NOWHERE = "redis://127.0.0.1:1/0"
PARTITION = received(make_engagement()).record.partition
ENGAGEMENT = TopicPartition("engagement", PARTITION)
IDENTITIES = TopicPartition("identities", PARTITION)
PLAY = to_play(
    make_report(),
    make_command(),
    "north",
    at(20),
)


class Rig:
    """A handler that has the partition of the stand `north`, and no store."""

    def __init__(
        self,
        redis: Redis,
        folder: Path,
        mall: FixedMall | None = None,
    ) -> None:
        self.clock = EventClock()
        self.switchboard = Switchboard()
        self.clock.observe(T0_NS)
        watch = StoreWatch(MemoryBus(TOPICS))
        desk = OfferDesk(redis, folder, Health(), watch, b"key")
        self.handler = StandHandler(
            mall or FixedMall(mall_of(make_campaign())),
            self.clock,
            self.switchboard,
            desk,
            Creatives(folder),
            Resting(folder),
            Policies(redis, self.clock),
            KeptCaps(redis),
            b"key",
        )
        self.handler.assigned({ENGAGEMENT: None, IDENTITIES: None})

    def submit(
        self,
        *plays: Play,
        interactions: Sequence[Interaction] = (),
    ) -> Submission:
        """Hand in reports of a player."""
        submission = Submission(plays=plays, interactions=interactions)
        self.switchboard.submit(submission)
        return submission


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(connect(NOWHERE), tmp_path)


def make_interaction(name: str, kind: str = "touch") -> Interaction:
    return Interaction(
        interaction_id=name,
        stand_id="north",
        kind=kind,
        at_ns=at(0),
        config_version="v1",
    )


def test_what_stands_tell_each_other_moves_no_clock(rig: Rig) -> None:
    touch = make_interaction("t").model_copy(update={"at_ns": at(100)})
    rig.handler.handle([received(touch)])
    assert rig.clock.now_ns() == T0_NS


class RefusedFiles(FixedMall):
    """Give a last good configuration, beside files that have a mistake."""

    def problems(self) -> Sequence[str]:
        return ["stands.yaml:3: there is no stand 'nroth'"]


def test_a_refused_configuration_is_shown_to_the_operator(tmp_path: Path) -> None:
    rig = Rig(
        connect(NOWHERE),
        tmp_path,
        RefusedFiles(mall_of(make_campaign())),
    )
    rig.handler.handle([])
    live = rig.switchboard.live()
    assert live is not None
    assert live.problems[0] == "stands.yaml:3: there is no stand 'nroth'"


def people_shown(rig: Rig) -> int:
    """The people on the operator's console."""
    live = rig.switchboard.live()
    assert live is not None
    return sum(stand.people or 0 for stand in live.stands)


def concern_kinds(rig: Rig) -> list[str]:
    """What needs somebody at the stand."""
    live = rig.switchboard.live()
    assert live is not None
    [stand] = live.stands
    return [concern.kind for concern in stand.concerns]


# Inputs


def test_a_restart_reads_the_identities_of_those_present_again(rig: Rig) -> None:
    batch = [
        received(make_identity("gone", 0), offset=3),
        received(make_identity("here", 0), offset=4),
        received(make_identity("here", 70), offset=9),
        received(make_identity("too", 70), offset=12),
        received(make_engagement(70, make_person("here")), offset=50),
    ]
    assert rig.handler.handle(batch).resume == {IDENTITIES: Commit(9)}
    assert rig.handler.handle([]).resume == {}


def test_an_event_clock_follows_the_records(rig: Rig) -> None:
    rig.handler.handle([received(make_engagement(12.5))])
    assert rig.clock.now_ns() == at(12.5)


def test_a_stand_that_is_not_configured_is_left_alone(rig: Rig) -> None:
    snapshot = make_engagement(1, make_person(), stand="elsewhere")
    rig.handler.handle([received(snapshot, partition=PARTITION)])
    assert people_shown(rig) == 0


def test_stands_follow_their_partition(rig: Rig) -> None:
    rig.handler.handle([])
    assert rig.switchboard.serves("north")
    rig.handler.revoked([ENGAGEMENT, IDENTITIES])
    assert not rig.switchboard.serves("north")
    snapshot = make_engagement(1, make_person())
    assert rig.handler.handle([received(snapshot)]).messages == []


# Reports


def test_a_report_is_answered_after_it_was_published_and_not_before(rig: Rig) -> None:
    submission = rig.submit(PLAY)
    outputs = rig.handler.handle([])
    assert [message.event for message in outputs.messages] == [PLAY]
    assert not submission.durable.done()
    rig.handler.published(outputs)
    assert submission.durable.done()


def test_what_waits_for_the_bus_travels_with_the_outputs(rig: Rig) -> None:
    redeemed = make_interaction("grant-1-redeemed", "offer-redeemed")
    first = rig.submit(PLAY)
    second = rig.submit(interactions=[redeemed])
    earlier = rig.handler.handle([])
    later_submission = rig.submit(PLAY)
    rig.handler.handle([])
    rig.handler.published(earlier)
    assert first.durable.done()
    assert second.durable.done()
    assert not later_submission.durable.done()


def test_a_play_that_was_published_is_not_published_again(rig: Rig) -> None:
    rig.submit(PLAY)
    rig.handler.published(rig.handler.handle([]))
    again = rig.submit(PLAY)
    outputs = rig.handler.handle([])
    assert outputs.messages == []
    rig.handler.published(outputs)
    assert again.durable.done()


def finished() -> float:
    """The plays of the stand that the metric has."""
    labels = {"stand": "north"}
    found = REGISTRY.get_sample_value("vitrine_plays_finished_total", labels)
    return found or 0


def screen_s(display: str) -> float:
    """The screen time of the stand that the metric has."""
    labels = {"stand": "north", "display": display}
    return REGISTRY.get_sample_value("vitrine_screen_seconds_total", labels) or 0


@pytest.mark.parametrize(
    ("player", "proven_s", "unproven_s"), [("page", 6.0, 2.0), ("virtual", 0.0, 0.0)]
)
def test_the_screen_time_of_pages_is_counted_once_as_proven_or_not(
    rig: Rig, player: str, proven_s: float, unproven_s: float
) -> None:
    rig.handler.handle([])
    before = (screen_s("proven"), screen_s("unproven"))
    play = PLAY.model_copy(
        update={"player": player, "proven_ns": round(proven_s * SECOND_NS)}
    )
    for _ in range(2):
        rig.submit(play)
        rig.handler.published(rig.handler.handle([]))
    assert screen_s("proven") - before[0] == pytest.approx(proven_s)
    assert screen_s("unproven") - before[1] == pytest.approx(unproven_s)


def test_a_play_counts_as_finished_once_the_bus_has_it(rig: Rig) -> None:
    rig.handler.handle([])
    before = finished()
    rig.submit(PLAY)
    outputs = rig.handler.handle([])
    assert finished() == before
    rig.handler.published(outputs)
    rig.submit(PLAY)
    rig.handler.published(rig.handler.handle([]))
    assert finished() == before + 1


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_a_stand_whose_player_reports_nothing_is_a_problem(
    rig: Rig, loop: asyncio.AbstractEventLoop
) -> None:
    page = rig.switchboard.join("north", "page", "page-1", loop)
    rig.handler.handle([])
    assert concern_kinds(rig) == []
    overdue = make_command(seconds=-60)
    rig.switchboard.expect(page, overdue, cut=False)
    rig.handler.stopped()
    assert concern_kinds(rig) == ["silent"]
    silent = REGISTRY.get_sample_value("vitrine_stand_silent", {"stand": "north"})
    assert silent == 1


GRANTED = ShownOffer(
    Offer.model_validate(make_offer(text="ten off")),
    "CODE-1",
    Interaction(
        interaction_id="grant-1",
        stand_id="north",
        kind="offer-shown",
        at_ns=at(0),
        config_version="v1",
    ),
)


def offers_sent(connection: Connection) -> int:
    """The offers that a connection was told, as its thread would read them."""
    names = []
    connection.loop.run_until_complete(asyncio.sleep(0))
    while not connection.queue.empty():
        sent = connection.queue.get_nowait()
        names.append(sent.event if sent is not None else "end")
    return names.count("offer")


@pytest.mark.parametrize("who", ["second", "nobody"])
def test_a_player_that_leaves_while_an_offer_is_granted_does_not_get_it(
    rig: Rig,
    loop: asyncio.AbstractEventLoop,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    who: str,
) -> None:
    first = rig.switchboard.join("north", "page", "page-1", loop)
    second = rig.switchboard.join("north", "page", "page-2", loop)

    def grant_as_it_leaves(*_: object) -> ShownOffer:
        rig.switchboard.leave(first)
        if who == "nobody":
            rig.switchboard.leave(second)
        return GRANTED

    monkeypatch.setattr(OfferDesk, "grant", grant_as_it_leaves)
    rig.handler.handle([])
    assert offers_sent(first) == 0
    assert offers_sent(second) == (who == "second")
    assert ("an offer found no player" in caplog.text) == (who == "nobody")


def test_a_virtual_player_is_granted_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(OfferDesk, "grant", lambda *each: asked.append(each))
    with closing(asyncio.new_event_loop()) as loop:
        rig.switchboard.join("north", "virtual", "virtual-1", loop)
        rig.handler.handle([])
        assert asked == []
        rig.switchboard.join("north", "page", "page-1", loop)
        rig.handler.handle([])
    assert len(asked) == 1


def test_a_play_that_was_not_published_is_taken_again(rig: Rig) -> None:
    rig.submit(PLAY)
    rig.handler.handle([])
    rig.submit(PLAY)
    outputs = rig.handler.handle([])
    assert [message.event for message in outputs.messages] == [PLAY]


def test_a_report_that_nobody_waits_for_any_more_is_left_to_its_repetition(
    rig: Rig,
) -> None:
    submission = Submission(plays=[PLAY])
    submission.durable.cancel()
    rig.switchboard.submit(submission)
    assert rig.handler.handle([]).messages == []


def test_the_last_reports_are_taken_when_the_loop_stops(rig: Rig) -> None:
    submission = rig.submit(PLAY)
    outputs = rig.handler.stopped()
    assert [message.event for message in outputs.messages] == [PLAY]
    rig.handler.published(outputs)
    assert submission.durable.done()


def test_an_opt_out_is_one_event_for_each_visit_that_is_present(rig: Rig) -> None:
    people = [
        make_person("b"),
        make_person("a"),
        make_person("unknown"),
    ]
    batch = [
        received(make_identity("a")),
        received(make_identity("b")),
        received(make_identity("gone")),
        received(make_engagement(1, *people)),
    ]
    rig.handler.handle(batch)
    rig.submit(interactions=[make_interaction("wish", "opt-out")])
    found = []
    for message in rig.handler.handle([]).messages:
        assert isinstance(message.event, Interaction)
        found.append((message.event.interaction_id, message.event.visit_id))
    assert found == [("wish.visit-a", "visit-a"), ("wish.visit-b", "visit-b")]


@pytest.mark.parametrize("kind", ["touch", "opt-out"])
def test_with_nobody_identified_an_interaction_stays_as_it_is(
    rig: Rig, kind: str
) -> None:
    interaction = make_interaction("wish", kind)
    rig.submit(interactions=[interaction])
    outputs = rig.handler.handle([])
    assert [message.event for message in outputs.messages] == [interaction]
