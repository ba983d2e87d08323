"""A report is due ten seconds after the end of a play."""

from __future__ import annotations

import pytest

from vitrine.services.stand.due_plays import PATIENCE_S, DuePlays


def told(*plays: tuple[str, float, bool]) -> DuePlays:
    """A player that was told of plays of eight seconds: id, second of the command, cut."""
    due = DuePlays()
    for play_id, now_s, cut in plays:
        due.expect(play_id, 8, now_s, cut=cut)
    return due


def test_without_a_command_nothing_is_late() -> None:
    assert not DuePlays().late(1e9)


@pytest.mark.parametrize(("now_s", "late"), [(18, False), (18.1, True)])
def test_a_report_has_ten_seconds_after_the_end(now_s: float, late: bool) -> None:
    assert PATIENCE_S == 10
    assert told(("a", 0, False)).late(now_s) is late


def test_a_play_follows_the_one_before_it() -> None:
    due = told(("a", 0, False), ("b", 6.5, False))
    due.reported("a")
    assert not due.late(26)
    assert due.late(26.1)


def test_a_cut_starts_at_once() -> None:
    due = told(("a", 0, False), ("b", 4, True))
    due.reported("a")
    assert due.late(22.1)


def test_a_report_settles_the_plays_before_it() -> None:
    due = told(("a", 0, False), ("b", 6.5, False))
    due.reported("b")
    assert not due.late(1e9)


def test_a_report_of_an_older_play_settles_nothing() -> None:
    due = told(("a", 0, False))
    due.reported("of yesterday")
    assert due.late(18.1)


def test_what_is_cleared_is_not_due() -> None:
    due = told(("a", 0, False))
    due.clear()
    assert not due.late(1e9)
