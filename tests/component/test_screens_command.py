"""The command that gives screens their tokens."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from vitrine.errors import ConfigurationError
from vitrine.services.stand.screens import Screens
from vitrine.services.stand.screens_command import screens as command
from vitrine.stores import screens as stored


@pytest.fixture
def environment(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VITRINE_REDIS_URL", redis_url)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


@pytest.mark.usefixtures("environment")
def test_a_screen_is_added_listed_and_revoked(redis: Redis) -> None:
    added = run("add", "north", "--name", "Entrance [left]")
    assert "takes tokens of its own screens only" in added.output
    lines = added.stdout.splitlines()
    token = lines[1].split()[1]
    [screen] = stored.listed(redis)
    assert Screens([screen]).by_token("north", token) == screen
    again = run("add", "north")
    assert "From now on" not in again.output
    stored.note_uses(redis, {screen.screen_id: 1_800_000_000})
    table = run("list").output
    for words in ("Entrance [left]", "2027-01-15T08:00:00Z", screen.screen_id):
        assert words in table
    assert token not in table
    revoked = run("revoke", screen.screen_id)
    assert f"screen {screen.screen_id} of stand north is revoked" in revoked.output
    first, second = json.loads(run("list", "--json").output)
    assert first["last_used"] == "2027-01-15T08:00:00Z"
    assert first["revoked"] is not None
    assert second["revoked"] is None
    assert second["last_used"] is None


@pytest.mark.usefixtures("environment")
def test_a_record_that_cannot_be_read_is_named_and_can_be_removed(redis: Redis) -> None:
    redis.hset(stored.SCREENS, "c0ffee", "{}")
    listed = run("list")
    assert "`vitrine screens revoke c0ffee` removes it" in str(listed.exception)
    removed = run("revoke", "c0ffee")
    assert removed.output == "what the store had of screen c0ffee is removed\n"
    assert redis.hexists(stored.SCREENS, "c0ffee") is False


@pytest.mark.usefixtures("environment")
def test_what_is_no_screen_and_no_stand_is_refused() -> None:
    unknown = run("revoke", "nothing")
    assert isinstance(unknown.exception, ConfigurationError)
    assert "`vitrine screens list` shows all" in str(unknown.exception)
    wrong = run("add", "no stand")
    assert isinstance(wrong.exception, ConfigurationError)
    assert "is no id of a stand" in str(wrong.exception)
