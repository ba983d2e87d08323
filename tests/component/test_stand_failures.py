"""No play is lost when the bus, the store or the stand itself fails."""

from __future__ import annotations

import socket
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from tests.builders import at
from tests.stand_builders import (
    read,
    running_stand,
)
from tests.stand_players import (
    SPRING,
    listening,
    live,
    post,
    report_of,
    until,
)
from vitrine.bus import PublishFailed
from vitrine.bus.memory import MemoryBus, MemoryProducer
from vitrine.clock import EventClock
from vitrine.runtime import Outputs
from vitrine.services.stand import report_routes
from vitrine.services.stand.handler import StandHandler
from vitrine.services.stand.virtual_player import VirtualPlayer
from vitrine.topics import PLAYS, TOPICS


def test_a_play_is_answered_only_when_the_bus_has_it(
    folder: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = MemoryBus(TOPICS)
    refusing = Event()
    flush = MemoryProducer.flush

    def flush_or_refuse(producer: MemoryProducer, timeout_s: float = 30.0) -> None:
        if refusing.is_set():
            raise PublishFailed("the bus is away")
        flush(producer, timeout_s)

    monkeypatch.setattr(MemoryProducer, "flush", flush_or_refuse)
    monkeypatch.setattr(report_routes, "DURABLE_LIMIT_S", 0.3)
    with (
        running_stand(folder, redis_url, SPRING, bus=bus) as stand,
        listening(stand) as page,
    ):
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
    bus = MemoryBus(TOPICS)
    published = StandHandler.published
    dying = Event()

    def published_or_die(handler: StandHandler, outputs: Outputs) -> None:
        if dying.is_set():
            raise RuntimeError("scripted end after publishing, before the answer")
        published(handler, outputs)

    monkeypatch.setattr(StandHandler, "published", published_or_die)
    clock = EventClock()
    clock.observe(at(0))
    with (  # noqa: PT012 - the end comes inside the block
        pytest.raises(RuntimeError, match="scripted end"),
        running_stand(
            folder,
            redis_url,
            SPRING,
            bus=bus,
            clock=clock,
        ) as stand,
        listening(stand) as page,
    ):
        port = httpx.URL(stand.address).port or 0
        report = report_of(page.next("play"), 0, 1, completed=False)
        dying.set()
        with pytest.raises(httpx.HTTPError):
            post(stand, report).raise_for_status()
        stand.ended.join(10)
    dying.clear()
    with running_stand(
        folder, redis_url, SPRING, bus=bus, clock=clock, port=port
    ) as stand:
        until(lambda: not stand.health.reasons(), "the stand to be ready")
        assert post(stand, report).json()["accepted"] == [report["play_id"]]
    assert {p.play_id for p in read(bus, PLAYS)} == {report["play_id"]}


def test_a_player_keeps_its_plays_while_the_stand_is_away(
    folder: Path, redis_url: str, tmp_path: Path
) -> None:
    bus = MemoryBus(TOPICS)
    clock = EventClock()
    keep = tmp_path / "kept"
    clock.observe(at(0))
    with running_stand(
        folder,
        redis_url,
        SPRING,
        bus=bus,
        clock=clock,
    ) as stand:
        port = httpx.URL(stand.address).port or 0
        stop = Event()
        player = Thread(
            target=VirtualPlayer(stand.address, ["north"], clock, keep).run,
            args=(stop,),
        )
        player.start()
        until(lambda: live(stand)["stands"][0]["on_screen"], "the first play")
    clock.observe(at(9))
    until(
        lambda: keep.exists() and keep.read_text().count("\n") == 1,
        "the play to be kept",
    )
    with running_stand(
        folder,
        redis_url,
        SPRING,
        bus=bus,
        clock=clock,
        port=port,
    ):
        until(lambda: read(bus, PLAYS), "the play on the bus")
        stop.set()
        player.join(20)
    assert read(bus, PLAYS)[0].completed
    assert keep.read_text() == ""


def test_without_a_store_at_start_the_stand_says_so(folder: Path) -> None:
    with (
        pytest.raises(
            RuntimeError, match="does not answer; start it or set VITRINE_REDIS_URL"
        ),
        running_stand(
            folder,
            "redis://127.0.0.1:1/0",
            SPRING,
            startup_limit_s=0.3,
        ),
    ):
        pass


def test_a_taken_port_is_named(folder: Path, redis_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(
                RuntimeError,
                match=f"cannot listen on 127.0.0.1:{port}.*VITRINE_STAND_PORT",
            ),
            running_stand(folder, redis_url, SPRING, port=port),
        ):
            pass
