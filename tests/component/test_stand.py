"""The stand with its web server, a real Redis-compatible server, and players that speak HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from tests.builders import at, make_engagement, make_identity, make_person
from tests.stand_builders import (
    TILL_TOKEN,
    Running,
    make_campaign,
    running_stand,
)
from tests.stand_players import (
    HANDSHAKE,
    SPRING,
    Listener,
    concerns,
    listening,
    live,
    look,
    post,
    report_of,
    until,
    virtual_player,
)
from vitrine.clock import EventClock
from vitrine.schemas import Play
from vitrine.services.stand.creative_files import creative_policy
from vitrine.topics import ENGAGEMENT, IDENTITIES, INTERACTIONS, PLAYS

TILL = {"Authorization": f"Bearer {TILL_TOKEN}"}


@pytest.fixture
def stand(folder: Path, redis_url: str) -> Iterator[Running]:
    with running_stand(folder, redis_url, SPRING) as running:
        yield running


# Plays


def test_a_virtual_player_plays_the_rotation_and_reports_the_last_play_as_cut(
    stand: Running,
) -> None:
    with virtual_player(stand):
        second = 0.0
        while len(stand.read(PLAYS)) < 2:
            second = look(stand, second + 0.25, second + 1)
            assert second < 600
    plays: list[Play] = stand.read(PLAYS)
    assert [(p.creative_id, p.completed, p.player) for p in plays[:2]] == [
        ("shoe", True, "virtual")
    ] * 2
    assert plays[0].end_ns - plays[0].start_ns == 8 * 10**9
    assert not plays[-1].completed
    assert len({p.play_id for p in plays}) == len(plays)


def test_a_page_is_told_what_to_play_and_its_report_is_on_the_bus_when_answered(
    stand: Running,
) -> None:
    with listening(stand) as page:
        event = page.next("play")
        assert event["url"] == "/creatives/shoe.html"
        assert event["kind"] == "html"
        assert event["cut"] is False
        look(stand, 1, 9)
        report = report_of(event, 0.5, 8.5)
        assert post(stand, report).json() == {
            "accepted": [report["play_id"]],
            "refused": [],
        }
    [play] = stand.read(PLAYS)
    assert play.play_id == report["play_id"]
    assert play.player == "page"
    assert play.reason == "rotation"
    assert play.completed is True


def test_reports_and_creatives_leave_no_connection_behind(stand: Running) -> None:
    with listening(stand) as page:
        event = page.next("play")
        answers = [
            post(stand, report_of(event, 0, 1, completed=False)),
            fail(stand, event["token"]),
            stand.http.get(event["url"]),
        ]
    assert [answer.headers["Connection"] for answer in answers] == ["close"] * 3


def test_a_report_that_comes_twice_is_one_play(stand: Running) -> None:
    with listening(stand) as page:
        report = report_of(page.next("play"), 0, 1, completed=False)
        assert [post(stand, report).status_code for _ in range(3)] == [200] * 3
    assert len(stand.read(PLAYS)) == 1


def test_an_invented_play_is_refused_and_the_others_are_taken(stand: Running) -> None:
    with listening(stand) as page:
        good = report_of(page.next("play"), 0, 1, completed=False)
        invented = good | {"play_id": "page-1.feed", "token": "bm8.bm8"}
        answer = post(stand, invented, good).json()
    assert answer["accepted"] == [good["play_id"]]
    assert answer["refused"] == [
        {
            "play_id": "page-1.feed",
            "reason": "the token was not issued here",
            "code": "token",
        }
    ]
    assert [p.play_id for p in stand.read(PLAYS)] == [good["play_id"]]


def refused(reason: str) -> float:
    """The refused reports of the stand that the metric has."""
    labels = {"stand": "north", "reason": reason}
    found = REGISTRY.get_sample_value("vitrine_reports_refused_total", labels)
    return found or 0


def doubtful(reason: str) -> float:
    """The doubtful plays of the stand that the metric has."""
    labels = {"stand": "north", "reason": reason}
    found = REGISTRY.get_sample_value("vitrine_plays_doubtful_total", labels)
    return found or 0


@pytest.mark.parametrize(
    ("fields", "reason", "span"),
    [
        ({"end_ns": at(20)}, "long", (0, 8)),
        ({"start_ns": at(-6)}, "long", (0, 8)),
        ({"start_ns": at(-8), "end_ns": at(0)}, "early", (0, 8)),
        ({"start_ns": at(600), "end_ns": at(608)}, "future", (12, 20)),
    ],
)
def test_a_doubtful_time_is_moved_marked_and_counted(
    stand: Running, fields: dict[str, int], reason: str, span: tuple[float, float]
) -> None:
    before = doubtful(reason)
    with listening(stand) as page:
        report = report_of(page.next("play"), 0, 8) | fields
        look(stand, 1, 20)
        answers = [post(stand, report).json() for _ in range(2)]
    assert answers == [{"accepted": [report["play_id"]], "refused": []}] * 2
    [play] = stand.read(PLAYS)
    assert (play.start_ns, play.end_ns) == (at(span[0]), at(span[1]))
    assert play.doubtful == reason
    assert doubtful(reason) > before


def test_a_report_that_cannot_be_true_is_refused_and_counted(stand: Running) -> None:
    before = refused("backwards")
    with listening(stand) as page:
        report = report_of(page.next("play"), 8, 0)
        answer = post(stand, report).json()
    assert answer["accepted"] == []
    assert answer["refused"] == [
        {
            "play_id": report["play_id"],
            "reason": "the play ends before it starts",
            "code": "backwards",
        }
    ]
    assert refused("backwards") == before + 1
    assert stand.read(PLAYS) == []


def test_refused_reports_stay_until_somebody_has_seen_them(stand: Running) -> None:
    kept = {"count": 3, "reasons": ["used", "overlap"]}
    with listening(stand) as page:
        reports = [report_of(page.next("play"), 0, 1, completed=False)]
        body = {"plays": reports, "refused": kept}
        assert stand.http.post("/stands/north/plays", json=body).is_success
        [refused] = until(lambda: concerns(stand), "the operator")
        answer = stand.http.post("/live/north/refusals/seen")
        assert page.next("seen") == {"count": 3}
        until(lambda: not concerns(stand), "the sentence to go")
    assert refused["kind"] == "refused"
    assert refused["text"] == (
        "The screen keeps 3 proofs of play that were refused (used, overlap)."
    )
    assert answer.status_code == 204


@pytest.mark.parametrize(
    "kept",
    [
        {"count": 0, "reasons": []},
        {"count": 1, "reasons": ["<b>Call this number</b>"]},
        {"count": 1, "reasons": ["used"] * 21},
    ],
)
def test_what_a_screen_keeps_is_told_in_words_of_the_stand(
    stand: Running, kept: dict[str, Any]
) -> None:
    with listening(stand) as page:
        reports = [report_of(page.next("play"), 0, 1, completed=False)]
        body = {"plays": reports, "refused": kept}
        assert stand.http.post("/stands/north/plays", json=body).status_code == 422


def test_two_commands_cannot_report_the_same_time(stand: Running) -> None:
    with listening(stand) as page:
        first = report_of(page.next("play"), 0, 8)
        look(stand, 1, 8)
        second = report_of(page.next("play"), 3, 11)
        look(stand, 8, 11)
        answer = post(stand, first, second).json()
        again = post(stand, second | {"start_ns": at(8), "end_ns": at(11)}).json()
    assert answer["accepted"] == [first["play_id"]]
    assert answer["refused"][0]["reason"] == "the stand showed other plays at that time"
    assert again["accepted"] == [second["play_id"]]
    plays = stand.read(PLAYS)
    assert [(play.completed, play.doubtful) for play in plays] == [
        (True, None),
        (False, "short"),
    ]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"plays": [{"play_id": "x"}]}, "token"),
        ({"plays": []}, "plays"),
        ({"plays": "none"}, "plays"),
        (
            {
                "plays": [
                    {
                        "play_id": "x",
                        "token": "t",
                        "start_ns": -1,
                        "end_ns": 2,
                        "completed": True,
                    }
                ]
            },
            "start_ns",
        ),
        ([], "body"),
    ],
)
def test_a_malformed_report_is_refused_with_the_field(
    stand: Running, body: Any, where: str
) -> None:
    response = stand.http.post("/stands/north/plays", json=body)
    assert response.status_code == 422
    assert where in response.json()["detail"][0]["loc"]


def test_an_unknown_stand_is_not_found(stand: Running) -> None:
    page = stand.http.get("/stands/nowhere")
    events = stand.http.get(
        "/stands/nowhere/events?player=page&player_id=p",
        headers=HANDSHAKE,
    )
    plays = stand.http.post("/stands/nowhere/plays", json={})
    for answer in (page, events, plays):
        assert answer.status_code == 404
        assert answer.json()["detail"] == "no stand 'nowhere'"


def test_a_page_takes_over_from_the_virtual_player_and_a_second_page_waits(
    stand: Running,
) -> None:
    with listening(stand, "v", "virtual") as virtual:
        assert virtual.next("play")["command"]["player"] == "virtual"
        with listening(stand, "page-1") as first:
            assert first.next("play")["command"]["player_id"] == "page-1"
            with listening(stand, "page-2") as second:
                session = second.next("hello")["session"]
                assert second.next("state")["in_charge"] == session - 1


def test_the_same_player_again_replaces_its_older_connection(stand: Running) -> None:
    with listening(stand) as older:
        older.next("play")
        with listening(stand) as newer:
            assert older.next("replaced") == {}
            older.next("end")
            assert newer.next("play")["cut"] is False


# Decisions


def offered(stand: Running) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let somebody look at the shoe; return the play and the offer that this leads to."""
    stand.publish(IDENTITIES, make_identity("a"))
    with listening(stand) as page:
        first = page.next("play")
        assert first["command"]["creative_id"] == "shoe"
        look(stand, 1, 4.5, track="a", score=80)
        return page.next("play"), page.next("offer")


