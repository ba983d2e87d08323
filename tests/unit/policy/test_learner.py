"""A choice waits for its reward, is learned from once, and what never was counts nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import at, make_engagement, make_person
from tests.policy_builders import make_context, make_learner, make_play, taught
from tests.stand_builders import make_campaign, make_command
from vitrine.mall import Campaign
from vitrine.policy.learner import Learner
from vitrine.policy.looks import Looks
from vitrine.policy.waiting import MOST_WAITING, REPORT_LIMIT_NS, WaitingPlays
from vitrine.programme.picking import Picked
from vitrine.schemas import Arm, Goal, Outcome

HOUR_S = 3600.0
A = {"id": "a", "file": "a.html"}
B = {"id": "b", "file": "b.html"}
PLAY_ID = "page-1.c0ffee"


def learning(**fields: Any) -> Campaign:
    return make_campaign("spring", A, B, choose="learn", goal="touch", **fields)


def pick(
    learner: Learner,
    campaign: Campaign,
    arm: Arm = "adaptive",
    seconds: float = 0,
) -> Picked:
    creatives = campaign.creatives
    return learner.pick(
        campaign,
        creatives,
        creatives[1],
        arm,
        make_context(),
        at(seconds),
    )


def decided(goal: Goal = "touch", command_id: str = "c0ffee") -> Learner:
    """A policy that chose at second 10, and waits for the play."""
    learner = make_learner(goal)
    picked = pick(learner, learning())
    learner.decided(picked, make_command(command_id=command_id))
    return learner


def outcomes(
    learner: Learner, seconds: float, looks: Looks | None = None
) -> list[Outcome]:
    """What is learned from at that time."""
    found = []
    for settled in learner.due("spring", at(seconds), looks or Looks()):
        learner.settle(settled)
        if settled.outcome is not None:
            found.append(settled.outcome)
    return found


# Choice


def test_a_choice_is_drawn_from_the_probabilities_that_it_tells() -> None:
    learner = make_learner()
    learner.learned = taught([("a", 1.0), ("b", 0.8)] * 4)
    draws = [pick(learner, learning(), seconds=second) for second in range(2000)]
    shown = sum(picked.creative.id == "a" for picked in draws) / len(draws)
    expected = draws[0].probabilities["a"]
    assert 0.6 < expected < 0.9
    # Three standard errors.
    assert shown == pytest.approx(expected, abs=0.033)


def test_the_same_stand_chooses_the_same_at_the_same_time() -> None:
    chosen = [pick(make_learner(), learning(), seconds=9) for _ in range(2)]
    assert chosen[0] == chosen[1]


@pytest.mark.parametrize(
    ("fields", "arm"), [({}, "plain"), ({"choose": "rotate"}, "adaptive")]
)
def test_nothing_learned_acts_in_plain_slots_nor_where_the_campaign_rotates(
    fields: dict[str, Any], arm: Arm
) -> None:
    learner = make_learner()
    learner.learned = taught([("a", 1.0), ("b", 0.0)] * 40)
    picked = pick(learner, make_campaign("spring", A, B, **fields), arm)
    assert (picked.creative.id, picked.choose) == ("b", "rotate")
    assert picked.probabilities == {"a": 0.5, "b": 0.5}


# Reward


def test_a_touched_play_is_rewarded_once_its_time_is_over() -> None:
    learner = decided()
    assert learner.reward(PLAY_ID, at(12)) == "counted"
    learner.played(make_play())
    assert outcomes(learner, 18 + 60) == []
    (outcome,) = outcomes(learner, 18 + 60.001)
    assert (outcome.reward, outcome.play_id) == (1.0, PLAY_ID)
    assert outcome.end_ns == at(18)
    assert learner.learned.plays == 1
    assert learner.learned.mean == 1


def test_a_play_that_nobody_touched_has_the_reward_zero() -> None:
    learner = decided()
    learner.played(make_play())
    assert [outcome.reward for outcome in outcomes(learner, 79)] == [0.0]


def test_a_second_touch_counts_nothing() -> None:
    learner = decided()
    assert learner.reward(PLAY_ID, at(12)) == "counted"
    assert learner.reward(PLAY_ID, at(13)) == "repeated"


def test_a_reward_of_a_play_that_never_was_changes_nothing() -> None:
    learner = decided()
    before = learner.waiting.model_dump_json()
    assert learner.reward("page-9.beef", at(12)) == "unknown"
    assert learner.waiting.model_dump_json() == before


@pytest.mark.parametrize(
    ("goal", "seconds", "said"),
    [
        ("touch", 18 + 60, "counted"),
        ("touch", 18 + 60.1, "late"),
        ("redemption", 18 + 2 * HOUR_S, "counted"),
        ("redemption", 18 + 2 * HOUR_S + 1, "late"),
    ],
)
def test_a_reward_counts_until_the_stated_time(
    goal: Goal, seconds: float, said: str
) -> None:
    learner = decided(goal)
    learner.played(make_play())
    assert learner.reward(PLAY_ID, at(seconds)) == said
    (outcome,) = outcomes(learner, seconds + 100_000)
    assert outcome.reward == float(said == "counted")


def test_a_reward_that_came_before_its_play_was_reported_is_judged_by_its_time() -> (
    None
):
    learner = decided()
    learner.reward(PLAY_ID, at(18 + 61))
    learner.played(make_play())
    assert [outcome.reward for outcome in outcomes(learner, 100)] == [0.0]


def test_a_reward_after_its_play_was_learned_from_is_late() -> None:
    learner = decided()
    learner.played(make_play())
    outcomes(learner, 100)
    assert learner.reward(PLAY_ID, at(50)) == "late"


def test_attention_is_what_the_looks_say() -> None:
    learner = decided("attention")
    learner.played(make_play())
    looks = Looks()
    for second in range(10, 20):
        looks.observe(make_engagement(second, make_person("a", attending=second < 12)))
    assert [outcome.reward for outcome in outcomes(learner, 24, looks)] == [0.25]


def test_a_play_before_nobody_teaches_nothing() -> None:
    learner = decided("attention")
    learner.played(make_play())
    (settled,) = learner.due("spring", at(24), Looks())
    assert (settled.end, settled.outcome) == ("unseen", None)
    learner.settle(settled)
    assert learner.waiting.plays == {}
    assert learner.learned.plays == 0


# What is waited for


def test_a_choice_is_due_until_it_is_settled_and_is_learned_from_once() -> None:
    learner = decided()
    learner.played(make_play())
    (settled,) = learner.due("spring", at(100), Looks())
    # As after a crash before the log had it.
    assert learner.due("spring", at(100), Looks()) == [settled]
    learner.settle(settled)
    learner.settle(settled)
    assert learner.learned.plays == 1
    assert learner.due("spring", at(100), Looks()) == []


def test_a_play_that_no_player_reports_is_given_up() -> None:
    learner = decided()
    # The command was issued at second 10.
    assert learner.due("spring", at(10) + REPORT_LIMIT_NS, Looks()) == []
    (settled,) = learner.due("spring", at(10) + REPORT_LIMIT_NS + 1, Looks())
    assert (settled.end, settled.outcome) == ("unplayed", None)


def test_the_oldest_play_gives_way_where_too_many_wait() -> None:
    learner = make_learner()
    picked = pick(learner, learning())
    given_up = []
    for number in range(MOST_WAITING + 1):
        command = make_command(command_id=f"c{number}")
        given_up += learner.decided(picked, command)
    assert [(one.play_id, one.end) for one in given_up] == [("page-1.c0", "full")]
    assert len(learner.waiting.plays) == MOST_WAITING


def test_what_waits_survives_a_restart() -> None:
    learner = decided()
    learner.reward(PLAY_ID, at(12))
    text = learner.waiting.model_dump_json()
    learner.waiting = WaitingPlays.model_validate_json(text)
    learner.played(make_play())
    (outcome,) = outcomes(learner, 79)
    assert (outcome.reward, outcome.context) == (1.0, make_context())


def test_a_play_of_others_is_not_waited_for() -> None:
    learner = decided()
    learner.played(make_play("page-1.other"))
    assert outcomes(learner, 100) == []
