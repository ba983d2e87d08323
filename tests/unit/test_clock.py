"""The event clock stands at the latest event; the system clock runs by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

from vitrine.clock import SECOND_NS, EventClock, Moment, SystemClock


def in_thread(wait: Callable[[], bool]) -> Future[bool]:
    """Begin to wait in a thread of its own."""
    pool = ThreadPoolExecutor(1)
    waiting = pool.submit(wait)
    pool.shutdown(wait=False)
    return waiting


def test_an_event_clock_begins_at_zero() -> None:
    assert EventClock().now_ns() == 0


def test_an_event_clock_stands_at_the_latest_event() -> None:
    clock = EventClock()
    clock.observe(5)
    clock.observe(3)
    assert clock.now_ns() == 5


def test_an_event_has_no_age_by_the_event_clock() -> None:
    clock = EventClock()
    clock.observe(5)
    assert clock.age_ns(3) is None


def test_waiting_for_an_event_that_was_ends_at_once() -> None:
    clock = EventClock()
    clock.observe(5)
    assert clock.wait_until(5, Event())


def test_waiting_ends_when_the_event_comes() -> None:
    clock = EventClock()
    waiting = in_thread(lambda: clock.wait_until(5, Event()))
    clock.observe(5)
    assert waiting.result(timeout=10)


def test_waiting_for_an_event_ends_with_a_stop() -> None:
    clock = EventClock()
    stop = Event()
    waiting = in_thread(lambda: clock.wait_until(5, stop))
    stop.set()
    assert not waiting.result(timeout=10)


def test_a_stop_comes_before_an_event_that_was() -> None:
    clock = EventClock()
    clock.observe(5)
    stop = Event()
    stop.set()
    assert not clock.wait_until(5, stop)


def test_the_system_clock_tells_how_long_ago_an_event_was() -> None:
    minute_ago_ns = time.time_ns() - 60 * SECOND_NS
    age_ns = SystemClock().age_ns(minute_ago_ns)
    assert age_ns is not None
    assert 60 * SECOND_NS <= age_ns < 90 * SECOND_NS


def test_the_system_clock_waits_as_long_as_asked() -> None:
    clock = SystemClock()
    at_ns = clock.now().steady_ns + SECOND_NS // 20
    assert clock.wait_until(at_ns, Event())
    assert clock.now().steady_ns >= at_ns


def test_the_system_clock_does_not_wait_for_the_past() -> None:
    assert SystemClock().wait_until(0, Event())


def test_waiting_by_the_system_clock_ends_with_a_stop() -> None:
    stop = Event()
    stop.set()
    hour_ns = 3_600 * SECOND_NS
    clock = SystemClock()
    assert not clock.wait_until(clock.now().steady_ns + hour_ns, stop)


def test_both_clocks_go_on_together() -> None:
    now = Moment(utc_ns=1_000, steady_ns=30)
    assert now.at_steady(35) == Moment(1_005, 35)
    assert now.at_utc(990) == Moment(990, 20)


def test_the_steady_clock_of_events_is_their_time() -> None:
    clock = EventClock()
    clock.observe(5)
    assert clock.now() == Moment(5, 5)