def cut_short() -> float:
    labels = {"stand": "north"}
    return REGISTRY.get_sample_value("vitrine_plays_cut_total", labels) or 0


def test_an_engaged_person_gets_more_and_an_offer(stand: Running) -> None:
    before = cut_short()
    play, offer = offered(stand)
    assert cut_short() == before + 1
    command = play["command"]
    assert play["cut"] is True
    assert command["creative_id"] == "shoe-more"
    assert command["reason"] == "somebody has been engaged for 2 s: shoe-more"
    assert offer["text"] == "10 % off"
    assert offer["code"] == "CODE-1"


def hear_until(page: Listener, second: float) -> None:
    """Read the events of a page up to a state of this time: earlier ones have come."""
    while page.next("state")["now_ns"] < at(second):
        pass


def test_spectators_see_neither_plays_nor_offers_until_they_are_in_charge(
    stand: Running,
) -> None:
    stand.publish(IDENTITIES, make_identity("a"), make_identity("b"))
    with listening(stand, "page-1") as first:
        first.next("play")
        with listening(stand, "page-2") as second:
            second.next("hello")
            with listening(stand, "page-3") as last:
                last.next("hello")
                look(stand, 1, 4.5, track="a", score=80)
                assert first.next("offer")["code"] == "CODE-1"
                hear_until(second, 4.5)
                hear_until(last, 4.5)
                for spectator in (second, last):
                    assert set(spectator.names) <= {"hello", "state", "alive"}
                first.close()
                second.next("play")
                look(stand, 40, 50, track="b", score=80)
                assert second.next("offer")["code"] == "CODE-2"
                hear_until(last, 50)
                assert set(last.names) <= {"hello", "state", "alive"}


