"""Random crowds: no two values that may be read differ by fewer than k known people."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.release_scenarios import Breach, Scenario
from vitrine.campaigns import advance, ledger, release
from vitrine.campaigns.ledger import Account
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


def forget_until(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let rows of which something is released add people again."""
    take = release.take_rows

    def wrong(change: Change, cell: object, account: Account, until_ns: int) -> None:
        before_ns = account.until_ns
        take(change, cell, account, until_ns)  # type: ignore[arg-type]
        account.until_ns = before_ns

    monkeypatch.setattr(release, "take_rows", wrong)


def count_new_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a name be somebody new for the reach, whoever had it before."""
    monkeypatch.setattr(Change, "rows_released", lambda *_: 0)


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
    "fault", [forget_until, count_new_names, release_corrections, ask_for_fewer]
)
def test_a_wrong_rule_is_found(
    fault: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    assert breaches(range(20)) > 0
