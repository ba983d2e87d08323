"""Counters of stands that come and go."""

from __future__ import annotations

from prometheus_client import REGISTRY

from vitrine.services.stand.counters import remove_counters, start_counters
from vitrine.telemetry import metrics


def plays(stand: str, arm: str) -> float | None:
    return REGISTRY.get_sample_value(
        "vitrine_plays_started_total", {"stand": stand, "arm": arm}
    )


def test_a_stand_counts_from_zero_while_it_is_served_here() -> None:
    start_counters("measured")
    assert [plays("measured", arm) for arm in ("adaptive", "plain")] == [0, 0]
    offers = {"stand": "measured", "outcome": "unavailable"}
    assert REGISTRY.get_sample_value("vitrine_offers_total", offers) == 0
    finished = ("vitrine_plays_finished_total", {"stand": "measured"})
    assert REGISTRY.get_sample_value(*finished) == 0
    refused = ("vitrine_reports_refused_total", {"stand": "measured", "reason": "used"})
    assert REGISTRY.get_sample_value(*refused) == 0
    unproven = {"stand": "measured", "display": "unproven"}
    assert REGISTRY.get_sample_value("vitrine_screen_seconds_total", unproven) == 0
    metrics.PLAYS_STARTED.labels("measured", "plain").inc()
    start_counters("measured")
    assert plays("measured", "plain") == 1
    remove_counters("measured")
    assert plays("measured", "plain") is None
    assert REGISTRY.get_sample_value("vitrine_offers_total", offers) is None
    assert REGISTRY.get_sample_value(*finished) is None
    assert REGISTRY.get_sample_value(*refused) is None


def test_a_stand_that_was_never_served_can_go() -> None:
    remove_counters("never-served")
