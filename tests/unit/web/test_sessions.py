"""Cookies that stand for a token."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from vitrine.web.sessions import DAY_S, DAYS, MOST_ENDED, EndedSessions, Sessions

TOKEN = "a secret of the house"  # noqa: S105 - of the test


class HandClock:
    now_s = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


def make_sessions(
    cookie: str = "vitrine-operator",
    token: str = TOKEN,
    clock: HandClock | None = None,
) -> Sessions:
    return Sessions(cookie, SecretStr(token), clock or HandClock())


def test_a_session_is_good_at_every_process_with_the_token() -> None:
    value = make_sessions().new()
    assert make_sessions().admits(value)
    assert TOKEN not in value
    assert make_sessions().new() != value


def test_a_session_is_for_one_cookie_and_one_token() -> None:
    value = make_sessions().new()
    assert not make_sessions(cookie="vitrine-player").admits(value)
    assert not make_sessions(token=f"{TOKEN}s").admits(value)


def test_a_session_ends() -> None:
    clock = HandClock()
    sessions = make_sessions(clock=clock)
    value = sessions.new()
    clock.now_s += DAYS * DAY_S - 1
    assert sessions.admits(value)
    clock.now_s += 1
    assert not sessions.admits(value)


@pytest.mark.parametrize(
    "value", ["", ".", "..", TOKEN, "a.b.c", "é.1.é", "1.9999999999."]
)
def test_nothing_else_is_a_session(value: str) -> None:
    assert not make_sessions().admits(value)


def test_a_session_with_a_later_end_is_refused() -> None:
    number, ends_s, signature = make_sessions().new().split(".")
    later = f"{number}.{int(ends_s) + 1}.{signature}"
    assert not make_sessions().admits(later)


def test_of_the_ended_sessions_the_latest_are_remembered() -> None:
    ended = EndedSessions()
    for number in range(MOST_ENDED + 1):
        ended.add(str(number))
    assert "0" not in ended
    assert "1" in ended
    assert str(MOST_ENDED) in ended