def test_the_till_redeems_an_offer_once(stand: Running) -> None:
    offered(stand)
    assert redeem(stand, "CODE-1", {}).status_code == 401
    assert redeem(stand, "CODE-2").status_code == 404
    assert redeem(stand, "CODE-1").json()["offer_id"] == "ten"
    assert redeem(stand, "CODE-1").status_code == 409
    until(lambda: len(stand.read(INTERACTIONS)) == 2, "the redemption on the bus")
    shown, redeemed = stand.read(INTERACTIONS)
    assert shown.kind == "offer-shown"
    assert shown.offer_id == "ten"
    assert shown.visit_id == "visit-a"
    assert redeemed.kind == "offer-redeemed"
    assert redeemed.campaign_id == "spring"


def redeem(
    stand: Running,
    code: str,
    headers: dict[str, str] = TILL,
) -> httpx.Response:
    return stand.http.post(
        "/stands/north/redeem",
        json={"code": code},
        headers=headers,
    )


def test_inputs_of_the_past_trigger_nothing(folder: Path, redis_url: str) -> None:
    clock = EventClock()
    clock.observe(at(1000))
    with (
        running_stand(
            folder,
            redis_url,
            SPRING,
            clock=clock,
        ) as stand,
        listening(stand) as page,
    ):
        page.next("play")
        stand.publish(IDENTITIES, make_identity("a"))
        snapshots = [
            make_engagement(900 + n / 4, make_person("a", score=99)) for n in range(380)
        ]
        stand.publish(ENGAGEMENT, *snapshots)
        until(
            lambda: not sum(stand.bus.backlog("stand", ENGAGEMENT).values()),
            "the past to be read",
        )
        assert page.next("state")["people"] == 0
        assert stand.read(INTERACTIONS) == []


