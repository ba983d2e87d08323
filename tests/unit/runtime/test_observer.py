"""What a loop shows of records that the log deleted before they were read."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from tests.builders import received
from tests.campaign_scenario import make_play
from vitrine.bus import TopicPartition
from vitrine.clock import SECOND_NS
from vitrine.runtime.observer import Observer
from vitrine.telemetry.health import Health
from vitrine.topics import PLAYS

SOURCE = TopicPartition("plays", 0)


def missed() -> float:
    labels = {"service": "accounting", "topic": "plays"}
    return REGISTRY.get_sample_value("vitrine_records_missed_total", labels) or 0.0


@pytest.mark.parametrize(
    ("begins", "offsets", "expected"),
    [
        (5, [5, 6, 7], 0),
        # Retention went over what the group had not read.
        (5, [9, 10], 4),
        # From the start of a log nobody knows what was there before.
        (0, [9, 10], 0),
        (None, [9, 10], 0),
        (5, [5, 9], 3),
        # A replay.
        (5, [5, 6, 5, 6, 7], 0),
    ],
)
def test_records_that_are_gone_are_counted(
    begins: int | None, offsets: list[int], expected: int
) -> None:
    observer = Observer("accounting", [PLAYS], Health())
    if begins is not None:
        observer.expects(SOURCE, begins)
    before = missed()
    for offset in offsets:
        read = received(make_play(), offset=offset, partition=0)
        observer.read(read.record)
    assert missed() - before == expected


@pytest.mark.parametrize(
    ("waited_s", "upper"),
    [
        (0.018, "0.02"),
        (0.047, "0.05"),
        # The broker's clock is ahead.
        (-0.5, "0.001"),
    ],
)
def test_how_long_a_record_waited_falls_into_a_narrow_bucket(
    monkeypatch: pytest.MonkeyPatch, waited_s: float, upper: str
) -> None:
    read = received(make_play(), offset=0, partition=0).record
    now_ns = read.appended_at_ns + round(waited_s * SECOND_NS)
    monkeypatch.setattr("time.time_ns", lambda: now_ns)
    labels = {"service": f"waiter-{upper}", "topic": "plays"}
    Observer(labels["service"], [PLAYS], Health()).read(read)
    bounds = [0.001, 0.015, 0.02, 0.04, 0.05]
    counts = []
    for bound in bounds:
        of_bucket = {**labels, "le": str(bound)}
        name = "vitrine_record_wait_seconds_bucket"
        counts.append(REGISTRY.get_sample_value(name, of_bucket))
    expected = [float(bound >= float(upper)) for bound in bounds]
    assert counts == expected
