"""The board hands out the newest of each camera, never a queue."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from tests.console_builders import HandClock, opened
from vitrine.services.console import board as boards
from vitrine.services.console.board import Board

ROSTER = [{"id": "a", "stand_id": "north"}, {"id": "b", "stand_id": "south"}]


def make_board(clock: HandClock | None = None) -> Board:
    """Return a board of the cameras `a` and `b`."""
    clock = clock or HandClock()
    board = Board(clock, lambda: 1_500_000, pictures=True)
    board.enlist(ROSTER)
    return board


def post(board: Board, camera: str, word: str, jpeg: bytes = b"") -> None:
    view = {"id": camera, "word": word, "jpeg_bytes": len(jpeg)}
    board.post(camera, json.dumps(view).encode(), jpeg)


def news(
    board: Board,
    after: int = 0,
    limit_s: float = 0.0,
    stand_id: str = "",
) -> tuple[dict[str, Any], list[bytes]]:
    return opened(asyncio.run(board.news(after, limit_s, stand_id)))


def words(head: dict[str, Any]) -> list[str]:
    return [view["word"] for view in head["views"]]


def test_an_answer_holds_the_newest_view_of_each_camera_with_its_picture() -> None:
    board = make_board()
    post(board, "a", "old", b"old")
    post(board, "b", "other", b"")
    post(board, "a", "new", b"jpeg")
    head, jpegs = news(board)
    assert words(head) == ["other", "new"]
    assert jpegs == [b"", b"jpeg"]
    assert head["now_ms"] == 1.5
    assert head["pictures"] is True


def test_who_has_seen_it_gets_only_what_is_newer() -> None:
    board = make_board()
    post(board, "a", "seen")
    head, _ = news(board)
    post(board, "b", "new")
    later, _ = news(board, head["version"])
    assert words(later) == ["new"]
    last, _ = news(board, later["version"])
    assert (words(last), last["version"]) == ([], later["version"])


def test_who_asks_late_gets_the_newest_and_nothing_in_between() -> None:
    board = make_board()
    for number in range(1000):
        post(board, "a", str(number), b"x" * 1000)
    head, jpegs = news(board)
    assert words(head) == ["999"]
    assert len(jpegs) == 1
    assert board.held_bytes() < 1100


def test_a_version_of_an_earlier_process_has_seen_nothing() -> None:
    board = make_board()
    post(board, "a", "first")
    head, _ = news(board, after=4711)
    assert words(head) == ["first"]
    assert head["version"] == 1


def test_a_large_answer_is_closed_and_the_rest_comes_next() -> None:
    board = make_board()
    large = bytes(boards.ANSWER_BYTES // 2 + 1)
    post(board, "a", "first", large)
    post(board, "b", "second", large)
    head, jpegs = news(board)
    assert (words(head), len(jpegs)) == (["first"], 1)
    post(board, "a", "third", large)
    head, _ = news(board, head["version"])
    assert words(head) == ["second"]


def test_it_waits_for_news_and_answers_when_they_come() -> None:
    board = make_board()

    async def ask() -> bytes:
        waiting = asyncio.create_task(board.news(0, limit_s=20))
        await asyncio.sleep(0)
        post(board, "a", "news")
        board.wake()
        return await waiting

    started = time.monotonic()
    head, _ = opened(asyncio.run(ask()))
    assert words(head) == ["news"]
    assert time.monotonic() - started < 10


def test_it_answers_without_news_after_the_limit() -> None:
    head, _ = news(make_board(), limit_s=0.01)
    assert words(head) == []
    assert head["cameras"] == [
        ROSTER[0] | {"quiet_s": None},
        ROSTER[1] | {"quiet_s": None},
    ]


def test_a_closed_board_keeps_nobody_waiting() -> None:
    board = make_board()

    async def ask() -> bytes:
        waiting = asyncio.create_task(board.news(0, limit_s=20))
        await asyncio.sleep(0)
        board.close()
        await waiting
        return await board.news(0, limit_s=20)

    started = time.monotonic()
    asyncio.run(ask())
    assert time.monotonic() - started < 10


def test_a_view_is_dropped_when_nothing_newer_comes() -> None:
    clock = HandClock()
    board = make_board(clock)
    post(board, "a", "word", b"jpeg")
    clock.now_s = 4.0
    board.drop_old()
    head, _ = news(board)
    assert (words(head), head["cameras"][0]["quiet_s"]) == (["word"], 4.0)
    clock.now_s = 5.1
    board.drop_old()
    assert board.held_bytes() == 0
    head, _ = news(board)
    assert (words(head), head["cameras"][0]["quiet_s"]) == ([], None)


def test_a_camera_that_is_not_configured_any_more_is_dropped() -> None:
    board = make_board()
    post(board, "a", "gone", b"jpeg")
    board.enlist([{"id": "b"}])
    head, _ = news(board)
    assert words(head) == []
    assert [camera["id"] for camera in head["cameras"]] == ["b"]


def test_who_asks_for_a_stand_gets_its_cameras_only() -> None:
    board = make_board()
    post(board, "a", "of north", b"jpeg")
    post(board, "b", "of south", b"jpeg")
    head, jpegs = news(board, stand_id="south")
    assert [camera["id"] for camera in head["cameras"]] == ["b"]
    assert words(head) == ["of south"]
    assert jpegs == [b"jpeg"]


def test_news_of_other_stands_wake_nobody() -> None:
    board = make_board()

    async def ask() -> bytes:
        waiting = asyncio.create_task(board.news(0, 20, "south"))
        for _ in range(5):
            post(board, "a", "of north")
            board.wake()
            await asyncio.sleep(0)
        assert not waiting.done()
        post(board, "b", "of south")
        board.wake()
        return await waiting

    head, _ = opened(asyncio.run(ask()))
    assert words(head) == ["of south"]
