"""Effects in words, and what to do next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.effects.seen import make_slot
from vitrine.effects.effect import ArmTotal, Effect, effect
from vitrine.effects.findings import finding, remarks
from vitrine.effects.outcomes import (
    ATTENTION,
    OWN_ATTENTION,
    REDEMPTIONS,
    TRAFFIC,
    Outcome,
)
from vitrine.effects.outlook import detectable, outlook, slots_needed
from vitrine.effects.table import table_of

ARM = ArmTotal(
    slots=300,
    slots_with=200,
    slots_of_outcome=150,
    visitors=900,
    mean=2.0,
)


def make_effect(
    lower: float,
    upper: float,
    outcome: Outcome = ATTENTION,
) -> Effect:
    """Return an effect with this interval, beside 2 of the outcome in plain slots."""
    return Effect(
        outcome=outcome,
        adaptive=ARM,
        plain=ARM,
        estimate=(lower + upper) / 2,
        error=(upper - lower) / 6,
        freedom=300.0,
        lower=lower,
        upper=upper,
    )


@pytest.mark.parametrize(
    ("lower", "upper", "text", "advice"),
    [
        (
            0.1,
            0.7,
            "Adapting adds 0.40 s of attention to the stand a visitor.",
            "Keep adapting, and a holdout, to see when it stops working.",
        ),
        (
            -0.7,
            -0.1,
            "Adapting takes 0.40 s of attention to the stand a visitor away.",
            "Stop adapting, or change its rules.",
        ),
        (
            -0.05,
            0.15,
            "Adapting adds less than 0.20 s of attention to the stand a visitor, if anything.",
            "Stop this test, and try other rules, creatives or offers.",
        ),
    ],
)
def test_a_finding_says_what_the_interval_excludes(
    lower: float,
    upper: float,
    text: str,
    advice: str,
) -> None:
    found = finding(make_effect(lower, upper))
    assert found.text.startswith(text)
    assert found.advice == advice


def test_an_open_finding_tells_interval_and_slots_needed() -> None:
    found = finding(make_effect(-0.25, 0.55))
    assert found.text == (
        "No effect on attention to the stand is shown so far. The estimate is +0.15 s a visitor, "
        "between −0.25 s and +0.55 s (95 %, at every look), beside 2.00 s in plain slots."
    )
    needed = slots_needed(make_effect(-0.25, 0.55), 0.2)
    assert needed is not None
    assert (
        f"Some {needed:,} more slots would find an effect of 0.20 s of attention"
        in found.advice
    )


def test_after_the_slots_needed_the_relevant_effect_is_detectable() -> None:
    found = make_effect(-0.25, 0.55)
    needed = slots_needed(found, 0.2)
    assert needed is not None
    # A third of the slots is empty.
    count = found.observed + round(needed * 2 / 3)
    assert detectable(found, count + 1) <= 0.2
    assert detectable(found, count - 2) > 0.2
    assert slots_needed(found, 10.0) == 0


def test_what_would_take_ten_years_is_not_planned() -> None:
    found = finding(make_effect(-0.25, 0.55), relevant=1e-6)
    assert found.advice == (
        "An effect of 0.00 s of attention to the stand will not be found here: change more at once."
    )


def test_what_has_no_unit_is_counted() -> None:
    found = finding(make_effect(0.1, 0.7, REDEMPTIONS))
    assert found.text.startswith("Adapting adds 0.4000 redemptions a visitor.")


def test_a_named_relevant_effect_decides_what_is_futile() -> None:
    ahead = outlook(make_effect(-0.05, 0.15), relevant=0.1)
    assert ahead is not None
    assert ahead.verdict == "open"


def test_silence_says_why_and_what_to_do() -> None:
    found = finding(effect(table_of([make_slot()]), ATTENTION))
    assert found.text == (
        "Nothing can be said of attention to the stand yet: "
        "1 adaptive slots with people; at least 20 of each arm are needed."
    )
    assert found.advice == "Wait, or give the adaptive arm more slots."


def test_attention_that_only_moves_is_told() -> None:
    own = make_effect(0.1, 0.7, OWN_ATTENTION)
    unclear = make_effect(-0.3, 0.5)
    gained = make_effect(0.1, 0.9)
    assert "may come from other campaigns" in remarks([own, unclear])[0]
    assert remarks([own, gained]) == []


def test_a_crowd_that_differs_between_the_arms_is_told() -> None:
    traffic = make_effect(-0.9, -0.1, TRAFFIC)
    assert remarks([traffic])[0].startswith(
        "Fewer people are present in adaptive slots. The estimate is −0.50 a slot"
    )
    assert remarks([replace(traffic, upper=0.1)]) == []
