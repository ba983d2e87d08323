"""Growing intervals between attempts."""

from __future__ import annotations

from threading import Event

import pytest

from vitrine.errors import Unavailable
from vitrine.runtime.backoff import Backoff, Stopped, until_available
from vitrine.telemetry.health import Health


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


class StopsAtOnce(Event):
    """Is set by the first wait, so that one attempt is made."""

    def wait(self, timeout: float | None = None) -> bool:
        return True


@pytest.mark.parametrize(
    ("limit_s", "expected"),
    [
        (60.0, "trying again, 60 s left: Kafka at a:1 does not answer"),
        (None, "trying again, for 0 s now: Kafka at a:1 does not answer"),
    ],
)
def test_who_waits_reads_for_what_and_how_long(
    limit_s: float | None,
    expected: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def ask() -> None:
        raise Unavailable("Kafka at a:1 does not answer")

    with pytest.raises(Stopped):
        until_available(
            ask,
            service="a",
            health=Health(),
            stop=StopsAtOnce(),
            limit_s=limit_s,
        )
    assert caplog.messages == [expected]
