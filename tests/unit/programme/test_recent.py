"""Ids seen lately are remembered up to a bound."""

from __future__ import annotations

from vitrine.programme.recent import RecentIds


def test_the_one_added_first_is_forgotten_first() -> None:
    recent = RecentIds(2)
    for name in ("a", "b", "c"):
        recent.add(name)
    assert list(recent) == ["b", "c"]
    assert "a" not in recent
    assert "b" in recent


def test_adding_again_forgets_nobody_and_keeps_the_place() -> None:
    recent = RecentIds(2)
    for name in ("a", "b", "a"):
        recent.add(name)
    assert list(recent) == ["a", "b"]


def test_an_id_can_be_forgotten_whether_it_is_there_or_not() -> None:
    recent = RecentIds(2)
    recent.add("a")
    recent.discard("a")
    recent.discard("never")
    assert list(recent) == []
