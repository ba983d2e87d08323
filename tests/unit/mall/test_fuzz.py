"""Damaged files are accepted or refused; nothing else happens (benchmarks/config_fuzz.py)."""

from __future__ import annotations

from collections import Counter

from benchmarks.config_fuzz import damaged, outcome

FILES = 1_000


def test_no_damage_gives_another_exception() -> None:
    counts = Counter(outcome(damaged(seed)) for seed in range(FILES))
    assert counts.total() == FILES
    assert counts["accepted"] > 0
    assert counts["refused"] > FILES / 2
