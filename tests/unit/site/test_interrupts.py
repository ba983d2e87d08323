"""Signals to a program that ends in order."""

from __future__ import annotations

import os
import signal
from threading import Event

import pytest

from vitrine.site.interrupts import interrupts


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_to_stop_and_the_second_ends_at_once(
    number: signal.Signals,
) -> None:
    stop = Event()
    with interrupts(stop):
        os.kill(os.getpid(), number)
        assert stop.wait(5)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)


def test_what_a_signal_did_before_it_does_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interrupts(Event()):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
