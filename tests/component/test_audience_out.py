"""Other signage systems of the site are told who is there now, and nobody else is."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.campaign_scenario import make_coverage, make_exposure, make_play
from tests.campaign_store import write
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


def test_the_multiplier_comes_from_released_figures_alone(
    folder: Path, redis_url: str
) -> None:
    looks = [
        make_exposure(0, 20, ((1, 3), (11, 13)), ("a",)),
        make_exposure(0, 8, ((2, 4),), ("b",)),
    ]
    with running_stand(folder, redis_url, SPRING, audience_token=TOKEN) as stand:

        def answer() -> httpx.Response:
            return stand.http.get("/audience/north/openrtb", headers=BEARER)

        assert answer().status_code == 404
        write(redis_url, make_play(0, 8), make_play(10, 18), *looks)
        released = {"qty": {"multiplier": 1.5, "sourcetype": 2}}
        assert answer().json() == released
        # One person is too few, and those who are drawn are nobody.
        alone = make_exposure(300, 308, ((301, 303),), ("c",))
        later = make_coverage(390, 400)
        write(redis_url, make_play(300, 308), alone, later, ended=False)
        drawn = []
        for track in ("d", "e"):
            seen = make_exposure(600, 608, ((601, 603),), (track,), synthetic=True)
            drawn.append(seen)
        play = make_play(600, 608, creative_id="drawn")
        # Twice, as a step is shown once its record is published; the hour of the plays goes on.
        for second in (1000, 1010):
            later = make_coverage(second - 10, second)
            write(redis_url, play, *drawn, later, ended=False)
        assert answer().json() == released
        assert stand.http.get("/audience/north/openrtb").status_code == 401


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
