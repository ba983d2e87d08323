"""The short form of benchmarks/decisions: what is decided holds, and the audit can fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from benchmarks.decisions.audit import SHARES, Findings, audit
from benchmarks.decisions.scenario import mall_of
from benchmarks.decisions.simulation import Shown, simulate
from vitrine.clock import SECOND_NS

HOUR_NS = 3600 * SECOND_NS


@cache
def decided() -> Sequence[Shown]:
    """Return what a stand in Auckland decides in the evenings of two days."""
    mall = mall_of(4)
    return tuple(simulate(mall, mall.stands[3], days=2, seed=1, open_ns=3 * HOUR_NS))


def problems(shown: Sequence[Shown]) -> list[str]:
    findings = Findings()
    audit(shown, "Pacific/Auckland", findings)
    assert findings.plays == len(shown)
    return findings.problems()


def first(campaign: str) -> Shown:
    """Return the first play of a campaign in its turn."""
    for play in decided():
        command = play.command
        if command.campaign_id == campaign and command.reason == "rotation":
            return play
    raise AssertionError(campaign)


def moved(play: Shown, moment: str) -> Shown:
    at_s = round(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp())
    return replace(play, start_ns=at_s * SECOND_NS)


def test_shares_caps_hours_and_probabilities_hold() -> None:
    findings = Findings()
    audit(decided(), "Pacific/Auckland", findings)
    assert findings.problems() == []
    assert findings.responses > 10
    assert findings.cuts > 10
    assert set(findings.counts) >= set(SHARES) - {"dark"}
    # Blocks leave something to chance.
    assert findings.guessed < 0.6 * findings.rotation


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda: [first("shoes"), first("boots")], "1 competitors"),
        (lambda: [first("hourly")] * 13, "1 plays over the cap of an hour"),
        (
            lambda: [replace(first("seldom"), looked={"ada"}), first("rare")] * 3,
            "1 looks over the cap of a visitor",
        ),
        (lambda: [moved(first("dark"), "2027-03-26T02:00")], "1 plays on blackout"),
        (
            lambda: [moved(first("evening"), "2027-03-12T01:00")],
            "1 plays outside of their hours",
        ),
        (lambda: [replace(first("rare"), cut=True)] * 7, "1 cuts over"),
        (lambda: [first("rare")] * 30, "rare was 29.7 plays from its share"),
    ],
)
def test_the_audit_sees_what_must_not_be(
    damage: Callable[[], list[Shown]], expected: str
) -> None:
    found = problems(damage())
    assert any(each.startswith(expected) for each in found), found


def test_the_audit_sees_an_answer_in_a_plain_slot() -> None:
    play = first("rare")
    command = play.command.model_copy(update={"arm": "plain", "responds": True})
    assert "1 answers in plain slots" in problems([replace(play, command=command)])


def test_the_audit_sees_a_plain_slot_that_goes_on_to_something_else() -> None:
    play = first("shoes")
    shoes = play.command.model_copy(update={"arm": "plain"})
    reason = "somebody is engaged: next after shoes"
    rare = first("rare").command.model_copy(
        update={"reason": reason, "slot_ns": shoes.slot_ns}
    )
    shown = [replace(play, command=command) for command in (shoes, rare)]
    assert "1 answers in plain slots" in problems(shown)


def test_the_audit_sees_a_probability_that_is_the_share_alone() -> None:
    """Shares fit as a whole; what was shown before tells that they are not the chances."""
    damaged = []
    for play in decided():
        chances = {f"{name}/x": share for name, share in SHARES.items()}
        own = chances.pop(f"{play.command.campaign_id}/x", 1.0)
        update = {"probability": own, "alternatives": chances}
        command = play.command.model_copy(update=update)
        damaged.append(replace(play, command=command))
    assert any("deviations from its chances" in each for each in problems(damaged))
