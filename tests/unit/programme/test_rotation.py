"""The plain rotation keeps shares, keeps competitors apart, and logs true probabilities."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import sqrt
from random import Random
from typing import Any

import pytest

from tests.builders import at
from tests.policy_builders import make_context
from tests.stand_builders import STAND, make_campaign
from vitrine.mall import Campaign, Creative
from vitrine.programme.blocks import BLOCK
from vitrine.programme.picking import Pick, Picked
from vitrine.programme.playlist import Choice
from vitrine.programme.rotation import APART, Rotation
from vitrine.schemas import Arm

A = {"id": "a", "file": "a.html"}
B = {"id": "b", "file": "b.html"}
SHOES = {"category": "shoes"}

Logged = tuple[str, float, dict[str, float]]
"""What was shown, its probability, and those of all others."""


def always(_campaign: Campaign, _creative: Creative) -> bool:
    return True


def play(
    campaigns: Sequence[Campaign],
    count: int,
    random: Random,
    block: int = BLOCK,
    pick: Pick | None = None,
) -> list[Choice]:
    """Return the first plays of a stand's rotation."""
    rotation = Rotation(block)
    last = None
    choices = []
    for number in range(count):
        draw = random.random()
        at_ns = at(8 * number)
        choice = rotation.draw(campaigns, STAND, at_ns, always, last, draw, pick)
        last = choice.campaign
        choices.append(choice)
    return choices


def pick_a(
    campaign: Campaign,
    creatives: Sequence[Creative],
    rotated: Creative,
    arm: Arm,
) -> Picked:
    """A policy that shows `a` with three in four, where the campaign learns and may adapt."""
    if campaign.choose == "rotate" or arm == "plain":
        return Picked(rotated, "rotate", make_context(), dict.fromkeys("ab", 0.5))
    return Picked(creatives[0], "learn", make_context(), {"a": 0.75, "b": 0.25})


def name(choice: Choice) -> str:
    return f"{choice.campaign.id}/{choice.creative.id}"


def worst(campaigns: Sequence[Campaign], *, marginal: bool) -> float:
    """Return how far frequencies are from what was logged, in standard deviations.

    Of all histories of up to three plays that came often; `marginal` compares with the shares.
    """
    total = sum(campaign.share for campaign in campaigns)
    shares = {}
    for campaign in campaigns:
        for creative in campaign.creatives:
            share = campaign.share / total / len(campaign.creatives)
            shares[f"{campaign.id}/{creative.id}"] = share
    followed: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    logged: dict[tuple[tuple[str, ...], str], float] = {}
    random = Random(7)
    for _ in range(1_000):
        history: tuple[str, ...] = ()
        for choice in play(campaigns, 4, random, block=4):
            followed[history][name(choice)] += 1
            probability = shares[name(choice)] if marginal else choice.probability
            known = logged.setdefault((history, name(choice)), probability)
            assert known == probability, "the same history has one probability"
            history = (*history, name(choice))
    deviations: list[float] = []
    for (history, what), probability in logged.items():
        times = followed[history].total()
        if times < 60 or probability == 1:
            continue
        spread = sqrt(times * probability * (1 - probability))
        difference = followed[history][what] - times * probability
        deviations.append(abs(difference) / spread)
    assert len(deviations) > 20
    return max(deviations)


@pytest.mark.parametrize("apart", [{}, SHOES])
def test_the_logged_probability_is_the_frequency_given_what_was_shown(
    apart: dict[str, str],
) -> None:
    campaigns = [
        make_campaign("x", A, B, share=0.2, **apart),
        make_campaign("y", share=0.1, **apart),
        make_campaign("z", share=0.1),
    ]
    # Some 50 comparisons: one of them beyond 4.5 by chance has a probability below 0.001.
    assert worst(campaigns, marginal=False) < 4.5


def test_the_share_alone_would_not_be_that_frequency() -> None:
    campaigns = [
        make_campaign("x", A, B, share=0.2),
        make_campaign("y", share=0.1),
        make_campaign("z", share=0.1),
    ]
    assert worst(campaigns, marginal=False) < 4.5
    assert worst(campaigns, marginal=True) > 6


