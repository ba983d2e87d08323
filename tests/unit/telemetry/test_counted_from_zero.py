"""Counters begin at zero before anything happens: Prometheus then sees the first time as a rise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from prometheus_client import REGISTRY

from tests.ingest_builders import (
    make_camera,
    make_run,
    make_shared,
    make_shot,
    make_source,
)
from vitrine.bus import Received
from vitrine.bus.memory import MemoryBus
from vitrine.mall.folder import MallFolder
from vitrine.runtime import Handler, Outputs, ServiceLoop
from vitrine.telemetry.health import Health
from vitrine.topics import COVERAGE, TOPICS


def value(name: str, **labels: str) -> float | None:
    """Return what a scrape would show; None if there is no such sample."""
    return REGISTRY.get_sample_value(name, labels)


class Idle(Handler):
    """Stop the loop at the first batch."""

    def __init__(self, stop: Event) -> None:
        self.stop = stop

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        self.stop.set()
        return Outputs()


def test_a_camera_and_each_reason_to_drop_its_frames() -> None:
    source = make_source([make_shot(0)])
    run = make_run(source, make_shared(), make_camera(id="zero"))
    run.run()
    for reason in ("overload", "bus", "unreadable", "too-large"):
        assert (
            value(
                "vitrine_frames_dropped_total",
                camera="zero",
                reason=reason,
            )
            == 0
        )
    assert value("vitrine_camera_frames_total", camera="zero") == 1
    assert value("vitrine_clock_jumps_total", camera="zero") == 0
    assert value("vitrine_camera_reconnects_total", camera="zero") == 0


def test_usable_time_and_all_time_of_a_camera() -> None:
    black = np.zeros((48, 64, 3), np.uint8)
    # A camera is looked at once a second.
    unusable = [make_shot(number / 10, black) for number in range(10)]
    usable = [make_shot(number / 10) for number in range(10, 30)]
    source = make_source([*unusable, *usable])
    run = make_run(source, make_shared(), make_camera(id="half"))
    run.run()
    assert value("vitrine_camera_time_seconds_total", camera="half") == 3.0
    assert value("vitrine_camera_usable_seconds_total", camera="half") == 2.0


def test_a_loop_and_each_of_its_topics() -> None:
    stop = Event()
    loop = ServiceLoop(
        "idler",
        MemoryBus(TOPICS),
        [COVERAGE],
        Idle(stop),
        Health(),
        idle_s=0.01,
    )
    loop.run(stop)
    of_topic = {"service": "idler", "topic": "coverage"}
    assert value("vitrine_records_in_total", **of_topic) == 0
    assert value("vitrine_records_invalid_total", **of_topic) == 0
    assert value("vitrine_consumer_lag", **of_topic) == 0
    assert value("vitrine_retries_total", service="idler") == 0
    assert value("vitrine_handler_seconds_count", service="idler") == 0
    # A call without records is no batch.
    assert value("vitrine_batch_records_count", service="idler") == 0


def test_refused_configurations() -> None:
    MallFolder(Path("nowhere"))
    refused = value(
        "vitrine_config_reloads_total",
        file="mall",
        outcome="refused",
    )
    assert refused is not None
