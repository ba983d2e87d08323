"""The stand with its web server, a real Redis-compatible server, and players that speak HTTP."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from services.stand import web
from services.stand.handler import StandHandler
from services.stand.virtual_player import VirtualPlayer, server_sent_events
from tests.builders import at, make_engagement, make_identity, make_person
from tests.stand_builders import (
    ENGAGED,
    TILL_TOKEN,
    Running,
    make_campaign,
    make_offer,
    read,
    running_stand,
    write_creatives,
)
from vitrine.bus import PublishFailed
from vitrine.bus.memory import MemoryBus, MemoryProducer
from vitrine.clock import EventClock
from vitrine.schemas import Play
from vitrine.topics import ENGAGEMENT, IDENTITIES, INTERACTIONS, PLAYS, TOPICS

SPRING = make_campaign(
    "spring",
    {"id": "shoe", "file": "shoe.html", "seconds": 8},
    {"id": "shoe-more", "file": "shoe-more.html", "seconds": 6, "when": ENGAGED},
    offers=[make_offer(text="10 % off")],
)
TILL = {"Authorization": f"Bearer {TILL_TOKEN}"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_creatives(tmp_path, SPRING)
    (tmp_path / "codes").mkdir()
    (tmp_path / "codes" / "pool.txt").write_text("CODE-1\nCODE-2\n")
    return tmp_path


@pytest.fixture
def stand(folder: Path, redis_url: str) -> Iterator[Running]:
    with running_stand(folder, redis_url, SPRING) as running:
        yield running


def until(condition: Callable[[], Any], what: str, limit_s: float = 15.0) -> Any:
    """Poll a condition until it is true."""
    deadline, pause = time.monotonic() + limit_s, Event()
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {limit_s} s for {what}")
        pause.wait(0.01)
    return result


def look(stand: Running, start: float, end: float, **person: Any) -> float:
    """Snapshots four times a second, of one person with these fields or of nobody; returns `end`."""
    people = [make_person(**person)] if person else []
    for n in range(round((end - start) * 4) + 1):
        second = start + n / 4
        stand.publish(ENGAGEMENT, make_engagement(second, *people))
        until(lambda s=second: stand.clock.now_ns() >= at(s), "the snapshot to be taken in")  # type: ignore[misc]
    return end


class Listener:
    """A player's event stream, read in a thread."""

    def __init__(self, address: str, player_id: str, player: str) -> None:
        self._url = f"{address}/stands/north/events?player={player}&player_id={player_id}"
        self._events: Queue[tuple[str, Any]] = Queue()
        self._closed = Event()

    def read(self) -> None:
        """Put the events into the queue until the stream ends, or an event arrives after the block."""
        with httpx.stream("GET", self._url, timeout=10) as response:
            response.raise_for_status()
            for name, data in server_sent_events(response.iter_lines()):
                self._events.put((name, json.loads(data)))
                if self._closed.is_set():
                    return
        self._events.put(("end", None))

    def next(self, name: str) -> Any:
        """The data of the next event of this name."""
        while True:
            found, data = self._events.get(timeout=10)
            if found == name:
                return data

    def close(self) -> None:
        self._closed.set()


@contextmanager
def listening(stand: Running, player_id: str = "page-1", player: str = "page") -> Iterator[Listener]:
    """A player that is connected during the block."""
    until(lambda: not stand.health.reasons(), "the stand to be ready")
    listener = Listener(stand.address, player_id, player)
    thread = Thread(target=listener.read)
    thread.start()
    try:
        yield listener
    finally:
        listener.close()
        thread.join(10)


