"""All services in one process: the same `build()` of each, the memory bus, an embedded Redis.

This is the only place that knows more than one service.
"""

from __future__ import annotations

import os
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Literal

from pydantic import SecretStr

from vitrine.bus import Bus
from vitrine.bus.choice import open_bus
from vitrine.clock import Clock, EventClock, SystemClock
from vitrine.errors import Unavailable
from vitrine.mall.folder import MallSource
from vitrine.programme.commands import PlayReport
from vitrine.runtime import Context, Service, ServiceLoop
from vitrine.runtime.stop import DrainingStop
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.stand.app import StandService
from vitrine.services.stand.settings import StandSettings
from vitrine.services.stand.virtual_player import VirtualPlayer
from vitrine.settings import SERVICES, Defaults, EnvironmentSettings, Settings
from vitrine.site.process import find_build
from vitrine.site.recorder import RECORDED, Recorder
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS

READY_LIMIT_S = 60.0
DRAIN_LIMIT_S = 120.0
ORDER = (
    "ingest",
    "landmarks",
    "engagement",
    "identity",
    "player",
    "stand",
    "analytics",
    "recorder",
)
"""Who ends after whom, so that nothing on its way is cut off."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run."""

    settings: Settings
    mall: MallSource
    speed: Literal["realtime", "max"] = "realtime"
    seconds: float | None = None
    port: int = 8000
    record: Path | None = None
    defaults: Defaults = field(default_factory=dict)
    """Settings of single services; a variable of the environment wins over them."""
    context_of: Callable[[str, Context], Context] = field(
        default=lambda _, context: context
    )
    """What a service, or `player`, is given in place of the common context: the place to put faults."""


class Worker:
    """One service in a thread, and how it ended."""

    def __init__(self, name: str, run: Callable[[Event], None], ended: Event) -> None:
        self.name = name
        self.stop = DrainingStop()
        self.error: BaseException | None = None
        self._run = run
        self._ended = ended
        self._thread = Thread(target=self._work, name=name)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def _work(self) -> None:
        try:
            self._run(self.stop)
        except BaseException as error:  # noqa: BLE001 - kept, and raised again by the site
            self.error = error
        finally:
            self._ended.set()

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        return self._thread.is_alive()

    def finish(self, limit_s: float) -> None:
        """Let it handle what is on the bus, then end; at once after the limit."""
        self.stop.set()
        self._thread.join(limit_s)
        if self.running:
            self.error = Unavailable(
                f"{self.name} did not catch up within {limit_s:g} s; figures are incomplete"
            )
        self.abandon()

    def abandon(self) -> None:
        """End now."""
        self.stop.abandon()
        if self._thread.ident is not None:
            self._thread.join(10)


