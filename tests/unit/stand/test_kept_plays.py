"""Plays that nobody has acknowledged survive the player's process."""

from __future__ import annotations

from pathlib import Path

from tests.builders import at
from vitrine.programme.commands import PlayReport
from vitrine.services.stand.kept_plays import KeptPlays


def report(number: int) -> PlayReport:
    return PlayReport(
        play_id=f"p.{number}",
        token="t",  # noqa: S106
        start_ns=at(0),
        end_ns=at(8),
        completed=True,
    )


def kept(path: Path) -> list[str]:
    plays = KeptPlays(path)
    plays.load()
    batch = plays.next(0, 50)
    return [r.play_id for r in batch[1]] if batch else []


def test_what_was_not_dropped_is_there_after_a_restart(tmp_path: Path) -> None:
    plays = KeptPlays(tmp_path / "plays")
    for number in range(3):
        plays.add("north", report(number))
    plays.drop(["p.1"])
    assert kept(tmp_path / "plays") == ["p.0", "p.2"]


def test_a_line_cut_off_by_a_crash_is_dropped(tmp_path: Path) -> None:
    plays = KeptPlays(tmp_path / "plays")
    plays.add("north", report(0))
    with (tmp_path / "plays").open("a") as file:
        file.write('north {"play_id": "p.1", "tok')
    assert kept(tmp_path / "plays") == ["p.0"]
    plays.add("north", report(2))
    assert kept(tmp_path / "plays") == ["p.0", "p.2"]


def test_a_batch_is_of_one_stand_and_bounded(tmp_path: Path) -> None:
    plays = KeptPlays(None)
    for number, stand in enumerate(["north", "south", "north", "north"]):
        plays.add(stand, report(number))
    batch = plays.next(0, 2)
    assert batch is not None
    assert batch[0] == "north"
    assert [r.play_id for r in batch[1]] == ["p.0", "p.2"]


def test_nothing_kept_gives_nothing() -> None:
    assert KeptPlays(None).next(0, 10) is None
