"""The clock of the stand and of its virtual player is set while they are at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clocks import SetClock
from tests.stand_builders import make_campaign, running_stand, write_creatives
from tests.stand_players import live, until, virtual_player
from vitrine.clock import SECOND_NS
from vitrine.topics import PLAYS

BRIEF = make_campaign(
    "brief",
    {"id": "one", "file": "one.html", "seconds": 1},
    **{"from": "2000-01-01", "to": "2999-12-31"},
)


@pytest.mark.parametrize("step", [-600, -8, 3600])
def test_a_clock_that_is_set_costs_a_virtual_player_no_play(
    tmp_path: Path, redis_url: str, step: int
) -> None:
    write_creatives(tmp_path, BRIEF)
    clock = SetClock()
    with (
        running_stand(tmp_path, redis_url, BRIEF, clock=clock) as stand,
        virtual_player(stand),
    ):
        until(lambda: stand.read(PLAYS), "a play")
        clock.set_by(step)
        known = len(stand.read(PLAYS))
        until(lambda: len(stand.read(PLAYS)) >= known + 4, "plays", limit_s=6)
        plays = stand.read(PLAYS)
        now_ns = clock.now_ns()
        [shown] = live(stand)["stands"]
    assert abs(shown["on_screen"]["since_ns"] - now_ns) < 3 * SECOND_NS
    for play in plays:
        assert play.completed
        assert play.end_ns - play.start_ns == SECOND_NS
    last = plays[-1]
    assert last.doubtful is None
    assert abs(now_ns - last.end_ns) < 3 * SECOND_NS
