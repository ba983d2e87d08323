"""One player shows a stand's plays; connections end for a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from prometheus_client import REGISTRY
from pydantic import BaseModel

from tests.stand_builders import make_command, make_report
from vitrine.programme.commands import PlayerKind
from vitrine.services.stand.protocol import KeptRefusals, PlayReports
from vitrine.services.stand.switchboard import (
    LONGEST_QUEUE,
    Connection,
    Submission,
    Switchboard,
)


class Nothing(BaseModel):
    """An event without content."""


def joined(
    switchboard: Switchboard, player_id: str, kind: PlayerKind = "page"
) -> Connection:
    return switchboard.join("north", kind, player_id, asyncio.get_running_loop())


def in_loop(test: Callable[[Switchboard], Awaitable[None]]) -> None:
    """Runs a test inside an event loop, as the web server does."""

    async def run() -> None:
        await test(Switchboard())

    asyncio.run(run())


def test_the_first_page_is_in_charge_before_any_virtual_player() -> None:
    async def check(switchboard: Switchboard) -> None:
        assert switchboard.in_charge("north") is None
        virtual = joined(switchboard, "v", "virtual")
        assert switchboard.in_charge("north") is virtual
        first = joined(switchboard, "p1")
        second = joined(switchboard, "p2")
        assert switchboard.in_charge("north") is first
        switchboard.leave(first)
        assert switchboard.in_charge("north") is second
        assert switchboard.in_charge("south") is None

    in_loop(check)


def keep_silent(switchboard: Switchboard, connection: Connection) -> None:
    """Let the report of a play be overdue."""
    command = make_command(seconds=-60)
    switchboard.expect(connection, command, cut=False)


def test_a_player_that_does_not_report_its_plays_gives_way_to_the_next() -> None:
    async def check(switchboard: Switchboard) -> None:
        first = joined(switchboard, "p1")
        second = joined(switchboard, "p2")
        keep_silent(switchboard, first)
        assert switchboard.in_charge("north") is second
        assert first.silent
        switchboard.leave(second)
        assert switchboard.in_charge("north") is first

    in_loop(check)


def test_a_player_that_reports_again_waits_behind_the_one_that_took_over() -> None:
    async def check(switchboard: Switchboard) -> None:
        first = joined(switchboard, "p1")
        second = joined(switchboard, "p2")
        keep_silent(switchboard, first)
        assert switchboard.in_charge("north") is second
        switchboard.heard("north", "p1", "p1.of-before")
        assert not first.silent
        assert switchboard.in_charge("north") is second
        keep_silent(switchboard, second)
        assert switchboard.in_charge("north") is first

    in_loop(check)


def test_a_page_that_reports_again_takes_over_from_the_virtual_player() -> None:
    async def check(switchboard: Switchboard) -> None:
        virtual = joined(switchboard, "v", "virtual")
        page = joined(switchboard, "p1")
        keep_silent(switchboard, page)
        assert switchboard.in_charge("north") is virtual
        switchboard.heard("north", "p1", "p1.of-before")
        assert switchboard.in_charge("north") is page

    in_loop(check)


def test_a_player_that_reports_in_time_stays_in_charge() -> None:
    async def check(switchboard: Switchboard) -> None:
        first = joined(switchboard, "page-1")
        joined(switchboard, "p2")
        keep_silent(switchboard, first)
        switchboard.heard("north", "page-1", make_command().play_id)
        assert switchboard.in_charge("north") is first

    in_loop(check)


def test_a_player_that_comes_again_still_owes_its_reports() -> None:
    async def check(switchboard: Switchboard) -> None:
        older = joined(switchboard, "p1")
        keep_silent(switchboard, older)
        newer = joined(switchboard, "p1")
        assert switchboard.in_charge("north") is newer
        assert newer.silent

    in_loop(check)


def test_the_same_player_again_ends_its_older_stream() -> None:
    async def check(switchboard: Switchboard) -> None:
        older = joined(switchboard, "p")
        newer = joined(switchboard, "p")
        assert switchboard.in_charge("north") is newer
        replaced = await older.queue.get()
        assert replaced is not None
        assert replaced.event == "replaced"
        assert await older.queue.get() is None

    in_loop(check)


def test_a_stream_that_takes_nothing_is_given_up() -> None:
    async def check(switchboard: Switchboard) -> None:
        stuck = joined(switchboard, "p")
        for _ in range(LONGEST_QUEUE + 2):
            switchboard.tell("north", "state", Nothing())
            await asyncio.sleep(0)
        assert stuck.closed
        assert switchboard.in_charge("north") is None

    in_loop(check)


def test_players_of_a_stand_that_moved_away_are_sent_to_look_for_it() -> None:
    async def check(switchboard: Switchboard) -> None:
        switchboard.serve({"north"})
        connection = joined(switchboard, "p")
        switchboard.serve({"south"})
        assert await connection.queue.get() is None
        assert not switchboard.serves("north")

    in_loop(check)


def test_closing_ends_streams_and_turns_reports_away() -> None:
    async def check(switchboard: Switchboard) -> None:
        connection = joined(switchboard, "p")
        waiting = Submission()
        late = Submission()
        switchboard.submit(waiting)
        switchboard.close()
        switchboard.submit(late)
        assert await connection.queue.get() is None
        assert await joined(switchboard, "q").queue.get() is None
        assert waiting.durable.cancelled()
        assert late.durable.cancelled()

    in_loop(check)


def test_a_server_that_ends_leaves_no_player_in_the_figures() -> None:
    async def check(switchboard: Switchboard) -> None:
        before = players()
        for player_id in ("p", "q"):
            joined(switchboard, player_id)
        assert players() == before + 2
        switchboard.close()
        assert players() == before

    in_loop(check)


def players() -> float:
    """Pages that are connected to `north`."""
    labels = {"stand": "north", "player": "page"}
    return REGISTRY.get_sample_value("vitrine_players", labels) or 0


def test_what_a_player_keeps_is_said_of_no_other_and_survives_a_reconnect() -> None:
    async def check(switchboard: Switchboard) -> None:
        first = joined(switchboard, "p")
        waiting = joined(switchboard, "q")
        refused = KeptRefusals(count=2, reasons=["used"])
        report = make_report(play_id="q.feed")
        told = PlayReports(plays=[report], kept=False, refused=refused)
        switchboard.keeps("north", told)
        assert first.keeps
        assert first.refused is None
        assert not waiting.keeps
        again = joined(switchboard, "q")
        assert not again.keeps
        assert again.refused == refused

    in_loop(check)
