"""Signals to a program that ends in order."""

from __future__ import annotations

import os
import signal
from threading import Event

import pytest

from vitrine.site.interrupts import interrupts


class Ended(BaseException):
    """The process would be gone."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_to_stop_and_the_second_ends_at_once(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []

    def end(status: int) -> None:
        said.append(f"ended with {status}")
        raise Ended

    monkeypatch.setattr(os, "_exit", end)
    stop = Event()
    with interrupts(stop, lambda: said.append("last")):
        os.kill(os.getpid(), number)
        assert stop.wait(5)
        assert said == []
        with pytest.raises(Ended):
            signal.raise_signal(number)
    assert said == ["last", "ended with 130"]


def test_what_a_signal_did_before_it_does_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interrupts(Event()):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
