"""Failures cost nothing, then time."""

from __future__ import annotations

import pytest

from vitrine.web.attempts import FORGOTTEN_S, MOST, Attempts, subscriber


class HandClock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def failing(clock: HandClock) -> Attempts:
    """Return a limiter where `ada` has just failed for the third time; two are free."""
    attempts = Attempts(free=2, longest_s=5, clock_s=clock)
    assert [attempts.begin("ada") for _ in range(3)] == [0, 0, 0]
    return attempts


def test_the_wait_doubles_up_to_the_longest() -> None:
    clock = HandClock()
    attempts = failing(clock)
    waits = []
    for _ in range(5):
        wait_s = attempts.begin("ada")
        waits.append(wait_s)
        clock.now_s += wait_s
        assert attempts.begin("ada") == 0
    assert waits == [1, 2, 4, 5, 5]


def test_a_refused_attempt_does_not_lengthen_the_wait() -> None:
    clock = HandClock()
    attempts = failing(clock)
    assert [attempts.begin("ada") for _ in range(9)] == [1] * 9


def test_another_key_may_try() -> None:
    assert failing(HandClock()).begin("ben") == 0


def test_a_success_forgets_the_failures() -> None:
    attempts = failing(HandClock())
    attempts.succeeded("ada")
    assert attempts.begin("ada") == 0
    assert attempts.begin("ada") == 0


def test_failures_of_long_ago_are_forgotten() -> None:
    clock = HandClock()
    attempts = failing(clock)
    clock.now_s += FORGOTTEN_S + 2
    assert [attempts.begin("ada") for _ in range(3)] == [0, 0, 0]


def test_a_key_that_fails_for_ever_stays_limited() -> None:
    clock = HandClock()
    attempts = failing(clock)
    for _ in range(2_000):
        clock.now_s += 5
        assert attempts.begin("ada") == 0
    assert attempts.begin("ada") == 5


def test_memory_is_bounded_and_the_latest_stay() -> None:
    attempts = failing(HandClock())
    for number in range(MOST - 1):
        attempts.begin(str(number))
    assert attempts.begin("ada") == 1
    attempts.begin("one more")
    assert attempts.begin("ada") == 1
    assert len(attempts._failures) == MOST


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_an_address_is_counted_as_its_subscriber(host: str, key: str) -> None:
    assert subscriber(host) == key
