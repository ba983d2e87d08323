"""Random crowds: no two values that may be read differ by fewer than k known people."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.release_scenarios import Breach, Scenario
from vitrine.campaigns import advance, ledger, release
from vitrine.campaigns.stand import Change


def breaches(seeds: range) -> int:
    found = 0
    for seed in seeds:
        try:
            Scenario(seed).run()
        except Breach:
            found += 1
    return found


def test_no_step_concerns_fewer_people_whatever_happens() -> None:
    steps = 0
    for seed in range(100):
        scenario = Scenario(seed)
        scenario.run()
        steps += scenario.reader.steps
    assert steps > 400


@pytest.mark.parametrize("seed", [1618, 1845, 5342, 9780])
def test_the_reach_holds_where_it_once_did_not(seed: int) -> None:
    Scenario(seed).run()


def forget_until(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rows of which something is released add people again."""
    step = release.release_people

    def wrong(change: Change, campaigns: set[str], until_ns: int) -> None:
        step(change, campaigns, until_ns)
        for campaign in campaigns:
            for account in change.ledger(campaign).accounts.values():
                account.until_ns = 0

    monkeypatch.setattr(advance, "release_people", wrong)


def forget_the_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rows that are in the reach wait for it again."""
    monkeypatch.setattr(release, "take_rows", lambda *_: None)


def count_new_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a name be somebody new for the reach, whoever had it before."""
    monkeypatch.setattr(Change, "rows_reached", lambda *_: 0)


def release_corrections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a figure of people go out with the plays, by the hour."""
    monkeypatch.setattr(ledger, "IMPERSONAL", (*ledger.IMPERSONAL, "dwell_ns"))


def ask_for_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step be one person short."""
    step = release.release_people

    def wrong(change: Change, campaigns: set[str], until_ns: int) -> None:
        change.k_anonymity -= 1
        step(change, campaigns, until_ns)
        change.k_anonymity += 1

    monkeypatch.setattr(advance, "release_people", wrong)


@pytest.mark.parametrize(
    "fault",
    [
        forget_until,
        forget_the_reach,
        count_new_names,
        release_corrections,
        ask_for_fewer,
    ],
)
def test_a_wrong_rule_is_found(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    assert breaches(range(20)) > 0
