"""A service of a site that falls starts again, and only that one."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

import pytest
from prometheus_client import REGISTRY

from vitrine.site import parts
from vitrine.site.parts import Part, Run
from vitrine.telemetry.health import Health


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "FIRST_DELAY_S", 0.01)


class Service:
    """Falls as often as it is told to, then works until it is stopped."""

    def __init__(self, falls: int, *, when_made: bool = False) -> None:
        self.falls = falls
        self.when_made = when_made
        self.made = 0
        self.ended = False
        self.works = Event()

    def make(self) -> Run:
        self.made += 1
        if self.when_made and 1 < self.made <= self.falls + 1:
            raise RuntimeError("cannot be made")
        return self.run

    def run(self, stop: Event) -> None:
        if self.made <= self.falls:
            raise RuntimeError("out of order")
        self.works.set()
        stop.wait()
        self.ended = True


def make_part(service: Service, health: Health | None = None) -> Part:
    return Part(
        "test-service",
        service.make,
        health or Health(),
        changed=Event(),
    )


def look_until(part: Part, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not start again"
        part.look()
        time.sleep(0.01)


def restarts() -> float:
    labels = {"service": "test-service"}
    value = REGISTRY.get_sample_value("vitrine_service_restarts_total", labels)
    return value or 0.0


@pytest.mark.parametrize("falls", [0, 1, 3])
def test_it_runs_again_after_each_fall(falls: int) -> None:
    before = restarts()
    service = Service(falls)
    part = make_part(service)
    part.start()
    look_until(part, service.works.is_set)
    assert service.made == falls + 1
    assert restarts() - before == falls
    part.finish(limit_s=5)
    assert service.ended


def test_one_that_cannot_be_made_again_is_tried_again() -> None:
    service = Service(2, when_made=True)
    part = make_part(service)
    part.start()
    look_until(part, service.works.is_set)
    assert service.made == 4
    part.finish(limit_s=5)


def test_its_health_says_why(caplog: pytest.LogCaptureFixture) -> None:
    health = Health()
    service = Service(1)
    part = make_part(service, health)
    part.start()
    look_until(part, lambda: bool(health.reasons()))
    assert health.reasons() == {"test-service": "fell: out of order"}
    assert "test-service fell: out of order; it starts again in" in caplog.text
    part.abandon()


def test_what_is_wrong_at_the_first_start_is_told_to_whoever_started_it() -> None:
    def make() -> Run:
        raise RuntimeError("wrong")

    part = Part("test-service", make, Health(), Event())
    with pytest.raises(RuntimeError, match="wrong"):
        part.start()


def test_the_end_of_one_that_lies_is_no_error() -> None:
    service = Service(9)
    part = make_part(service)
    part.start()
    look_until(part, lambda: service.made > 1)
    part.finish(limit_s=1)
    part.abandon()