@contextmanager
def virtual_player(stand: Running, keep: Path | None = None) -> Iterator[None]:
    """A virtual player at work during the block."""
    stop = Event()
    thread = Thread(target=VirtualPlayer(stand.address, ["north"], stand.clock, keep).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def report_of(event: Any, start: float, end: float, *, completed: bool = True) -> dict[str, Any]:
    """The report of a play command."""
    command = event["command"]
    return {
        "play_id": f"{command['player_id']}.{command['command_id']}",
        "token": event["token"],
        "start_ns": at(start),
        "end_ns": at(end),
        "completed": completed,
    }


def post(stand: Running, *reports: dict[str, Any]) -> httpx.Response:
    return stand.http.post("/stands/north/plays", json={"plays": reports})


# Plays


def test_a_virtual_player_plays_the_rotation_and_reports_the_last_play_as_cut(stand: Running) -> None:
    with virtual_player(stand):
        second = 0.0
        while len(stand.read(PLAYS)) < 2:
            second = look(stand, second + 0.25, second + 1)
            assert second < 600
    plays: list[Play] = stand.read(PLAYS)
    assert [(p.creative_id, p.completed, p.player) for p in plays[:2]] == [("shoe", True, "virtual")] * 2
    assert plays[0].end_ns - plays[0].start_ns == 8 * 10**9
    assert not plays[-1].completed
    assert len({p.play_id for p in plays}) == len(plays)


def test_a_page_is_told_what_to_play_and_its_report_is_on_the_bus_when_answered(stand: Running) -> None:
    with listening(stand) as page:
        event = page.next("play")
        assert (event["url"], event["kind"], event["cut"]) == ("/creatives/shoe.html", "html", False)
        look(stand, 1, 9)
        report = report_of(event, 0.5, 8.5)
        assert post(stand, report).json() == {"accepted": [report["play_id"]], "refused": []}
    [play] = stand.read(PLAYS)
    assert (play.play_id, play.player, play.reason, play.completed) == (
        report["play_id"],
        "page",
        "rotation",
        True,
    )


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
    assert answer["refused"] == [{"play_id": "page-1.feed", "reason": "the token was not issued here"}]
    assert [p.play_id for p in stand.read(PLAYS)] == [good["play_id"]]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"plays": [{"play_id": "x"}]}, "token"),
        ({"plays": []}, "plays"),
        ({"plays": "none"}, "plays"),
        (
            {"plays": [{"play_id": "x", "token": "t", "start_ns": -1, "end_ns": 2, "completed": True}]},
            "start_ns",
        ),
        ([], "body"),
    ],
)
def test_a_malformed_report_is_refused_with_the_field(stand: Running, body: Any, where: str) -> None:
    response = stand.http.post("/stands/north/plays", json=body)
    assert response.status_code == 422
    assert where in response.json()["detail"][0]["loc"]


def test_an_unknown_stand_is_not_found(stand: Running) -> None:
    for method, path in [("GET", ""), ("GET", "/events?player=page&player_id=p"), ("POST", "/plays")]:
        assert stand.http.request(method, f"/stands/nowhere{path}", json={}).status_code == 404, path


def test_a_page_takes_over_from_the_virtual_player_and_a_second_page_waits(stand: Running) -> None:
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


def test_an_engaged_person_gets_more_and_an_offer_that_the_till_redeems_once(stand: Running) -> None:
    stand.publish(IDENTITIES, make_identity("a"))
    with listening(stand) as page:
        assert page.next("play")["command"]["creative_id"] == "shoe"
        look(stand, 1, 4.5, track="a", score=80)
        more, offer = page.next("play"), page.next("offer")
    assert (more["command"]["creative_id"], more["cut"]) == ("shoe-more", True)
    assert more["command"]["reason"] == "somebody has been engaged for 2 s: shoe-more"
    assert (offer["text"], offer["code"]) == ("10 % off", "CODE-1")
    assert redeem(stand, "CODE-1", {}).status_code == 401
    assert redeem(stand, "CODE-2").status_code == 404
    assert redeem(stand, "CODE-1").json()["offer_id"] == "ten"
    assert redeem(stand, "CODE-1").status_code == 409
    until(lambda: len(stand.read(INTERACTIONS)) == 2, "the redemption on the bus")
    shown, redeemed = stand.read(INTERACTIONS)
    assert (shown.kind, shown.offer_id, shown.visit_id) == ("offer-shown", "ten", "visit-a")
    assert (redeemed.kind, redeemed.campaign_id) == ("offer-redeemed", "spring")


def redeem(stand: Running, code: str, headers: dict[str, str] = TILL) -> httpx.Response:
    return stand.http.post("/stands/north/redeem", json={"code": code}, headers=headers)


def test_inputs_of_the_past_trigger_nothing(folder: Path, redis_url: str) -> None:
    clock = EventClock()
    clock.observe(at(1000))
    with running_stand(folder, redis_url, SPRING, clock=clock) as stand, listening(stand) as page:
        page.next("play")
        stand.publish(IDENTITIES, make_identity("a"))
        snapshots = [make_engagement(900 + n / 4, make_person("a", score=99)) for n in range(380)]
        stand.publish(ENGAGEMENT, *snapshots)
        until(lambda: not sum(stand.bus.backlog("stand", ENGAGEMENT).values()), "the past to be read")
        assert (page.next("state")["people"], stand.read(INTERACTIONS)) == (0, [])