class Site:
    """A running site, from cameras to campaign figures."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.health = Health()
        self.recorder = Recorder(plan.record)
        self.address = ""
        self.redis_url = ""
        self.bus: Bus | None = None
        """While it runs."""
        self.journal: list[tuple[str, PlayReport]] = []
        """Stand and play, as the player finished them."""
        self.changed = Event()
        """Set when some service ended."""
        self.seconds = 0.0
        """From the first look through a camera until everything was counted."""
        self._started = 0.0
        self._workers: dict[str, Worker] = {}

    @contextmanager
    def running(self) -> Iterator[Site]:
        """Start everything; call `finish` in the block to end in order, leave it to end at once."""
        with ExitStack() as stack:
            context = self._context(stack)
            services = self._build(context)
            stand = services["stand"]
            assert isinstance(stand, StandService)  # noqa: S101 - the only one that people look at
            stack.callback(self._abandon)
            self._start("recorder", self._recorder_loop(context).run)
            for name, service in services.items():
                if name != "ingest":
                    self._start(name, service.run)
            self._wait_until_ready(stand.listening, self.recorder.listening)
            self.address = stand.address
            stand_ids = [stand.id for stand in self.plan.mall.current().stands]
            player = VirtualPlayer(
                self.address,
                stand_ids,
                self.plan.context_of("player", context).clock,
                token=stand.player_token,
                journal=self.journal,
            )
            self._start("player", player.run)
            self._started = time.monotonic()
            self._start("ingest", services["ingest"].run)
            yield self

    def _context(self, stack: ExitStack) -> Context:
        settings = self.plan.settings
        if "redis_url" not in settings.model_fields_set:
            url = stack.enter_context(embedded_redis())
            settings = settings.model_copy(update={"redis_url": SecretStr(url)})
        self.redis_url = settings.redis_url.get_secret_value()
        if settings.key_file is None:
            key_file = Path(stack.enter_context(TemporaryDirectory())) / "keys"
            key_file.write_text(f"demo {b64encode(os.urandom(32)).decode()}\n")
            settings = settings.model_copy(update={"key_file": key_file})
        bus = self.bus = open_bus(settings)
        stack.callback(bus.close)
        bus.apply_topics(TOPICS)
        clock: Clock = EventClock() if self.plan.speed == "max" else SystemClock()
        return Context(
            settings=settings,
            bus=bus,
            mall=self.plan.mall,
            health=self.health,
            redis=lambda: connect(self.redis_url),
            clock=clock,
            finite=True,
            defaults=defaults_of(self.plan),
        )

    def _build(self, context: Context) -> dict[str, Service]:
        services = {}
        for name in SERVICES:
            build = find_build(name)
            services[name] = build(self.plan.context_of(name, context))
        return services

    def _recorder_loop(self, context: Context) -> ServiceLoop:
        return ServiceLoop(
            "recorder", context.bus, RECORDED, self.recorder, self.health, from_end=True
        )

    def _start(self, name: str, run: Callable[[Event], None]) -> None:
        if name in SERVICES and name != "ingest":
            self.health.unready(name, "starting")
        worker = self._workers[name] = Worker(name, run, self.changed)
        worker.start()

    def _wait_until_ready(self, *events: Event) -> None:
        """The first frame is taken when everybody listens. Raises what stopped a service, or Unavailable."""
        deadline = time.monotonic() + READY_LIMIT_S
        while self.health.reasons() or not all(event.is_set() for event in events):
            self.check()
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"not ready within {READY_LIMIT_S:g} s: {self.health.reasons()}"
                )
            self.changed.wait(0.02)

    @property
    def sources_ended(self) -> bool:
        """Whether every camera came to its end."""
        return not self._workers["ingest"].running

    @property
    def source_error(self) -> BaseException | None:
        """What is wrong with a camera: the others were watched to their end all the same."""
        return self._workers["ingest"].error

    def check(self) -> None:
        """Raises what stopped a service other than ingest, if one was stopped."""
        for name, worker in self._workers.items():
            if worker.error is not None and name != "ingest":
                raise worker.error

    def finish(self) -> None:
        """End in order: sources first, then whoever reads them, so that everything on its way is counted.

        Raises what stopped a service.
        """
        for name in ORDER:
            self.check()
            self._workers[name].finish(DRAIN_LIMIT_S)
        self.seconds = time.monotonic() - self._started
        self.check()

    def _abandon(self) -> None:
        for worker in self._workers.values():
            worker.abandon()


def defaults_of(plan: Plan) -> Defaults:
    """Return the settings of services that follow from a plan, and those it names."""
    ingest: dict[str, Any] = {"speed": plan.speed}
    if plan.seconds is not None:
        ingest["seconds"] = plan.seconds
    if plan.record is not None:
        ingest["truth"] = plan.record / "truth.jsonl"
    defaults: dict[type[EnvironmentSettings], Mapping[str, Any]] = {
        IngestSettings: ingest,
        StandSettings: {"port": plan.port},
    }
    for settings, values in plan.defaults.items():
        defaults[settings] = {**defaults.get(settings, {}), **values}
    return defaults
