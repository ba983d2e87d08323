"""Other signage systems of the site are told who is there now, and nobody else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stand_builders import running_stand
from tests.stand_players import SPRING, look, until
from vitrine.services.stand import audience_out

TOKEN = "the token of other players"  # noqa: S105
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def test_a_player_of_the_site_is_told_the_moment(folder: Path, redis_url: str) -> None:
    with running_stand(folder, redis_url, SPRING, audience_token=TOKEN) as stand:

        def now() -> object:
            return stand.http.get("/audience/north", headers=BEARER).json()

        unknown = {"zone": "north", "count": None, "attending": None, "interest": None}
        until(lambda: now() == unknown, "the stand to be served")
        look(stand, 0, 1, track="a", score=45)
        some = {"zone": "north", "count": 1, "attending": 1, "interest": "some"}
        until(lambda: now() == some, "the person")
        look(stand, 1, 2)
        nobody = {"zone": "north", "count": 0, "attending": 0, "interest": "none"}
        until(lambda: now() == nobody, "the person to have left")
        path = "/audience/nowhere"
        assert stand.http.get(path, headers=BEARER).status_code == 404


def test_who_is_outside_or_has_no_token_is_told_nothing(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_stand(folder, redis_url, SPRING, audience_token=TOKEN) as stand:

        def status(**headers: str) -> int:
            return stand.http.get("/audience/north", headers=headers).status_code

        assert status() == 401
        assert status(Authorization="Bearer of another door") == 401
        forwarded = {"X-Forwarded-For": "192.168.1.5"}
        assert status(**BEARER, **forwarded) == 403
        monkeypatch.setattr(audience_out, "client_address", lambda _: "203.0.114.9")
        assert status(**BEARER) == 403
    with running_stand(folder, redis_url, SPRING) as stand:
        assert stand.http.get("/audience/north", headers=BEARER).status_code == 401
