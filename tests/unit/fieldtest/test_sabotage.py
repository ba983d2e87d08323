"""Damage events by the faults."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.builders import at, make_face, make_frame_faces, make_mall
from vitrine.bus import Outgoing, encode
from vitrine.bus.memory import MemoryBus
from vitrine.clock import EventClock
from vitrine.fieldtest.sabotage import FAULTS, Fault, SkewedClock
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context
from vitrine.schemas import FrameFaces
from vitrine.settings import Settings
from vitrine.telemetry.health import Health
from vitrine.topics import FACES, TOPICS


def context() -> Context:
    def no_redis() -> object:
        raise NotImplementedError

    redis: Callable[[], object] = no_redis
    mall = FixedMall(make_mall())
    return Context(
        Settings(),
        MemoryBus(TOPICS),
        mall,
        Health(),
        redis,  # type: ignore[arg-type]
    )


def published(fault: Fault, *frames: FrameFaces) -> list[FrameFaces]:
    """Return the frames that come out when `landmarks` publishes these."""
    given = context()
    consumer = given.bus.consumer("test", [FACES])
    consumer.poll(0, 1)
    producer = fault.context_of("landmarks", given).bus.producer()
    for frame in frames:
        producer.send(encode(Outgoing(FACES, frame.stand_id, frame)))
    producer.flush()
    records = consumer.poll(1, 1000)
    return [FrameFaces.model_validate_json(record.value) for record in records]


def test_a_tenth_of_the_faces_is_lost_and_the_same_ones_each_time() -> None:
    faces = [make_face("a"), make_face("b")]
    frames = [make_frame_faces(n / 10, faces) for n in range(500)]
    first = published(FAULTS["detections"](), *frames)
    again = published(FAULTS["detections"](), *frames)
    assert first == again
    assert len(first) == 500
    kept = sum(len(frame.faces) for frame in first)
    assert kept == pytest.approx(900, abs=30)


def test_the_cameras_clock_is_ahead_of_the_stands() -> None:
    fault = FAULTS["clock"]()
    (frame,) = published(fault, make_frame_faces(1.0, [make_face("a")]))
    clock = fault.context_of("stand", context()).clock
    assert isinstance(clock, SkewedClock)
    assert clock is fault.context_of("player", context()).clock
    clock.observe(frame.captured_at_ns)
    assert (frame.captured_at_ns, clock.now_ns()) == (at(4), at(1))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_touches_only_its_services(name: str) -> None:
    given = context()
    assert FAULTS[name]().context_of("analytics", given) is given
    assert not isinstance(given.clock, EventClock)
