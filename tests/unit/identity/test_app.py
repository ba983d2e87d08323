"""The setting chooses who names customers."""

from __future__ import annotations

from threading import Event
from threading import enumerate as threads

from redis import Redis

from tests.builders import make_mall
from tests.unit.identity.toy_stand import ENROLLED
from vitrine.bus.memory import MemoryBus
from vitrine.mall.folder import FixedMall
from vitrine.recognition import RecognitionSettings
from vitrine.runtime import Context
from vitrine.runtime.program import Service
from vitrine.services.identity.app import LearningService, build
from vitrine.services.identity.learner import Learner
from vitrine.settings import Settings
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS


def built(method: str) -> Service:
    context = Context(
        settings=Settings(),
        bus=MemoryBus(TOPICS),
        mall=FixedMall(make_mall(ENROLLED)),
        health=Health(),
        redis=Redis,
        defaults={RecognitionSettings: {"method": method}},
    )
    return build(context)


def test_only_a_network_has_a_learner() -> None:
    assert isinstance(built("fnn"), LearningService)
    assert not isinstance(built("knn"), LearningService)


class Loop:
    """Tells whether somebody learns beside it."""

    def __init__(self) -> None:
        self.beside: list[str] = []

    def run(self, stop: Event) -> None:
        self.beside = [thread.name for thread in threads()]


def test_the_learner_works_as_long_as_the_loop() -> None:
    loop = Loop()
    LearningService(loop, Learner()).run(Event())
    assert "identity-learner" in loop.beside
    assert "identity-learner" not in [thread.name for thread in threads()]