def test_a_creative_without_file_is_skipped_and_reported(
    folder: Path, redis_url: str
) -> None:
    other = make_campaign(
        "other",
        {"id": "gone", "file": "gone.mp4"},
        {"id": "odd", "file": "odd.exe"},
        share=1.0,
    )
    with (
        running_stand(folder, redis_url, SPRING, other) as stand,
        listening(stand) as page,
    ):
        played = [page.next("play")["command"]]
        for second in range(0, 40, 4):
            look(stand, second, second + 4)
        played += [page.next("play")["command"] for _ in range(3)]
        problems = live(stand)["problems"]
    assert {command["creative_id"] for command in played} == {"shoe"}
    assert problems[0] == "creative gone is skipped: gone.mp4 is missing"
    assert re.match(
        r"creative odd is skipped: odd.exe is none of .*\.html", problems[1]
    )


def fail(stand: Running, token: str, reason: str = "throws") -> httpx.Response:
    report = {"token": token, "reason": reason}
    return stand.http.post("/stands/north/failures", json=report)


def test_a_creative_that_cannot_be_shown_gives_way_to_the_house(stand: Running) -> None:
    with listening(stand) as page:
        shoe = page.next("play")
        assert fail(stand, shoe["token"]).status_code == 202
        house = page.next("play")
        assert house["command"]["campaign_id"] == "house"
        assert house["cut"] is False
        # Nothing else can be shown: the house page stays until its time is over.
        assert fail(stand, house["token"]).status_code == 202
        [rests] = until(lambda: concerns(stand), "the operator")
        on_screen = live(stand)["stands"][0]["on_screen"]
    assert rests["text"] == (
        "Creative shoe is left out at stand north for two minutes: "
        "shoe.html has an error in its script."
    )
    assert on_screen["campaign_id"] == "house"


@pytest.mark.parametrize(
    ("stand_id", "token", "reason"),
    [
        ("north", "forged.token", "throws"),
        ("north", None, "no-reason"),
    ],
)
def test_an_invented_failure_is_refused(
    stand: Running, stand_id: str, token: str | None, reason: str
) -> None:
    with listening(stand) as page:
        event = page.next("play")
        report = {"token": token or event["token"], "reason": reason}
        path = f"/stands/{stand_id}/failures"
        assert stand.http.post(path, json=report).status_code == 422
        assert concerns(stand) == []


def test_the_house_is_shown_when_no_campaign_runs(folder: Path, redis_url: str) -> None:
    with running_stand(folder, redis_url) as stand, listening(stand) as page:
        event = page.next("play")
        assert event["command"]["campaign_id"] == "house"
        assert event["url"] == "/static/house.html"
        assert stand.http.get(event["url"]).status_code == 200


def test_live_figures_are_anonymous_and_name_what_plays_and_why(stand: Running) -> None:
    stand.publish(IDENTITIES, make_identity("a"))
    with listening(stand) as page:
        page.next("play")
        stand.publish(
            ENGAGEMENT,
            make_engagement(
                1,
                make_person("a", score=42),
                synthetic=True,
            ),
        )
        until(lambda: live(stand)["stands"][0]["people"], "the person")
        figures = live(stand)
    [north] = figures["stands"]
    assert north["people"] == 1
    assert north["attending"] == 1
    assert north["engagement"] == 42
    assert north["synthetic"] is True
    assert north["player"] == "page"
    assert north["on_screen"]["creative_id"] == "shoe"
    assert north["on_screen"]["reason"] == "rotation"
    assert north["on_screen"]["creative"] == "Der Schuh"
    assert north["on_screen"]["campaign"] == "spring"
    for secret in ("visit-a", "visitor-a", "track", "presence"):
        assert secret not in json.dumps(figures)


# What people do


def test_a_touch_is_on_the_bus_with_the_play_it_was_for(stand: Running) -> None:
    with listening(stand) as page:
        event = page.next("play")
        touch = {
            "kind": "touch",
            "at_ns": at(0),
            "token": event["token"],
        }
        assert (
            stand.http.post("/stands/north/interactions", json=touch).status_code == 200
        )
    [interaction] = stand.read(INTERACTIONS)
    assert interaction.kind == "touch"
    assert interaction.campaign_id == "spring"
    assert interaction.creative_id == "shoe"
    assert interaction.play_id == report_of(event, 0, 0)["play_id"]