def test_a_creative_without_file_is_skipped_and_reported(folder: Path, redis_url: str) -> None:
    other = make_campaign(
        "other", {"id": "gone", "file": "gone.mp4"}, {"id": "odd", "file": "odd.exe"}, share=1.0
    )
    with running_stand(folder, redis_url, SPRING, other) as stand, listening(stand) as page:
        played = [page.next("play")["command"]]
        for second in range(0, 40, 4):
            look(stand, second, second + 4)
        played += [page.next("play")["command"] for _ in range(3)]
        problems = live(stand)["problems"]
    assert {command["creative_id"] for command in played} == {"shoe"}
    assert problems[0] == "creative gone is skipped: gone.mp4 is missing"
    assert re.match(r"creative odd is skipped: odd.exe is none of .*\.html", problems[1])


def test_the_house_is_shown_when_no_campaign_runs(folder: Path, redis_url: str) -> None:
    with running_stand(folder, redis_url) as stand, listening(stand) as page:
        event = page.next("play")
        assert (event["command"]["campaign_id"], event["url"]) == ("house", "/static/house.html")
        assert stand.http.get(event["url"]).status_code == 200


def live(stand: Running) -> Any:
    """The next live figures."""
    with httpx.stream("GET", f"{stand.address}/live/events", timeout=10) as response:
        return json.loads(next(server_sent_events(response.iter_lines()))[1])


def test_live_figures_are_anonymous_and_name_what_plays_and_why(stand: Running) -> None:
    stand.publish(IDENTITIES, make_identity("a"))
    with listening(stand) as page:
        page.next("play")
        stand.publish(ENGAGEMENT, make_engagement(1, make_person("a", score=42), synthetic=True))
        figures = until(lambda: (f := live(stand))["stands"][0]["people"] and f, "the person")
    [north] = figures["stands"]
    assert (north["people"], north["attending"], north["engagement"], north["synthetic"]) == (1, 1, 42, True)
    assert (north["player"], north["on_screen"]["creative_id"]) == ("page", "shoe")
    assert north["on_screen"]["reason"] == "rotation"
    for secret in ("visit-a", "visitor-a", "track", "presence"):
        assert secret not in json.dumps(figures)


# What people do


def test_a_touch_is_on_the_bus_with_the_play_it_was_for(stand: Running) -> None:
    with listening(stand) as page:
        event = page.next("play")
        touch = {"interaction_id": "touch-1", "kind": "touch", "at_ns": at(0), "token": event["token"]}
        assert stand.http.post("/stands/north/interactions", json=touch).status_code == 200
    [interaction] = stand.read(INTERACTIONS)
    assert (interaction.kind, interaction.campaign_id, interaction.creative_id) == ("touch", "spring", "shoe")
    assert interaction.play_id == report_of(event, 0, 0)["play_id"]


def test_an_opt_out_counts_for_every_visit_that_is_present(stand: Running) -> None:
    stand.publish(IDENTITIES, make_identity("a"), make_identity("b"), make_identity("gone"))
    stand.publish(ENGAGEMENT, make_engagement(1, make_person("a"), make_person("b")))
    until(lambda: stand.clock.now_ns() >= at(1), "the snapshot")
    wish = {"interaction_id": "wish-1", "kind": "opt-out", "at_ns": at(1)}
    assert stand.http.post("/stands/north/interactions", json=wish).status_code == 200
    assert sorted(i.visit_id for i in stand.read(INTERACTIONS)) == ["visit-a", "visit-b"]


@pytest.mark.parametrize(
    "wish",
    [
        {"interaction_id": "i", "kind": "offer-redeemed", "at_ns": 1},
        {"interaction_id": "i", "kind": "touch", "at_ns": 1, "token": "forged"},
        {"kind": "touch", "at_ns": 1},
    ],
)
def test_a_malformed_interaction_is_refused(stand: Running, wish: dict[str, Any]) -> None:
    assert stand.http.post("/stands/north/interactions", json=wish).status_code == 422


# Files


