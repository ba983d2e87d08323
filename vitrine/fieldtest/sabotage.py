"""Faults on purpose, to see the checks say no."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from vitrine.bus import Bus, Consumer, Message, Producer
from vitrine.bus.interface import Partitions
from vitrine.clock import EventClock
from vitrine.fieldtest.spans import SECOND
from vitrine.runtime import Context
from vitrine.schemas import FrameFaces
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.services.identity.settings import IdentitySettings
from vitrine.settings import Defaults
from vitrine.topics import FACES, Topic

SHIFT_NS: Final = 3 * SECOND
LOST_SHARE: Final = 0.1

Change = Callable[[FrameFaces], FrameFaces]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to a run."""

    story: str
    defaults: Defaults = field(default_factory=dict)
    context_of: Callable[[str, Context], Context] = field(
        default=lambda _, context: context
    )


def bridging() -> Fault:
    """Every hole in a track ends a presence."""
    return Fault(
        "engagement joins no broken tracks",
        {EngagementSettings: {"bridge_s": 0.0}},
    )


def deduplication() -> Fault:
    """No similarity of faces is ever enough."""
    return Fault(
        "identity takes every track for a new visitor",
        {IdentitySettings: {"visitor_threshold": 0.999999}},
    )


def detections(seed: int = 1) -> Fault:
    """Faces are lost at random, each frame anew."""

    def thinned(frame: FrameFaces) -> FrameFaces:
        draw = random.Random(f"{seed}/{frame.camera_id}/{frame.captured_at_ns}")
        kept = tuple(face for face in frame.faces if draw.random() >= LOST_SHARE)
        return frame.model_copy(update={"faces": kept})

    return Fault(
        "landmarks loses 10 % of the faces it found", context_of=_faces_changed(thinned)
    )


def clock() -> Fault:
    """The camera's times are 3 s ahead of the stand's."""
    ours = SkewedClock()

    def late(frame: FrameFaces) -> FrameFaces:
        return frame.model_copy(
            update={"captured_at_ns": frame.captured_at_ns + SHIFT_NS}
        )

    def context_of(service: str, context: Context) -> Context:
        if service in {"stand", "player"}:
            return replace(context, clock=ours)
        return _faces_changed(late)(service, context)

    return Fault(
        "the camera's clock is 3 s ahead of the stand's", context_of=context_of
    )


FAULTS: Final[Mapping[str, Callable[[], Fault]]] = {
    "bridging": bridging,
    "deduplication": deduplication,
    "detections": detections,
    "clock": clock,
}


class SkewedClock(EventClock):
    """Follows events whose times are 3 s ahead, and is right itself."""

    def observe(self, at_ns: int) -> None:
        """Advance to 3 s before an event's time."""
        super().observe(at_ns - SHIFT_NS)


def _faces_changed(change: Change) -> Callable[[str, Context], Context]:
    def context_of(service: str, context: Context) -> Context:
        return (
            replace(context, bus=_ChangedFaces(context.bus, change))
            if service == "landmarks"
            else context
        )

    return context_of


@dataclass(frozen=True, slots=True)
class _ChangedFaces:
    """A bus on which one service's faces come out changed."""

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
            frame = self.change(FrameFaces.model_validate_json(message.value))
            message = replace(message, value=frame.to_json())
        self.producer.send(message)

    def flush(self, timeout_s: float = 30.0) -> None:
        self.producer.flush(timeout_s)

    def close(self) -> None:
        self.producer.close()
