"""Whom the list of screens lets in."""

from __future__ import annotations

from typing import Any

from vitrine.services.stand.screens import Screens
from vitrine.stores.screens import Screen
from vitrine.stores.token_records import token_hash


def make_screen(screen_id: str = "s1", **fields: Any) -> Screen:
    """Return a screen of `north` whose token is `token of` its id."""
    values: dict[str, Any] = {
        "screen_id": screen_id,
        "stand_id": "north",
        "name": "",
        "token_hash": token_hash(f"token of {screen_id}"),
        "added_s": 1_000,
    }
    return Screen(**values | fields)


def test_a_token_opens_its_own_stand() -> None:
    north = make_screen("s1")
    south = make_screen("s2", stand_id="south")
    screens = Screens([north, south])
    assert screens.by_token("north", "token of s1") == north
    assert screens.by_token("south", "token of s1") is None
    assert screens.by_token("north", "token of s2") is None
    assert screens.by_token("north", "") is None
    # What the store holds is no token.
    assert screens.by_token("north", north.token_hash) is None


def test_a_session_is_bound_to_its_screen_and_stand() -> None:
    first = make_screen("s1")
    second = make_screen("s2")
    screens = Screens([first, second])
    value = screens.new_session(first)
    assert screens.by_session("north", value) == first
    assert screens.by_session("south", value) is None
    _, _, session = value.partition(".")
    assert screens.by_session("north", f"s2.{session}") is None
    for wrong in ("", "s1", "s1.", "s1.a.b.c", f"none.{session}"):
        assert screens.by_session("north", wrong) is None


def test_a_session_outlives_a_restart() -> None:
    value = Screens([make_screen()]).new_session(make_screen())
    assert Screens([make_screen()]).by_session("north", value) == make_screen()


def test_streams_of_revoked_and_unknown_screens_may_not_go_on() -> None:
    screens = Screens([make_screen("s1"), make_screen("s2", revoked_s=2_000)])
    assert screens.admits("north", "s1")
    assert not screens.admits("north", "s2")
    assert not screens.admits("north", "s3")
    assert not screens.admits("north", None)
    assert screens.admits("south", None)


def test_a_stand_whose_screens_are_all_revoked_still_has_its_own_door() -> None:
    screens = Screens([make_screen(revoked_s=2_000)])
    assert screens.guard("north")
    assert not screens.guard("south")
