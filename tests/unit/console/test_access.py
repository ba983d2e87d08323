"""A one-time token opens the pages for one browser; the operator's token for whoever has it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from fastapi import HTTPException, Request
from pydantic import SecretStr

from vitrine.services.console.access import (
    MOST,
    SESSION_COOKIE,
    Access,
)
from vitrine.web.guard import OPERATOR_COOKIE, PageGuard
from vitrine.web.locked import Locked, Unlocked
from vitrine.web.wrong_tokens import WRONG_A_SECOND

TOKEN = "a long operator token"  # noqa: S105 - of the test


def make_access(token: str | None = None) -> Access:
    secret = None
    if token is not None:
        secret = SecretStr(token)
    return Access(PageGuard(OPERATOR_COOKIE, secret))


def request(token: str = "", bearer: str = "", **cookies: str) -> Request:
    """Return a request with a token in its address, in its header, or with cookies."""
    headers = [(b"authorization", f"Bearer {bearer}".encode())]
    for name, value in cookies.items():
        cookie = f"{name.replace('_', '-')}={value}"
        headers.append((b"cookie", cookie.encode()))
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/cameras",
        "query_string": f"token={token}".encode(),
        "headers": headers,
    }
    return Request(scope)


def enter(access: Access, token: str) -> str:
    """Return the session that a token opens."""
    with pytest.raises(Unlocked) as unlocked:
        access(request(token))
    assert unlocked.value.cookie == SESSION_COOKIE
    assert unlocked.value.max_age_s is None
    return unlocked.value.value


def test_one_time_tokens_are_not_guessed() -> None:
    access = make_access()
    for _ in range(WRONG_A_SECOND):
        with pytest.raises(Locked):
            access(request("a guess"))
    for _ in range(WRONG_A_SECOND):
        # The first ones may have been of the second before.
        with suppress(Locked, HTTPException):
            access(request("a guess"))
    with pytest.raises(HTTPException, match="429"):
        access(request("a guess"))


def test_a_token_opens_once_and_its_session_goes_on() -> None:
    access = make_access()
    token = access.issue()
    session = enter(access, token)
    assert session != token
    access(request(vitrine_console=session))
    with pytest.raises(Locked):
        access(request(token))


@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_without_an_operator_token_nothing_else_opens(token: str) -> None:
    access = make_access()
    access.issue()
    with pytest.raises(Locked):
        access(request(token, bearer=token, vitrine_console=token))


def test_it_knows_whether_anybody_may_have_a_token() -> None:
    assert not make_access().can_open
    assert make_access(TOKEN).can_open
    assert Access(PageGuard(OPERATOR_COOKIE, None), SecretStr("x" * 16)).can_open


def test_a_token_whose_answer_was_lost_opens_again_and_then_for_one_browser() -> None:
    access = make_access()
    token = access.issue()
    lost = enter(access, token)
    kept = enter(access, token)
    access(request(vitrine_console=kept))
    for session in (lost, "", "another"):
        with pytest.raises(Locked):
            access(request(vitrine_console=session))
    with pytest.raises(Locked):
        access(request(token))
    access(request(vitrine_console=kept))


def test_two_tokens_open_for_two_browsers() -> None:
    access = make_access()
    first = enter(access, access.issue())
    second = enter(access, access.issue())
    access(request(vitrine_console=first))
    access(request(vitrine_console=second))


def test_the_operators_token_opens_as_at_the_stand() -> None:
    access = make_access(TOKEN)
    access(request(bearer=TOKEN))
    with pytest.raises(Unlocked) as unlocked:
        access(request(TOKEN.replace(" ", "+")))
    assert unlocked.value.cookie == OPERATOR_COOKIE
    with pytest.raises(Locked):
        access(request(bearer="another"))


def test_a_one_time_token_that_was_given_is_the_first_to_be_issued() -> None:
    given = SecretStr("a token from the settings")
    access = Access(PageGuard(OPERATOR_COOKIE, None), given)
    assert access.issue() == given.get_secret_value()
    assert access.issue() != given.get_secret_value()
    session = enter(access, given.get_secret_value().replace(" ", "+"))
    access(request(vitrine_console=session))
    with pytest.raises(Locked):
        access(request(given.get_secret_value().replace(" ", "+")))


def test_only_the_latest_sessions_are_remembered() -> None:
    access = make_access()
    first = enter(access, access.issue())
    access(request(vitrine_console=first))
    for _ in range(MOST):
        latest = enter(access, access.issue())
        access(request(vitrine_console=latest))
    access(request(vitrine_console=latest))
    with pytest.raises(Locked):
        access(request(vitrine_console=first))
