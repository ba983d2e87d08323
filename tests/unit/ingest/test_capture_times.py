"""Which pictures are taken, and the capture times they get."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from vitrine.services.ingest.times import (
    FILE_JITTER,
    LIVE_JITTER,
    CaptureTimes,
    Rate,
    StreamTimes,
)

SECOND = 10**9


def jumps(camera: str) -> float:
    return (
        REGISTRY.get_sample_value("vitrine_clock_jumps_total", {"camera": camera})
        or 0.0
    )


@pytest.mark.parametrize(
    ("fps", "jitter", "times_ms", "expected"),
    [
        (60, FILE_JITTER, [0, 40, 80], [0, 40, 80]),
        (
            10,
            FILE_JITTER,
            [0, 40, 80, 120, 160, 200, 240, 280, 320],
            [0, 120, 200, 320],
        ),
        (30, FILE_JITTER, [0, 33, 67, 100, 133], [0, 33, 67, 100, 133]),
        (10, LIVE_JITTER, [0, 130, 180, 340, 390, 510], [0, 130, 180, 340, 390, 510]),
        (10, FILE_JITTER, [0, 5_030, 5_040, 5_130], [0, 5_030, 5_130]),
        (10, FILE_JITTER, [9_000, 0, 20, 100], [9_000, 0, 100]),
    ],
    ids=[
        "slower source",
        "faster source",
        "rounded to ms",
        "jitter",
        "gap",
        "clock went back",
    ],
)
def test_one_picture_a_step(
    fps: float,
    jitter: float,
    times_ms: list[int],
    expected: list[int],
) -> None:
    rate = Rate(fps, jitter)
    assert [at for at in times_ms if rate.accepts(at * 1_000_000)] == expected


def test_capture_times_follow_the_clock() -> None:
    times = CaptureTimes("steady")
    assert [times.stamp(at, at) for at in (100, 200, 300)] == [100, 200, 300]
    assert jumps("steady") == 0


def test_a_clock_that_goes_back_gives_increasing_times_and_counts_once() -> None:
    times = CaptureTimes("back")
    clock = [10 * SECOND, 9 * SECOND, 9 * SECOND + 1, 11 * SECOND]
    stamps = [times.stamp(at, steady) for steady, at in enumerate(clock)]
    assert stamps == [10 * SECOND, 10 * SECOND + 1, 10 * SECOND + 2, 11 * SECOND]
    assert jumps("back") == 1


def test_a_clock_that_leaps_ahead_is_followed_and_counted() -> None:
    times = CaptureTimes("ahead")
    stamps = [
        times.stamp(at * SECOND, steady * SECOND)
        for at, steady in [(0, 0), (3601, 1), (3602, 2)]
    ]
    assert stamps == [0, 3601 * SECOND, 3602 * SECOND]
    assert jumps("ahead") == 1


def test_a_camera_that_was_away_did_not_jump() -> None:
    times = CaptureTimes("away")
    assert [times.stamp(at, at) for at in (0, 3600 * SECOND)] == [0, 3600 * SECOND]
    assert jumps("away") == 0


@pytest.mark.parametrize(
    ("positions_s", "expected_s"),
    [
        ([0, 0.04, 0.08], [0, 0.04, 0.08]),
        ([0.5, 0.54, 0.6], [0, 0.04, 0.1]),
        ([0, 0, 0], [0, 0.025, 0.05]),
        ([None, None, None], [0, 0.025, 0.05]),
        ([0, None, 0.1], [0, 0.025, 0.05]),
        ([0, 0.1, 0, 0.1], [0, 0.1, 0.125, 0.225]),
        ([0, 9, 18], [0, 9, 18]),
        ([0, 0.1, 21_600, 21_600.1], [0, 0.1, 0.125, 0.225]),
        ([21_600, 0, 0.1], [0, 0.025, 0.125]),
    ],
    ids=[
        "own",
        "starts late",
        "stands still",
        "none",
        "one without",
        "joined",
        "pauses",
        "leaps ahead",
        "leaps back",
    ],
)
def test_times_of_a_recording(
    positions_s: list[float | None], expected_s: list[float]
) -> None:
    times = StreamTimes("stream", rate=40)
    found = [times.next_ns(position) / SECOND for position in positions_s]
    assert found == pytest.approx(expected_s)


def test_a_slow_recording_does_not_leap() -> None:
    times = StreamTimes("slow", rate=1 / 30)
    found = [times.next_ns(position) / SECOND for position in (0, 30, 60)]
    assert found == [0, 30, 60]
    assert jumps("slow") == 0


@pytest.mark.parametrize(
    ("positions_s", "expected"),
    [([0, 0.1, 0], 1), ([0, 11, 11.1], 1), ([0, 9, 18], 0)],
)
def test_jumps_of_a_recording_are_counted(
    positions_s: list[float], expected: int
) -> None:
    before = jumps("joined")
    times = StreamTimes("joined", rate=40)
    for position in positions_s:
        times.next_ns(position)
    assert jumps("joined") - before == expected
