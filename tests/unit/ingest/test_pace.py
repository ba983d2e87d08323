"""Real time and full speed."""

from __future__ import annotations

import time
from threading import Event, Thread

import pytest

from tests.builders import T0_NS, at
from vitrine.clock import SECOND_NS
from vitrine.services.ingest import pace as pace_module
from vitrine.services.ingest.pace import FullSpeed, Realtime


def test_in_real_time_a_picture_waits_for_its_moment() -> None:
    pace = Realtime()
    begun = time.monotonic()
    pace.begin(T0_NS)
    assert pace.wait("a", at(0.2), Event())
    assert 0.2 <= time.monotonic() - begun < 2


def test_in_real_time_a_picture_is_behind_by_what_its_source_waited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now_ns = 50 * SECOND_NS
    monkeypatch.setattr(time, "monotonic_ns", lambda: now_ns)
    pace = Realtime()
    pace.begin(T0_NS)
    now_ns += 3 * SECOND_NS
    assert pace.behind_ns(at(1)) == 2 * SECOND_NS
    assert pace.behind_ns(at(2.9)) == 0, "the next picture makes up for so little"
    assert pace.behind_ns(at(4)) == 0
    assert FullSpeed().behind_ns(at(1)) == 0


def test_waiting_ends_when_asked_to_stop() -> None:
    stop = Event()
    stop.set()
    slow = Realtime()
    fast = FullSpeed()
    for pace in (slow, fast):
        pace.begin(T0_NS)
        pace.join("a", T0_NS)
        pace.join("b", T0_NS)
        assert not pace.wait("a", at(100), stop)


def test_at_full_speed_one_source_waits_for_nothing() -> None:
    pace = FullSpeed()
    pace.join("a", T0_NS)
    assert pace.wait("a", at(3600), Event())


def test_at_full_speed_nobody_runs_far_ahead_of_the_slowest() -> None:
    pace = FullSpeed()
    there = Event()
    pace.join("fast", T0_NS)
    pace.join("slow", T0_NS)

    def run_ahead() -> None:
        pace.wait("fast", at(2), Event())
        there.set()

    fast = Thread(target=run_ahead)
    fast.start()
    assert pace.wait("slow", at(1.0), Event())
    early = there.is_set()
    assert pace.wait("slow", at(1.6), Event())
    fast.join(10)
    assert (early, there.is_set()) == (False, True)


def test_a_source_that_ended_is_not_waited_for() -> None:
    pace = FullSpeed()
    pace.join("fast", T0_NS)
    pace.join("ended", T0_NS)
    pace.leave("ended")
    assert pace.wait("fast", at(10), Event())


def test_a_source_that_stands_still_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace_module, "PATIENCE_S", 0.05)
    pace = FullSpeed()
    pace.join("fast", T0_NS)
    pace.join("hangs", T0_NS)
    assert pace.wait("fast", at(10), Event())
