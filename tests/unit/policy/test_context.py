"""What is known at a choice, and the features that the model makes of it."""

from __future__ import annotations

import pytest

from tests.builders import T0_NS, make_person
from tests.policy_builders import make_context
from vitrine.policy.context import NAMES, context_of, features
from vitrine.schemas import ChoiceContext


def test_a_context_counts_people_at_the_hour_of_the_stand() -> None:
    people = [make_person("a", attending=True), make_person("b", attending=False)]
    assert context_of(people, T0_NS, "Asia/Kolkata") == ChoiceContext(
        hour=13.5, people=2, attending=0.5
    )


def test_a_context_leaves_children_out_and_knows_who_came_together() -> None:
    people = [
        make_person("a", attending=True, group=3),
        make_person("b", attending=False),
        make_person("c", attending=True, group=3, child=True),
    ]
    assert context_of(people, T0_NS, "UTC") == ChoiceContext(
        hour=8.0, people=2, attending=0.5, grouped=0.5
    )


def test_with_nobody_there_nobody_attends() -> None:
    assert context_of([], T0_NS, "UTC") == ChoiceContext(
        hour=8.0, people=0, attending=0.0
    )


def test_each_feature_has_its_place() -> None:
    context = make_context(hour=6.0, grouped=0.25, positive=0.75)
    found = dict(zip(NAMES, features(context), strict=True))
    assert found == pytest.approx(
        {
            "base": 1,
            "hour-sine": 1,
            "hour-cosine": 0,
            "people": 0.4,
            "attending": 0.5,
            "grouped": 0.25,
            "positive": 0.75,
        }
    )


def test_midnight_is_near_the_evening_and_the_morning() -> None:
    late = features(make_context(hour=23.99))
    early = features(make_context(hour=0.0))
    assert late == pytest.approx(early, abs=0.01)


def test_a_crowd_counts_as_five() -> None:
    assert features(make_context(people=200)) == features(make_context(people=5))