def test_an_opt_out_counts_for_every_visit_that_is_present(stand: Running) -> None:
    stand.publish(
        IDENTITIES, make_identity("a"), make_identity("b"), make_identity("gone")
    )
    stand.publish(
        ENGAGEMENT,
        make_engagement(
            1,
            make_person("a"),
            make_person("b"),
        ),
    )
    until(lambda: stand.clock.now_ns() >= at(1), "the snapshot")
    wish = {"kind": "opt-out", "at_ns": at(1)}
    for _ in range(3):
        answer = stand.http.post("/stands/north/interactions", json=wish)
        assert answer.status_code == 200
    assert sorted(i.visit_id for i in stand.read(INTERACTIONS)) == [
        "visit-a",
        "visit-b",
    ]


@pytest.mark.parametrize(
    "wish",
    [
        {"kind": "offer-redeemed", "at_ns": 1},
        {"kind": "touch", "at_ns": 1, "number": -1},
        {"kind": "touch"},
    ],
)
def test_a_malformed_interaction_is_refused(
    stand: Running, wish: dict[str, Any]
) -> None:
    assert stand.http.post("/stands/north/interactions", json=wish).status_code == 422


def tell(stand: Running, **fields: Any) -> int:
    """Report an interaction, and return the status of the answer."""
    return stand.http.post("/stands/north/interactions", json=fields).status_code


def test_a_touch_that_is_reported_again_counts_once(stand: Running) -> None:
    with listening(stand) as page:
        token = page.next("play")["token"]
        first = {"kind": "touch", "at_ns": at(0), "token": token, "number": 0}
        for _ in range(3):
            assert tell(stand, **first) == 200
        assert tell(stand, **first | {"number": 1}) == 200
    ids = [touch.interaction_id for touch in stand.read(INTERACTIONS)]
    assert len(ids) == 2
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"token": "bm8.bm8"}, "token"),
        ({"token": None}, "no-play"),
        ({"number": 30}, "too-many"),
        ({"at_ns": at(915)}, "expired"),
    ],
)
def test_a_touch_without_its_play_is_refused_and_counted(
    stand: Running,
    caplog: pytest.LogCaptureFixture,
    fields: dict[str, Any],
    reason: str,
) -> None:
    before = refused(reason)
    with listening(stand) as page:
        token = page.next("play")["token"]
        touch = {"kind": "touch", "at_ns": at(0), "token": token} | fields
        assert tell(stand, **touch) == 422
    assert refused(reason) == before + 1
    assert "stand north: touch is refused" in caplog.text
    assert stand.read(INTERACTIONS) == []


def test_an_opt_out_with_a_token_that_is_too_old_still_counts(stand: Running) -> None:
    with listening(stand) as page:
        token = page.next("play")["token"]
        wish = {"kind": "opt-out", "at_ns": at(5_000), "token": token}
        assert tell(stand, **wish) == 200
    [opted_out] = stand.read(INTERACTIONS)
    assert opted_out.kind == "opt-out"
    assert opted_out.at_ns == at(0)
    assert opted_out.play_id is None


def test_a_flood_of_touches_is_slowed_down(stand: Running) -> None:
    before = refused("rate")
    with listening(stand) as page:
        token = page.next("play")["token"]
        touch = {"kind": "touch", "at_ns": at(0), "token": token, "number": 0}
        with ThreadPoolExecutor(60) as pool:
            futures = [pool.submit(tell, stand, **touch) for _ in range(60)]
            answers = [future.result() for future in futures]
        assert 429 in answers
        until(lambda: tell(stand, **touch) == 200, "the next second")
    assert refused("rate") > before
    assert len({touch.interaction_id for touch in stand.read(INTERACTIONS)}) == 1


# Files


def test_creatives_are_served_sandboxed_and_nothing_beside_them(
    stand: Running, folder: Path
) -> None:
    (folder / "secret.txt").write_text("secret")
    (folder / "creatives" / "link.html").symlink_to(folder / "secret.txt")
    response = stand.http.get("/creatives/shoe.html")
    assert response.status_code == 200
    assert response.headers["Content-Security-Policy"] == creative_policy()
    for path in (
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "link.html",
        "nothing.html",
        "",
    ):
        assert stand.http.get(f"{stand.address}/creatives/{path}").status_code == 404, (
            path
        )


@pytest.mark.parametrize(
    "path", ["/", "/live", "/stands/north", "/static/stand.js", "/static/console.css"]
)
def test_pages_are_served_and_name_no_other_host(stand: Running, path: str) -> None:
    response = stand.http.get(path)
    assert response.status_code == 200
    assert not re.findall(r"https?://(?!www\.w3\.org)", response.text)


def test_the_house_page_may_be_framed_by_the_stands_page_only(stand: Running) -> None:
    policy = stand.http.get("/static/house.html").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self'")
    policy = stand.http.get("/stands/north").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'none'")