def test_a_draw_tells_of_all_that_was_possible() -> None:
    campaigns = [
        make_campaign("x", A, B, share=0.5),
        make_campaign("y", share=0.5),
    ]
    random = Random(3)
    for choice in play(campaigns, 60, random):
        total = choice.probability + sum(choice.alternatives.values())
        assert total == pytest.approx(1, abs=0.01)
        assert name(choice) not in choice.alternatives


def test_competitors_never_follow_each_other_and_keep_their_shares() -> None:
    campaigns = [
        make_campaign("x", share=0.4, **SHOES),
        make_campaign("y", share=0.4, **SHOES),
        make_campaign("z", share=0.2),
    ]
    choices = play(campaigns, 2_000, Random(5))
    shown = [choice.campaign.id for choice in choices]
    pairs = set(pairwise(shown))
    assert ("x", "y") not in pairs
    assert ("y", "x") not in pairs
    counts = Counter(shown)
    assert set(counts) == {"x", "y", "z"}
    assert abs(counts["x"] - 800) < 20
    assert abs(counts["y"] - 800) < 20


def test_the_house_stands_between_two_that_compete_alone() -> None:
    campaigns = [
        make_campaign("x", share=0.5, **SHOES),
        make_campaign("y", share=0.5, **SHOES),
    ]
    choices = play(campaigns, 200, Random(5))
    between = [choice for choice in choices if choice.campaign.id == "house"]
    assert 0 < len(between) <= 11
    assert {choice.reason for choice in between} == {APART}
    shown = Counter(choice.campaign.id for choice in choices)
    assert abs(shown["x"] - shown["y"]) <= 20


def test_a_campaign_of_lower_priority_stands_between_them() -> None:
    campaigns = [
        make_campaign("x", share=0.5, **SHOES),
        make_campaign("y", share=0.5, **SHOES),
        make_campaign("filler", priority=1),
    ]
    choices = play(campaigns, 200, Random(5))
    shown = Counter(choice.campaign.id for choice in choices)
    assert 0 < shown["filler"] <= 11
    assert shown["house"] == 0


def test_creatives_of_a_campaign_come_alike() -> None:
    choices = play([make_campaign("x", A, B)], 400, Random(2))
    counts = Counter(choice.creative.id for choice in choices)
    # Three standard deviations: each is a draw of its own.
    assert counts["a"] == pytest.approx(200, abs=30)
    assert {choice.probability for choice in choices} == {0.5}


def test_the_house_is_shown_when_nothing_runs() -> None:
    [choice] = play([], 1, Random(1))
    assert (choice.campaign.id, choice.reason) == ("house", "nothing else runs")
    assert choice.probability == 1


# A policy that chooses among the creatives of a campaign


def test_a_policy_chooses_within_the_campaign_that_was_drawn() -> None:
    spring = make_campaign("spring", A, B, share=0.6, choose="learn")
    other = make_campaign("autumn", share=0.4)
    [choice] = play([spring, other], 1, Random(1), pick=pick_a)
    assert name(choice) == "spring/a"
    assert choice.probability == pytest.approx(0.6 * 0.75)
    assert choice.reason == "learned for attention"
    assert choice.picked is not None
    assert choice.picked.probabilities == {"a": 0.75, "b": 0.25}
    assert choice.alternatives == {"autumn/autumn-plain": 0.4, "spring/b": 0.15}


@pytest.mark.parametrize("fields", [{"choose": "learn", "holdout": 1}, {}])
def test_the_rotation_stands_in_plain_slots_and_where_nothing_learns(
    fields: dict[str, Any],
) -> None:
    spring = make_campaign("spring", A, B, **fields)
    plain = play([spring], 60, Random(2))
    choices = play([spring], 60, Random(2), pick=pick_a)
    assert [replace(choice, picked=None) for choice in choices] == plain
    for choice in choices:
        assert choice.picked is not None
        assert choice.picked.probability == choice.probability


def test_a_policy_leaves_the_shares_of_campaigns_as_they_are() -> None:
    spring = make_campaign("spring", A, B, share=0.5, choose="learn")
    other = make_campaign("autumn", share=0.5)
    choices = play([spring, other], 200, Random(3), pick=pick_a)
    counts = Counter(choice.campaign.id for choice in choices)
    assert abs(counts["spring"] - 100) <= BLOCK / 2


def test_a_creative_that_is_alone_is_not_chosen_by_a_policy() -> None:
    [choice] = play([make_campaign("x", A, choose="learn")], 1, Random(1), pick=pick_a)
    assert choice.picked is None
