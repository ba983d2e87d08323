"""The time that a picture stays on a broker's disk: `docs/privacy.md` promises it."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.brokers import KafkaBroker
from tests.processes import wait_for
from vitrine.bus import Message, Producer
from vitrine.bus.kafka import KafkaBus
from vitrine.topics import FRAMES, SECOND_MS

pytestmark = pytest.mark.kafka

TOPIC = replace(
    FRAMES,
    name="lifetime",
    partitions=2,
    retention_ms=2 * SECOND_MS,
    segment_ms=SECOND_MS,
)
RETENTION_S = 2.0
SEGMENT_S = 1.0
BROKER_S = 2.0
"""Check interval and delay of deletion in tests/kafka/server.properties."""
MARGIN_S = 3.0
"""For a machine with much else to do."""


class Pictures:
    """Write numbered records to one partition, and note their seconds on the broker's disk."""

    def __init__(self, producer: Producer, partition: int, data: Path) -> None:
        self._producer = producer
        self._partition = partition
        self._folder = data / f"{TOPIC.name}-{partition}"
        self._written_at: list[float] = []
        self.lives: dict[int, float] = {}

    def write(self) -> None:
        """Write the next one, and wait until the broker has it."""
        picture = f"picture {len(self._written_at)};".encode()
        message = Message(
            TOPIC.name,
            "camera",
            picture,
            partition=self._partition,
        )
        self._producer.send(message)
        self._producer.flush()
        self._written_at.append(time.monotonic())

    def gone(self) -> int:
        """Return how many are off the disk by now."""
        there = numbers_on_disk(self._folder)
        now = time.monotonic()
        for number, at in enumerate(self._written_at):
            if number not in there:
                self.lives.setdefault(number, now - at)
        return len(self.lives)


def numbers_on_disk(folder: Path) -> set[int]:
    """Return the numbers in all segments, also in those only marked as deleted."""
    while True:
        try:
            segments = [path.read_bytes() for path in folder.glob("*.log*")]
        except FileNotFoundError:
            # One was renamed meanwhile.
            continue
        found = re.findall(rb"picture (\d+);", b"".join(segments))
        return {int(number) for number in found}


def test_pictures_leave_the_disk_in_time_with_others_after_them_and_without(
    fresh_broker: KafkaBroker, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        bus = stack.enter_context(closing(KafkaBus(fresh_broker.servers)))
        bus.apply_topics([TOPIC])
        producer = stack.enter_context(closing(bus.producer()))
        day = Pictures(producer, 0, tmp_path / "data")
        night = Pictures(producer, 1, tmp_path / "data")
        for _ in range(3):
            night.write()

        def thirty_have_come_and_gone() -> bool:
            day.write()
            return night.gone() + day.gone() >= 33

        wait_for(thirty_have_come_and_gone, "30 pictures are off the disk", seconds=20)
    assert min(day.lives.values()) >= RETENTION_S
    assert max(day.lives.values()) <= RETENTION_S + SEGMENT_S + BROKER_S + MARGIN_S
    assert sorted(night.lives) == [0, 1, 2]
    assert min(night.lives.values()) >= RETENTION_S
    assert max(night.lives.values()) <= RETENTION_S + BROKER_S + MARGIN_S
