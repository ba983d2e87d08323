"""The loop reads while somebody watches, skips what is old, and survives a bus that is away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any, cast

from tests.builders import T0_NS, at, make_mall
from tests.console_builders import HandClock
from vitrine.bus import Bus, Record
from vitrine.errors import Unavailable
from vitrine.mall.folder import FixedMall
from vitrine.runtime.handler import Batch, Outputs
from vitrine.services.console.board import Board
from vitrine.services.console.handler import ConsoleHandler
from vitrine.services.console.loop import WatchLoop
from vitrine.services.console.viewers import Viewers
from vitrine.telemetry.health import Health
from vitrine.topics import ENGAGEMENT, FACES, FRAMES, IDENTITIES, Topic

Answer = Sequence[Record] | Unavailable


def record(topic: Topic, seconds: float) -> Record:
    """Return a record that decodes to nothing, appended `seconds` after T0_NS."""
    return Record(topic.name, 0, 0, "north", b"", {}, at(seconds))


class ScriptedBus:
    """Give tails that answer polls in turn; the last answer ends the run."""

    def __init__(self, stop: Event, *answers: Answer) -> None:
        self.stop = stop
        self.answers = list(answers)
        self.asked: list[Mapping[Topic, int]] = []
        self.skips = 0
        self.closes = 0

    def tail(self, topics: Mapping[Topic, int]) -> Any:
        self.asked.append(topics)
        return self

    def poll(self, timeout_s: float, max_records: int) -> Sequence[Record]:
        if not self.answers:
            self.stop.set()
            return []
        answer = self.answers.pop(0)
        if isinstance(answer, Unavailable):
            raise answer
        return answer

    def skip(self) -> None:
        self.skips += 1

    def close(self) -> None:
        self.closes += 1


class Listener(ConsoleHandler):
    """Remember the sizes of batches, and how often everything was forgotten."""

    def __init__(self) -> None:
        clock = HandClock()
        board = Board(clock, lambda: T0_NS, pictures=True)
        super().__init__(FixedMall(make_mall()), board, clock)
        self.sizes: list[int] = []
        self.forgotten = 0

    def handle(self, batch: Batch) -> Outputs:
        self.sizes.append(len(batch))
        return super().handle(batch)

    def forget(self) -> None:
        self.forgotten += 1
        super().forget()


class Run:
    """Run a loop at second 10, with one viewer, on a bus of these answers."""

    def __init__(self, *answers: Answer, pictures: bool = True) -> None:
        stop = Event()
        self.bus = ScriptedBus(stop, *answers)
        self.handler = Listener()
        self.health = Health()
        viewers = Viewers(1, HandClock())
        viewers.asks("somebody")
        loop = WatchLoop(
            cast(Bus, self.bus),
            self.handler,
            viewers,
            self.health,
            lambda: at(10),
            pictures=pictures,
        )
        loop.run(stop)


def test_it_reads_four_topics_with_the_last_decisions_of_identity() -> None:
    [topics] = Run().bus.asked
    assert topics[FRAMES] == 0
    assert topics[FACES] == 0
    assert topics[ENGAGEMENT] == 1
    assert topics[IDENTITIES] == 500


def test_without_pictures_frames_are_not_among_them() -> None:
    [topics] = Run(pictures=False).bus.asked
    assert FRAMES not in topics


def test_pictures_of_long_ago_are_skipped_with_all_that_waits() -> None:
    run = Run([record(FRAMES, 7.9)], [record(FRAMES, 8.1)])
    assert run.bus.skips == 1


def test_decisions_of_long_ago_are_not_skipped() -> None:
    run = Run([record(IDENTITIES, 0)])
    assert run.bus.skips == 0


def test_a_bus_that_goes_away_is_opened_again_and_nothing_old_stays() -> None:
    run = Run(Unavailable("Kafka is away"), [])
    assert len(run.bus.asked) == 2
    assert run.bus.closes == 2
    assert run.handler.forgotten == 2
    assert run.health.reasons() == {}
