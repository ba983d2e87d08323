"""Growing intervals between attempts."""

from __future__ import annotations

from threading import Event

import pytest

from vitrine.runtime.backoff import Backoff


def test_delays_double_up_to_the_longest() -> None:
    backoff = Backoff(first_s=1.0, longest_s=5.0)
    for longest_s in [1.0, 2.0, 4.0, 5.0, 5.0]:
        delay_s = backoff.next_s()
        assert longest_s / 2 <= delay_s <= longest_s


def test_delays_differ_from_process_to_process() -> None:
    assert Backoff().next_s() != Backoff().next_s()


def test_a_success_begins_again_with_the_first_delay() -> None:
    backoff = Backoff(first_s=1.0, longest_s=60.0)
    for _ in range(5):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= 1.0


@pytest.mark.parametrize("stopping", [True, False])
def test_a_wait_says_whether_to_stop(stopping: bool) -> None:
    stop = Event()
    if stopping:
        stop.set()
    assert Backoff(first_s=0.001, longest_s=0.001).wait(stop) is stopping