def test_creatives_are_served_sandboxed_and_nothing_beside_them(stand: Running, folder: Path) -> None:
    (folder / "secret.txt").write_text("secret")
    (folder / "creatives" / "link.html").symlink_to(folder / "secret.txt")
    response = stand.http.get("/creatives/shoe.html")
    assert (response.status_code, response.headers["Content-Security-Policy"]) == (
        200,
        "sandbox allow-scripts",
    )
    for path in ("../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "link.html", "nothing.html", ""):
        assert stand.http.get(f"{stand.address}/creatives/{path}").status_code == 404, path


@pytest.mark.parametrize("path", ["/", "/live", "/stands/north", "/static/stand.js", "/static/live.css"])
def test_pages_are_served_and_name_no_other_host(stand: Running, path: str) -> None:
    response = stand.http.get(path)
    assert response.status_code == 200
    assert not re.findall(r"https?://(?!www\.w3\.org)", response.text)


# What breaks


def test_a_play_is_answered_only_when_the_bus_has_it(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, refusing, flush = MemoryBus(TOPICS), Event(), MemoryProducer.flush

    def flush_or_refuse(producer: MemoryProducer, timeout_s: float = 30.0) -> None:
        if refusing.is_set():
            raise PublishFailed("the bus is away")
        flush(producer, timeout_s)

    monkeypatch.setattr(MemoryProducer, "flush", flush_or_refuse)
    monkeypatch.setattr(web, "DURABLE_LIMIT_S", 0.3)
    with running_stand(folder, redis_url, SPRING, bus=bus) as stand, listening(stand) as page:
        report = report_of(page.next("play"), 0, 1, completed=False)
        refusing.set()
        assert post(stand, report).status_code == 503
        assert post(stand, report).headers["Retry-After"] == "1"
        refusing.clear()
        until(lambda: post(stand, report).status_code == 200, "the bus to be back")
    assert {p.play_id for p in read(bus, PLAYS)} == {report["play_id"]}


def test_a_stand_that_dies_loses_no_play(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus, published = MemoryBus(TOPICS), StandHandler.published
    dying = Event()

    def published_or_die(handler: StandHandler) -> None:
        if dying.is_set():
            raise RuntimeError("scripted end after publishing, before the answer")
        published(handler)

    monkeypatch.setattr(StandHandler, "published", published_or_die)
    clock = EventClock()
    clock.observe(at(0))
    with (  # noqa: PT012 - the end comes inside the block
        pytest.raises(RuntimeError, match="scripted end"),
        running_stand(folder, redis_url, SPRING, bus=bus, clock=clock) as stand,
        listening(stand) as page,
    ):
        port = httpx.URL(stand.address).port or 0
        report = report_of(page.next("play"), 0, 1, completed=False)
        dying.set()
        with pytest.raises(httpx.HTTPError):
            post(stand, report).raise_for_status()
        stand.ended.join(10)
    dying.clear()
    with running_stand(folder, redis_url, SPRING, bus=bus, clock=clock, port=port) as stand:
        until(lambda: not stand.health.reasons(), "the stand to be ready")
        assert post(stand, report).json()["accepted"] == [report["play_id"]]
    assert {p.play_id for p in read(bus, PLAYS)} == {report["play_id"]}


def test_a_player_keeps_its_plays_while_the_stand_is_away(
    folder: Path, redis_url: str, tmp_path: Path
) -> None:
    bus, clock, keep = MemoryBus(TOPICS), EventClock(), tmp_path / "kept"
    clock.observe(at(0))
    with running_stand(folder, redis_url, SPRING, bus=bus, clock=clock) as stand:
        port = httpx.URL(stand.address).port or 0
        stop = Event()
        player = Thread(target=VirtualPlayer(stand.address, ["north"], clock, keep).run, args=(stop,))
        player.start()
        until(lambda: live(stand)["stands"][0]["on_screen"], "the first play")
    clock.observe(at(9))
    until(lambda: keep.exists() and keep.read_text().count("\n") == 1, "the play to be kept")
    with running_stand(folder, redis_url, SPRING, bus=bus, clock=clock, port=port):
        until(lambda: read(bus, PLAYS), "the play on the bus")
        stop.set()
        player.join(20)
    assert read(bus, PLAYS)[0].completed
    assert keep.read_text() == ""


def test_without_a_store_at_start_the_stand_says_so(folder: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="does not answer; start it or set VITRINE_REDIS_URL"),
        running_stand(folder, "redis://127.0.0.1:1/0", SPRING, startup_limit_s=0.3),
    ):
        pass


def test_a_taken_port_is_named(folder: Path, redis_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(RuntimeError, match=f"cannot listen on 127.0.0.1:{port}.*VITRINE_STAND_PORT"),
            running_stand(folder, redis_url, SPRING, port=port),
        ):
            pass
