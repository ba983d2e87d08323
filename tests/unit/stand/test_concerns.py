"""What needs somebody, in words."""

from __future__ import annotations

from typing import Any

import pytest

from vitrine.clock import SECOND_NS
from vitrine.services.stand.concerns import (
    STALE_NS,
    PlayerState,
    Situation,
    concerns_of,
)
from vitrine.services.stand.protocol import KeptRefusals


def player(**fields: Any) -> PlayerState:
    values: dict[str, Any] = {
        "player_id": "page-1",
        "kind": "page",
        "silent": False,
        "keeps": True,
        "refused": None,
    }
    return PlayerState(**values | fields)


def kinds(**fields: Any) -> list[str]:
    """The concerns of a stand that is well but for these fields."""
    values: dict[str, Any] = {
        "player": player(),
        "quiet_ns": 0,
        "doubtful": 0,
        "plays": 12,
    }
    return [concern.kind for concern in concerns_of(Situation(**values | fields))]


REFUSED = KeptRefusals(count=2, reasons=["used"])


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, []),
        ({"player": None}, ["no-player"]),
        ({"player": player(silent=True)}, ["silent"]),
        ({"player": player(keeps=False)}, ["keeps-nothing"]),
        ({"player": player(refused=REFUSED)}, ["refused"]),
        ({"quiet_ns": STALE_NS}, []),
        ({"quiet_ns": STALE_NS + 1}, ["no-figures"]),
        ({"quiet_ns": None}, []),
        ({"doubtful": 1}, ["doubtful"]),
        ({"resting": ["creative a is left out", "b too"]}, ["rests", "rests"]),
    ],
)
def test_each_fault_is_one_concern(fields: dict[str, Any], found: list[str]) -> None:
    assert kinds(**fields) == found


def test_what_stops_a_stand_comes_before_what_can_wait() -> None:
    found = kinds(
        player=player(keeps=False),
        quiet_ns=STALE_NS + 1,
        doubtful=3,
    )
    assert found == ["no-figures", "keeps-nothing", "doubtful"]


@pytest.mark.parametrize(
    ("seconds", "age"),
    [(34, "34 s"), (119, "119 s"), (120, "2 min"), (3700, "61 min")],
)
def test_the_age_is_in_words(seconds: int, age: str) -> None:
    situation = Situation(player(), seconds * SECOND_NS, 0, 0)
    [concern] = concerns_of(situation)
    assert concern.text == f"No figures of people have come for {age}."
    assert "ingest" in concern.action
