"""A file gives the same faces and exposures in memory and over Kafka."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.brokers import KafkaBroker
from tests.recordings import close_to, events

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

SOURCE = "synthetic:?people=3&seed=9&seconds=12"


def record(folder: Path, bus: str, source: str, **environment: str) -> Path:
    command = [
        sys.executable,
        "-m",
        "vitrine.cli",
        "demo",
        "--bus",
        bus,
        "--source",
        source,
        "--speed",
        "max",
    ]
    done = subprocess.run(
        [*command, "--no-browser", "--port", "0", "--record", str(folder / bus)],
        env={
            **os.environ,
            "VITRINE_INGEST_START_NS": "1800000000000000000",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / bus


def by_time(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        frames,
        key=lambda frame: (frame["camera_id"], frame["captured_at_ns"], frame["ended"]),
    )


def by_id(exposures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        exposures, key=lambda exposure: (exposure["presence_id"], exposure["part"])
    )


def compare(
    tmp_path: Path, broker: KafkaBroker, source: str, **environment: str
) -> None:
    # Both at once: each is one process.
    with ThreadPoolExecutor() as runs:
        in_memory = runs.submit(record, tmp_path, "memory", source, **environment)
        over_kafka = runs.submit(
            record,
            tmp_path,
            "kafka",
            source,
            VITRINE_KAFKA_SERVERS=broker.servers,
            **environment,
        )
        memory = in_memory.result()
        kafka = over_kafka.result()
    faces = by_time(events(memory, "faces"))
    assert sum(len(frame["faces"]) for frame in faces) > 100
    for one, other in zip(faces, by_time(events(kafka, "faces")), strict=True):
        assert close_to(one, other)
    exposures = by_id(events(memory, "exposures"))
    assert exposures
    for one, other in zip(exposures, by_id(events(kafka, "exposures")), strict=True):
        assert close_to(one, other)


def test_a_synthetic_source(tmp_path: Path, fresh_broker: KafkaBroker) -> None:
    compare(tmp_path, fresh_broker, SOURCE)


@pytest.mark.shared
def test_a_real_video(tmp_path: Path, fresh_broker: KafkaBroker, shared: Path) -> None:
    video = str(shared / "video" / "two-people-head-pose.h264")
    compare(tmp_path, fresh_broker, video, VITRINE_MODELS=str(shared / "models"))
