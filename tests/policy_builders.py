"""Choices and their outcomes for the tests of policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.builders import T0_NS, at
from vitrine.policy.learned import Learned
from vitrine.policy.learner import Learner
from vitrine.policy.waiting import WaitingPlays
from vitrine.schemas import ChoiceContext, Goal, Outcome, Play

SLOT_S = 300


def make_context(**fields: Any) -> ChoiceContext:
    """Two people at eight in the morning, one of whom looks."""
    values: dict[str, Any] = {"hour": 8.0, "people": 2, "attending": 0.5}
    return ChoiceContext(**values | fields)


def make_outcome(seconds: float = 0.0, **fields: Any) -> Outcome:
    """A play of `a` out of `a` and `b`, each alike, decided `seconds` after T0_NS; no reward."""
    values: dict[str, Any] = {
        "play_id": f"page-1.{round(seconds * 1000)}",
        "stand_id": "north",
        "campaign_id": "spring",
        "creative_id": "a",
        "choose": "rotate",
        "arm": "adaptive",
        "slot_ns": at(seconds // SLOT_S * SLOT_S),
        "goal": "touch",
        "context": make_context(),
        "probabilities": {"a": 0.5, "b": 0.5},
        "decided_ns": at(seconds),
        "end_ns": at(seconds + 8),
        "reward": 0.0,
        "config_version": "v1",
    }
    return Outcome(**values | fields)


def make_play(play_id: str = "page-1.c0ffee", **fields: Any) -> Play:
    """A play of `a` from second 10 to 18."""
    values: dict[str, Any] = {
        "play_id": play_id,
        "stand_id": "north",
        "campaign_id": "spring",
        "advertiser": "acme",
        "creative_id": "a",
        "start_ns": at(10),
        "end_ns": at(18),
        "completed": True,
        "player": "page",
        "reason": "rotation",
        "probability": 0.5,
        "arm": "adaptive",
        "slot_ns": T0_NS,
        "config_version": "v1",
    }
    return Play(**values | fields)


def make_learner(goal: Goal = "touch", stand_id: str = "north") -> Learner:
    """A policy that has learned nothing."""
    return Learner(stand_id, Learned(goal=goal), WaitingPlays(goal=goal))


def taught(rewards: Sequence[tuple[str, float]], goal: Goal = "touch") -> Learned:
    """What a stand has learned from plays of these creatives with these rewards."""
    learned = Learned(goal=goal)
    for creative_id, reward in rewards:
        learned.learn(creative_id, ALONE, reward, T0_NS)
    return learned


ALONE = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Features of a context in which nothing but the creative counts."""
