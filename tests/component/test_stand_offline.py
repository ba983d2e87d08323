"""Licences over the stand's own protocol: who gets them, and what they are good for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import T0_NS, at
from tests.clocks import SetClock
from tests.stand_builders import (
    Running,
    make_campaign,
    running_stand,
    write_creatives,
)
from tests.stand_players import SPRING, listening, look, post, virtual_player
from vitrine.clock import SECOND_NS
from vitrine.topics import INTERACTIONS, PLAYS


@pytest.fixture
def stand(folder: Path, redis_url: str) -> Iterator[Running]:
    write_creatives(folder, SPRING)
    with running_stand(folder, redis_url, SPRING) as running:
        yield running


def under(licensed: Any, start: float, seconds: float = 8) -> dict[str, Any]:
    """The report of a play under a licence."""
    licence = licensed["licence"]
    second = (at(start) - licence["from_ns"]) // SECOND_NS
    return {
        "play_id": f"{licence['player_id']}.{licence['licence_id']}x{second}",
        "token": licensed["token"],
        "start_ns": at(start),
        "end_ns": at(start + seconds),
        "completed": True,
    }


def test_a_page_in_charge_gets_licences_for_the_rotation(stand: Running) -> None:
    with listening(stand) as page:
        [licensed] = page.next("licences")["licensed"]
    assert licensed["category"] == ""
    assert licensed["url"] == "/creatives/shoe.html"
    assert licensed["title"] == "Der Schuh"
    assert licensed["licence"]["creative_id"] == "shoe"
    assert licensed["licence"]["player_id"] == "page-1"


def test_what_a_browser_cannot_keep_is_not_licensed(
    stand: Running, folder: Path
) -> None:
    page_of_files = "<img src='shoe.png'>"
    (folder / "creatives" / "shoe.html").write_text(page_of_files)
    with listening(stand) as page:
        [licensed] = page.next("licences")["licensed"]
    assert licensed["licence"]["campaign_id"] == "house"


def test_licences_say_what_counts_for_a_cap_already(
    folder: Path, redis_url: str
) -> None:
    capped = make_campaign("capped", caps={"per_hour": 6})
    write_creatives(folder, capped)
    with (
        running_stand(folder, redis_url, capped) as stand,
        listening(stand) as page,
    ):
        command = page.next("play")["command"]
        event = page.next("licences")
    licensed = event["licensed"]
    assert [(one["licence"]["per_hour"], one["rank"]) for one in licensed] == [
        (6, 0),
        (None, 1),
    ]
    [counted] = event["counted"]
    assert counted["campaign_id"] == "capped"
    assert counted["command_id"] == command["command_id"]
    assert counted["start_ns"] == command["issued_ns"]


def test_nobody_else_gets_licences(stand: Running) -> None:
    with (
        virtual_player(stand),
        listening(stand) as page,
        listening(stand, "page-2") as waiting,
    ):
        page.next("licences")
        for _ in range(3):
            waiting.next("state")
        assert "licences" not in waiting.names


def test_licences_are_issued_again_after_ten_minutes(stand: Running) -> None:
    with listening(stand) as page:
        first = page.next("licences")
        look(stand, 599, 599.5)
        look(stand, 601, 601.5)
        second = page.next("licences")
    passed_ns = second["now_ns"] - first["now_ns"]
    assert passed_ns > 600 * SECOND_NS
    assert page.names.count("licences") == 2


def test_plays_under_a_licence_come_later_and_count_once(stand: Running) -> None:
    with listening(stand) as page:
        [licensed] = page.next("licences")["licensed"]
    look(stand, 100, 101)
    reports = [under(licensed, 20), under(licensed, 28)]
    for _ in range(2):
        assert post(stand, *reports).json()["refused"] == []
    plays = stand.read(PLAYS)
    assert [(play.reason, play.start_ns) for play in plays] == [
        ("offline", at(20)),
        ("offline", at(28)),
    ]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"play_id": "page-1.feed"}, "play-id"),
        ({"play_id": "page-2.feed"}, "play-id"),
        ({"token": "bm8.bm8"}, "token"),
        ({"start_ns": at(26 * 3600), "end_ns": at(26 * 3600 + 8)}, "expired"),
    ],
)
def test_what_a_licence_does_not_allow_is_refused(
    stand: Running, change: dict[str, Any], code: str
) -> None:
    with listening(stand) as page:
        [licensed] = page.next("licences")["licensed"]
    look(stand, 100, 101)
    report = under(licensed, 20) | change
    [refused] = post(stand, report).json()["refused"]
    assert refused["code"] == code
    assert stand.read(PLAYS) == []


def test_a_licence_takes_no_time_from_other_plays(stand: Running) -> None:
    with listening(stand) as page:
        [licensed] = page.next("licences")["licensed"]
    look(stand, 100, 101)
    post(stand, under(licensed, 20))
    [refused] = post(stand, under(licensed, 22)).json()["refused"]
    assert refused["code"] == "overlap"


def test_a_touch_on_a_play_under_a_licence_counts(stand: Running) -> None:
    with listening(stand) as page:
        [licensed] = page.next("licences")["licensed"]
    look(stand, 100, 101)
    touch = {"kind": "touch", "at_ns": at(22), "token": licensed["token"]}
    address = "/stands/north/interactions"
    assert stand.http.post(address, json=touch).status_code == 422
    complete = touch | {"start_ns": at(20)}
    assert stand.http.post(address, json=complete).status_code == 200
    [interaction] = stand.read(INTERACTIONS)
    assert interaction.play_id == under(licensed, 20)["play_id"]


def test_a_licence_reports_no_failure(stand: Running) -> None:
    with listening(stand) as page:
        [licensed] = page.next("licences")["licensed"]
    failure = {"token": licensed["token"], "reason": "throws"}
    assert stand.http.post("/stands/north/failures", json=failure).status_code == 422


def test_licences_are_issued_again_when_the_clock_is_set(
    folder: Path, redis_url: str
) -> None:
    write_creatives(folder, SPRING)
    clock = SetClock()
    clock.set_by((T0_NS - clock.now_ns()) / SECOND_NS)
    with (
        running_stand(folder, redis_url, SPRING, clock=clock) as stand,
        listening(stand) as page,
    ):
        first = page.next("licences")
        clock.set_by(-600)
        second = page.next("licences")
    assert second["now_ns"] < first["now_ns"] - 500 * SECOND_NS
