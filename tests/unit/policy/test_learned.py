"""What is learned, what fades, and what stands tell each other."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.builders import T0_NS
from tests.policy_builders import ALONE, taught
from vitrine.policy.learned import HALF_LIFE_NS, HOUR_NS, Learned, pooled

GOOD = [("a", 1.0), ("b", 0.0)] * 40


def test_without_plays_all_come_alike() -> None:
    found = Learned(goal="touch").probabilities(["a", "b"], ALONE, {})
    assert found == pytest.approx({"a": 0.5, "b": 0.5})


def test_the_better_creative_comes_more_often() -> None:
    found = taught(GOOD).probabilities(["a", "b"], ALONE, {})
    assert found == pytest.approx({"a": 0.95, "b": 0.05}, abs=1e-3)


def test_the_best_one_depends_on_the_context() -> None:
    learned = Learned(goal="touch")
    morning = (1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    evening = (1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for _ in range(100):
        learned.learn("a", morning, 1.0, T0_NS)
        learned.learn("b", morning, 0.0, T0_NS)
        learned.learn("a", evening, 0.0, T0_NS)
        learned.learn("b", evening, 1.0, T0_NS)
    assert learned.probabilities(["a", "b"], morning, {})["a"] > 0.9
    assert learned.probabilities(["a", "b"], evening, {})["b"] > 0.9


def test_after_a_half_life_a_play_says_half_as_much() -> None:
    learned = taught([("a", 1.0)])
    learned.learn("b", ALONE, 0.0, T0_NS + HALF_LIFE_NS)
    assert learned.creatives["a"].plays == pytest.approx(0.5)
    assert learned.creatives["b"].plays == 1.0
    assert learned.mean == pytest.approx(0.5 / 1.5)


def test_the_order_of_rewards_does_not_count() -> None:
    plays = [("a", 1.0, 0), ("b", 0.0, 5), ("a", 0.5, 30), ("b", 1.0, 200)]
    forward = Learned(goal="touch", as_of_ns=T0_NS)
    backward = Learned(goal="touch", as_of_ns=T0_NS)
    for creative_id, reward, hour in plays:
        forward.learn(creative_id, ALONE, reward, T0_NS + hour * HOUR_NS)
    for creative_id, reward, hour in reversed(plays):
        backward.learn(creative_id, ALONE, reward, T0_NS + hour * HOUR_NS)
    for name in ("a", "b"):
        one = forward.creatives[name]
        other = backward.creatives[name]
        assert one.moments == pytest.approx(other.moments)
        assert one.gram == pytest.approx(other.gram)


def test_creatives_that_are_gone_are_forgotten() -> None:
    learned = taught(GOOD)
    learned.keep_only(["b", "c"])
    assert list(learned.creatives) == ["b"]


def test_a_new_stand_begins_with_what_others_know() -> None:
    pool = pooled([taught(GOOD)], T0_NS)
    found = Learned(goal="touch").probabilities(["a", "b"], ALONE, pool)
    assert found["a"] > 0.85


def test_own_plays_overrule_those_of_others() -> None:
    contrary = pooled([taught([("a", 0.0), ("b", 1.0)] * 5000)], T0_NS)
    found = taught([("a", 1.0), ("b", 0.0)] * 200).probabilities(
        ["a", "b"], ALONE, contrary
    )
    assert found["a"] > 0.9


def test_a_busy_stand_does_not_make_its_creatives_look_better() -> None:
    # The quiet one knows `a` to be better; at the busy one `b` is a little worse than the mean.
    busy = taught([("b", 0.8), ("c", 0.9)] * 40)
    quiet = taught([("a", 0.2), ("b", 0.1)] * 40)
    pool = pooled([busy, quiet], T0_NS)
    found = Learned(goal="touch").beliefs(["a", "b"], ALONE, pool)
    assert found["a"].mean > 0 > found["b"].mean


def test_what_others_knew_long_ago_has_faded() -> None:
    pool = pooled([taught([("a", 1.0)])], T0_NS + 2 * HALF_LIFE_NS)
    assert pool["a"].plays == pytest.approx(0.25)


def test_what_was_learned_survives_as_text() -> None:
    learned = taught(GOOD)
    text = learned.model_dump_json()
    assert Learned.model_validate_json(text) == learned
    # Seven features: small, however many plays.
    assert len(text) < 600


def test_another_version_is_not_read() -> None:
    text = taught(GOOD).model_dump_json().replace('"version":1', '"version":2')
    with pytest.raises(ValidationError):
        Learned.model_validate_json(text)
