"""Policies at work: they choose, wait for rewards, learn, and go on after a restart."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from redis import Redis

from tests.builders import T0_NS, at, make_engagement, make_person
from tests.policy_builders import make_play, taught
from tests.stand_builders import (
    STAND,
    make_campaign,
    make_command,
    mall_of,
    running_stand,
    write_creatives,
)
from tests.stand_players import look, until, virtual_player
from vitrine.clock import EventClock, Moment
from vitrine.mall import Campaign
from vitrine.policy.waiting import WaitingPlays
from vitrine.programme.audience import Audience
from vitrine.programme.picking import Picked
from vitrine.programme.screen import PlannedPlay
from vitrine.schemas import Interaction, Outcome, StandExpression
from vitrine.services.stand import store_absence
from vitrine.services.stand.policies import Policies
from vitrine.stores import policies as stored
from vitrine.stores.redis import connect
from vitrine.topics import OUTCOMES

A = {"id": "a", "file": "a.html", "seconds": 4}
B = {"id": "b", "file": "b.html", "seconds": 4}
MORE = {"id": "more", "file": "more.html", "when": {"engagement": 100}}
NOWHERE = "redis://127.0.0.1:1/0"


def campaign(**fields: Any) -> Campaign:
    return make_campaign(
        "spring", A, B, MORE, **{"choose": "learn", "goal": "touch"} | fields
    )


class Rig:
    """The policies of a process that serves `north`."""

    def __init__(self, redis: Redis, served: Campaign | None = None) -> None:
        self.campaign = served or campaign()
        self.clock = EventClock()
        self.clock.observe(T0_NS)
        self.policies = Policies(redis, self.clock)
        self.policies.serve(mall_of(self.campaign), {"north"})
        self.policies.keep()

    def pick(self, seconds: float = 0) -> Picked:
        now = Moment(at(seconds), at(seconds))
        pick = self.policies.pick_for(STAND, Audience(), now)
        creatives = self.campaign.creatives[:2]
        return pick(self.campaign, creatives, creatives[1], "adaptive")

    def show(self, command_id: str = "c0ffee") -> str:
        """Choose and show a creative from second 10 to 18; returns the play."""
        picked = self.pick()
        command = make_command(command_id=command_id)
        play = PlannedPlay(
            command, self.campaign, picked.creative, False, at(10), picked
        )
        self.policies.decided(play)
        self.policies.played(make_play(command.play_id))
        return command.play_id

    def touch(self, shown: str, **fields: Any) -> None:
        values: dict[str, Any] = {
            "interaction_id": f"{shown}.0",
            "stand_id": "north",
            "kind": "touch",
            "at_ns": at(12),
            "play_id": shown,
            "campaign_id": "spring",
            "creative_id": "a",
            "config_version": "v1",
        }
        self.policies.interacted(Interaction(**values | fields))

    def outcomes(self, seconds: float) -> Sequence[Outcome]:
        """What is learned from at that time."""
        self.clock.observe(at(seconds))
        due = self.policies.due()
        self.policies.settle(due)
        return [settled.outcome for settled in due if settled.outcome is not None]


def counted(metric: str, outcome: str) -> float:
    labels = {"stand": "north", "outcome": outcome}
    return REGISTRY.get_sample_value(f"vitrine_policy_{metric}_total", labels) or 0


def test_a_touch_teaches_and_a_restart_goes_on_with_it(redis: Redis) -> None:
    rig = Rig(redis)
    rig.touch(rig.show())
    assert [one.reward for one in rig.outcomes(90)] == [1.0]
    waiting = rig.show("beef")
    rig.policies.keep(at_once=True)
    again = Rig(redis)
    assert again.outcomes(90)[0].play_id == waiting
    again.policies.keep(at_once=True)
    learned = stored.load_learned(redis, "spring")["north"]
    assert learned.plays == pytest.approx(2)
    assert learned.mean == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("fields", "became"),
    [
        ({}, "counted"),
        ({"play_id": "page-9.beef"}, "unknown"),
        ({"at_ns": at(79)}, "late"),
        ({"kind": "offer-redeemed"}, None),
        ({"creative_id": "more", "play_id": "page-9.beef"}, None),
        ({"campaign_id": "autumn"}, None),
        ({"stand_id": "south"}, None),
    ],
)
def test_a_reward_is_counted_by_what_became_of_it(
    redis: Redis, fields: dict[str, Any], became: str | None
) -> None:
    rig = Rig(redis)
    play_id = rig.show()
    names = ("counted", "repeated", "late", "unknown")
    before = {name: counted("rewards", name) for name in names}
    rig.touch(play_id, **fields)
    risen = [name for name in names if counted("rewards", name) > before[name]]
    assert risen == ([became] if became else [])


def test_what_is_read_again_after_a_restart_is_late_and_not_unknown(
    redis: Redis,
) -> None:
    rig = Rig(redis)
    rig.clock.observe(at(12 + 61))
    before = counted("rewards", "late")
    rig.touch("page-1.settled")
    assert counted("rewards", "late") == before + 1


def test_a_redemption_is_the_reward_where_the_campaign_asks_for_it(
    redis: Redis,
) -> None:
    rig = Rig(redis, campaign(goal="redemption"))
    play_id = rig.show()
    rig.touch(play_id)
    rig.touch(play_id, kind="offer-redeemed", at_ns=at(3600))
    assert rig.outcomes(7200) == []
    assert [one.reward for one in rig.outcomes(7220)] == [1.0]


@pytest.mark.parametrize("kind", ["offer-redeemed", "touch"])
def test_what_an_answer_of_others_led_to_rewards_nothing(
    redis: Redis, kind: str
) -> None:
    goal = "touch" if kind == "touch" else "redemption"
    rig = Rig(redis, campaign(goal=goal))
    play_id = rig.show()
    for _ in range(2):
        rig.touch("page-1.answer", kind=kind, creative_id="more", interaction_id="late")
    [outcome] = rig.outcomes(7220)
    assert (outcome.play_id, outcome.reward) == (play_id, 0.0)


def answer(rig: Rig, play_id: str, command_id: str) -> str:
    """Show `more`, by a response of what was shown in a play."""
    command = make_command(command_id=command_id, creative_id="more", responds=True)
    play = PlannedPlay(
        command,
        rig.campaign,
        rig.campaign.creatives[2],
        cut=True,
        decided_ns=at(14),
        answers=play_id,
    )
    rig.policies.decided(play)
    return command.play_id


def redeem(rig: Rig, play_id: str, seconds: float) -> None:
    """An offer that was granted during a play of `more` is redeemed."""
    rig.touch(play_id, kind="offer-redeemed", creative_id="more", at_ns=at(seconds))


def test_what_a_creatives_own_answer_led_to_rewards_its_play_once(
    redis: Redis,
) -> None:
    rig = Rig(redis, campaign(goal="redemption"))
    play_id = rig.show()
    again = answer(rig, answer(rig, play_id, "one"), "two")
    before = {name: counted("rewards", name) for name in ("counted", "repeated")}
    # The state of before a restart has the answers.
    rig.policies.keep(at_once=True)
    rig = Rig(redis, campaign(goal="redemption"))
    for _ in range(2):
        redeem(rig, again, 3600)
    assert counted("rewards", "counted") == before["counted"] + 1
    assert counted("rewards", "repeated") == before["repeated"] + 1
    [outcome] = rig.outcomes(7220)
    assert (outcome.play_id, outcome.reward) == (play_id, 1.0)


@pytest.mark.parametrize("settled", [False, True])
def test_what_an_answer_led_to_too_late_changes_nothing(
    redis: Redis, settled: bool
) -> None:
    rig = Rig(redis, campaign(goal="redemption"))
    answered = answer(rig, rig.show(), "one")
    before = counted("rewards", "late")
    if settled:
        assert len(rig.outcomes(7220)) == 1
    redeem(rig, answered, 18 + 7200.1)
    assert counted("rewards", "late") == before + 1
    assert [one.reward for one in rig.outcomes(7230)] == ([] if settled else [0.0])


def test_what_faces_show_is_in_no_outcome(redis: Redis) -> None:
    told = []
    smile = StandExpression(
        positive=0.9,
        surprised=0,
        negative=0,
        neutral=0.1,
        positive_change=0.8,
        faces=1,
    )
    for expression in (None, smile):
        rig = Rig(redis, campaign(goal="attention"))
        for quarter in range(80):
            person = make_person(attending=quarter < 60)
            snapshot = make_engagement(quarter / 4, person, expression=expression)
            rig.policies.observe(snapshot)
        rig.show()
        told.append(rig.outcomes(30))
    assert [one.reward for one in told[0]] == [pytest.approx(0.625, abs=0.04)]
    assert told[0] == told[1]


def test_a_new_stand_begins_with_what_others_have_learned(redis: Redis) -> None:
    kept = stored.Kept(
        taught([("a", 1.0), ("b", 0.0)] * 40), WaitingPlays(goal="touch")
    )
    stored.save(redis, {("south", "spring"): kept})
    assert Rig(redis).pick().probabilities["a"] > 0.85


def test_what_was_learned_for_another_goal_is_left_aside(redis: Redis) -> None:
    kept = stored.Kept(
        taught([("a", 1.0), ("b", 0.0)] * 40), WaitingPlays(goal="touch")
    )
    stored.save(redis, {("north", "spring"): kept, ("south", "spring"): kept})
    rig = Rig(redis, campaign(goal="attention"))
    assert rig.pick().probabilities == pytest.approx({"a": 0.5, "b": 0.5})


def test_a_change_of_the_goal_begins_anew(redis: Redis) -> None:
    rig = Rig(redis)
    rig.touch(rig.show())
    rig.outcomes(90)
    rig.campaign = campaign(goal="attention")
    rig.policies.serve(mall_of(rig.campaign), {"north"})
    rig.policies.keep()
    assert rig.pick().probabilities == pytest.approx({"a": 0.5, "b": 0.5})


def test_a_stand_that_moves_is_stored_at_once(redis: Redis) -> None:
    rig = Rig(redis)
    rig.touch(rig.show())
    rig.outcomes(90)
    rig.policies.serve(mall_of(rig.campaign), set())
    assert stored.load_learned(redis, "spring")["north"].plays == 1


def test_without_a_store_the_stand_rotates_and_replaces_nothing_later(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = stored.Kept(
        taught([("a", 1.0), ("b", 0.0)] * 40), WaitingPlays(goal="touch")
    )
    stored.save(redis, {("north", "spring"): kept})
    monkeypatch.setattr(store_absence, "RETRY_S", 0.0)
    rig = Rig(connect(NOWHERE))
    picked = rig.pick()
    assert (picked.creative.id, picked.choose) == ("b", "rotate")
    rig.show()
    assert rig.outcomes(90) == []
    assert len(rig.policies.problems) == 1
    rig.policies._redis = redis
    rig.policies.keep(at_once=True)
    assert rig.policies.problems == []
    assert rig.pick().probabilities["a"] > 0.9
    assert stored.load_learned(redis, "spring")["north"] == kept.learned


def test_a_store_that_failed_is_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig = Rig(connect(NOWHERE))
    asked: list[str] = []
    monkeypatch.setattr(stored, "load_learned", lambda *_: asked.append("again"))
    rig.policies.keep(at_once=True)
    assert asked == []


# A whole stand


def outcomes_of(
    folder: Path, redis_url: str, served: Campaign, enough: int
) -> list[Outcome]:
    """The outcomes of a stand before which somebody looks, once there are so many."""
    write_creatives(folder, served)
    with running_stand(folder, redis_url, served) as stand:
        until(lambda: not stand.health.reasons(), "the stand to be ready")
        with virtual_player(stand):
            second = 0.0
            while len(stand.read(OUTCOMES)) < enough:
                second = look(stand, second + 0.25, second + 1, attending=True)
                assert second < 600
            return list(stand.read(OUTCOMES))


def test_each_choice_is_on_the_bus_with_its_probabilities_and_attention(
    folder: Path, redis_url: str, redis: Redis
) -> None:
    served = campaign(goal="attention")
    outcomes = outcomes_of(folder, redis_url, served, 3)
    for outcome in outcomes:
        assert outcome.choose == "learn"
        assert outcome.reward == 1.0
        assert set(outcome.probabilities) == {"a", "b"}
        assert min(outcome.probabilities.values()) >= 0.05
    assert outcomes[1].context.people == 1
    assert outcomes[1].context.attending == 1.0
    # Stored when the stand stopped.
    learned = stored.load_learned(redis, "spring")["north"]
    assert learned.plays >= 3
    assert learned.mean == pytest.approx(1.0)


def test_a_campaign_that_rotates_is_logged_too(folder: Path, redis_url: str) -> None:
    served = campaign(goal="attention", choose="rotate")
    for outcome in outcomes_of(folder, redis_url, served, 2):
        assert outcome.choose == "rotate"
        assert outcome.probabilities == {"a": 0.5, "b": 0.5}


def test_in_plain_slots_no_policy_chooses(folder: Path, redis_url: str) -> None:
    served = campaign(goal="attention", holdout=1)
    for outcome in outcomes_of(folder, redis_url, served, 2):
        assert (outcome.arm, outcome.choose) == ("plain", "rotate")
