"""Damage runs on purpose, to see that the checks notice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from vitrine.bus import Bus, Consumer, Message, Producer, Tail
from vitrine.bus.interface import Partitions
from vitrine.clock import SECOND_NS, EventClock
from vitrine.recognition import RecognitionSettings
from vitrine.runtime import Context
from vitrine.schemas import FrameFaces
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.settings import Defaults
from vitrine.topics import FACES, Topic

# Both are far outside the tolerances of `scenarios.py`, so that a check has to fail.
SHIFT_NS: Final = 3 * SECOND_NS
LOST_SHARE: Final = 0.1

Change = Callable[[FrameFaces], FrameFaces]


@dataclass(frozen=True, slots=True)
class Fault:
    """Hold what is done to a run."""

    story: str
    defaults: Defaults = field(default_factory=dict)
    context_of: Callable[[str, Context], Context] = field(
        default=lambda _, context: context
    )


def bridging() -> Fault:
    """Let every hole in a track end a presence."""
    return Fault(
        "engagement joins no broken tracks",
        defaults={EngagementSettings: {"bridge_s": 0.0}},
    )


def deduplication() -> Fault:
    """Let no similarity of faces be enough."""
    return Fault(
        "identity takes every track for a new visitor",
        # A similarity of 1 is that of a picture with itself.
        defaults={RecognitionSettings: {"visitor_threshold": 0.999999}},
    )


def detections(seed: int = 1) -> Fault:
    """Lose faces at random, each frame anew."""

    def thinned(frame: FrameFaces) -> FrameFaces:
        # Of the frame alone, so that a run can be repeated in any order of frames.
        draw = random.Random(f"{seed}/{frame.camera_id}/{frame.captured_at_ns}")
        kept = [face for face in frame.faces if draw.random() >= LOST_SHARE]
        return frame.model_copy(update={"faces": tuple(kept)})

    return Fault(
        "landmarks loses 10 % of the faces it found",
        context_of=_faces_changed(thinned),
    )


def clock() -> Fault:
    """Set the camera's times 3 s ahead of the stand's."""
    ours = SkewedClock()

    def late(frame: FrameFaces) -> FrameFaces:
        at_ns = frame.captured_at_ns + SHIFT_NS
        return frame.model_copy(update={"captured_at_ns": at_ns})

    changed = _faces_changed(late)

    def context_of(service: str, context: Context) -> Context:
        # Where plays are decided and shown; what the cameras see comes from `landmarks`.
        if service in {"stand", "player"}:
            return replace(context, clock=ours)
        return changed(service, context)

    return Fault(
        "the camera's clock is 3 s ahead of the stand's", context_of=context_of
    )


def expressions() -> Fault:
    """Lose what faces show on its way."""

    def mute(frame: FrameFaces) -> FrameFaces:
        faces = [face.model_copy(update={"groups": None}) for face in frame.faces]
        return frame.model_copy(update={"faces": tuple(faces)})

    return Fault(
        "landmarks tells no groups of expressions", context_of=_faces_changed(mute)
    )


FAULTS: Final[Mapping[str, Callable[[], Fault]]] = {
    "bridging": bridging,
    "deduplication": deduplication,
    "detections": detections,
    "clock": clock,
    "expressions": expressions,
}


class SkewedClock(EventClock):
    """Follow events whose times are 3 s ahead, and be right."""

    def observe(self, at_ns: int) -> None:
        """Advance to 3 s before an event's time."""
        super().observe(at_ns - SHIFT_NS)


def _faces_changed(change: Change) -> Callable[[str, Context], Context]:
    def context_of(service: str, context: Context) -> Context:
        if service != "landmarks":
            return context
        bus = _ChangedFaces(context.bus, change)
        return replace(context, bus=bus)

    return context_of


@dataclass(frozen=True, slots=True)
class _ChangedFaces:
    """Wrap a bus, so that one service's faces come out changed."""

    bus: Bus
    change: Change

    def producer(self) -> Producer:
        return _ChangingProducer(self.bus.producer(), self.change)

    def consumer(
        self,
        group: str,
        topics: Sequence[Topic],
        *,
        on_assigned: Partitions | None = None,
        on_revoked: Partitions | None = None,
        from_end: bool = False,
    ) -> Consumer:
        return self.bus.consumer(
            group,
            topics,
            on_assigned=on_assigned,
            on_revoked=on_revoked,
            from_end=from_end,
        )

    def tail(self, topics: Mapping[Topic, int]) -> Tail:
        return self.bus.tail(topics)

    def backlog(self, group: str, topic: Topic) -> Mapping[int, int]:
        return self.bus.backlog(group, topic)

    def apply_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        return self.bus.apply_topics(topics)

    def check_topics(self, topics: Iterable[Topic]) -> Sequence[str]:
        return self.bus.check_topics(topics)

    def close(self) -> None:
        self.bus.close()


@dataclass(frozen=True, slots=True)
class _ChangingProducer:
    producer: Producer
    change: Change

    def send(self, message: Message) -> None:
        if message.topic == FACES.name:
            given = FrameFaces.model_validate_json(message.value)
            changed = self.change(given)
            message = replace(message, value=changed.to_json())
        self.producer.send(message)

    def flush(self, timeout_s: float = 30.0) -> None:
        self.producer.flush(timeout_s)

    def close(self) -> None:
        self.producer.close()
