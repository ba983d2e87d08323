"""Browsers that watch are counted, and gone when they do not ask any more."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import REGISTRY

from tests.console_builders import HandClock
from vitrine.services.console.viewers import GONE_S, TooMany, Viewers


def metric(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


def test_somebody_watches_as_long_as_a_browser_asks() -> None:
    clock = HandClock()
    viewers = Viewers(2, clock)
    assert not viewers.present()
    viewers.asks("a")
    clock.now_s = GONE_S - 1
    viewers.asks("a")
    clock.now_s = 2 * GONE_S - 1
    assert viewers.present()
    clock.now_s = 2 * GONE_S
    assert not viewers.present()


def test_waiting_ends_when_somebody_comes_and_not_before() -> None:
    viewers = Viewers(2, HandClock())
    assert not viewers.wait(0.001)
    viewers.asks("a")
    assert viewers.wait(0.001)


def test_one_browser_more_than_may_is_refused_until_another_goes() -> None:
    clock = HandClock()
    viewers = Viewers(1, clock)
    viewers.asks("a")
    with pytest.raises(TooMany):
        viewers.asks("b")
    viewers.asks("a")
    clock.now_s = GONE_S + 1
    viewers.asks("b")


def test_viewers_and_openings_are_metrics_and_openings_are_logged_without_a_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = HandClock()
    viewers = Viewers(5, clock)
    before = metric("vitrine_console_openings_total")
    with caplog.at_level(logging.INFO):
        viewers.asks("abcdef01")
        viewers.asks("abcdef01")
        viewers.asks("abcdef02")
        assert metric("vitrine_console_viewers") == 2
        clock.now_s = GONE_S + 1
        viewers.present()
    assert metric("vitrine_console_viewers") == 0
    assert metric("vitrine_console_openings_total") - before == 2
    assert [record.getMessage() for record in caplog.records] == [
        "the live view was opened; browsers that watch: 1",
        "the live view was opened; browsers that watch: 2",
        "the live view was closed; browsers that watch: 0",
    ]
