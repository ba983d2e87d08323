"""A site in one process: the composition of all services.

Each is made by its own `build()`, on the bus of the plan and an embedded Redis. No other room
knows more than one service.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from pydantic import SecretStr

from vitrine.bus import Bus
from vitrine.bus.choice import open_bus
from vitrine.clock import Clock, EventClock, SystemClock
from vitrine.errors import Unavailable
from vitrine.programme.commands import PlayReport
from vitrine.runtime import Context, Service, ServiceLoop
from vitrine.services.console.app import ConsoleService
from vitrine.services.customers.app import CustomersService
from vitrine.services.stand.app import StandService
from vitrine.services.stand.virtual_player import VirtualPlayer
from vitrine.settings import SERVICES, Settings
from vitrine.site.plan import Plan, defaults_of
from vitrine.site.process import find_build
from vitrine.site.recorder import RECORDED, Recorder
from vitrine.site.worker import Worker
from vitrine.stores.data_folder import DataFolder
from vitrine.stores.embedded import EmbeddedStore
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS

# Reading all models takes seconds on a slow machine. Chosen, not measured.
READY_LIMIT_S = 60.0
READY_TICK_S = 0.02

# At full speed, little is on its way when the sources end. Chosen, not measured.
DRAIN_LIMIT_S = 120.0

# Each ends after everything that it reads from, so that nothing on its way is cut off. The
# stand answers the player's last reports.
ORDER = (
    "ingest",
    "landmarks",
    "engagement",
    "identity",
    "player",
    "stand",
    "console",
    "analytics",
    "customers",
    "recorder",
)


def silent(step: str) -> None:
    """Say nothing."""


class Site:
    """Run a site, from cameras to campaign figures."""

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
        self._stores: list[EmbeddedStore] = []
        self._interrupted = Event()
        self._say: Callable[[str], None] = silent
        self._workers: dict[str, Worker] = {}
        self._console: ConsoleService | None = None
        self._customers: CustomersService | None = None

    @contextmanager
    def running(
        self,
        stop: Event | None = None,
        say: Callable[[str], None] = silent,
    ) -> Iterator[Site]:
        """Start everything; call `finish` in the block to end in order, leave it to end at once.

        `say` is told each step of the start. Raises KeyboardInterrupt when `stop` is set before
        all are ready.
        """
        self._interrupted = stop or Event()
        self._say = say
        with ExitStack() as stack:
            context = self._context(stack)
            services = self._build(context)
            stand = services["stand"]
            assert isinstance(stand, StandService)  # noqa: S101 - what its build() returns
            console = services["console"]
            assert isinstance(console, ConsoleService)  # noqa: S101 - likewise
            self._console = console
            customers = services.get("customers")
            listening = []
            if isinstance(customers, CustomersService):
                self._customers = customers
                listening.append(customers.listening)
            stack.callback(self._abandon)
            self._start("recorder", self._recorder_loop(context).run)
            for name, service in services.items():
                # The cameras wait: the first frame is taken when all others listen.
                if name != "ingest":
                    self._start(name, service.run)
            self._wait_until_ready(
                stand.listening,
                console.listening,
                self.recorder.listening,
                *listening,
            )
            self.address = stand.address
            self._start("player", self._player(context, stand).run)
            self._started = time.monotonic()
            self._start("ingest", services["ingest"].run)
            yield self

    def live_view(self) -> str:
        """Return an address that opens the live view of the cameras once, while the site runs."""
        assert self._console is not None  # noqa: S101 - the site runs
        return self._console.entrance()

    @property
    def customers_address(self) -> str:
        """Return where people join; empty where they cannot."""
        return self._customers.address if self._customers is not None else ""

    @property
    def sources_ended(self) -> bool:
        """True once every camera came to its end."""
        return not self._workers["ingest"].running

    @property
    def source_error(self) -> BaseException | None:
        """The fault of a camera: the others were watched to their end all the same."""
        return self._workers["ingest"].error

    def check(self) -> None:
        """Raise what stopped a service other than ingest, if one was stopped."""
        for name, worker in self._workers.items():
            if worker.error is not None and name != "ingest":
                raise worker.error

    def finish(self) -> None:
        """End in order, so that everything on its way is counted.

        Raises what stopped a service.
        """
        for name in ORDER:
            self.check()
            worker = self._workers.get(name)
            if worker is None:
                continue
            worker.finish(DRAIN_LIMIT_S)
        self.seconds = time.monotonic() - self._started
        self.check()

    def kill(self) -> None:
        """End what would outlive this process."""
        for store in self._stores:
            store.kill()

    # Composition

    def _context(self, stack: ExitStack) -> Context:
        """Return the common context; what it opens is closed with `stack`."""
        settings = self._settings(stack)
        self.redis_url = settings.redis_url.get_secret_value()
        bus = open_bus(settings)
        self.bus = bus
        stack.callback(bus.close)
        bus.apply_topics(TOPICS)
        clock: Clock = SystemClock()
        if self.plan.speed == "max":
            clock = EventClock()
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

    def _settings(self, stack: ExitStack) -> Settings:
        """Return the settings of the plan, with stores and keys where it names none."""
        settings = self.plan.settings
        if "redis_url" not in settings.model_fields_set:
            self._step("the stores")
            urls = {}
            for name in ("redis_url", "keys_url"):
                store = EmbeddedStore()
                self._stores.append(store)
                stack.callback(store.stop)
                store.start()
                urls[name] = SecretStr(store.url)
            settings = settings.model_copy(update=urls)
        for name in ("key_file", "reactions_key_file"):
            if getattr(settings, name) is None:
                folder = stack.enter_context(TemporaryDirectory())
                # What is sealed with it ends with the run.
                written = DataFolder(Path(folder)).key_file()
                settings = settings.model_copy(update={name: written})
        if settings.receipt_key_file is None:
            folder = stack.enter_context(TemporaryDirectory())
            written = DataFolder(Path(folder)).receipt_key_file()
            settings = settings.model_copy(update={"receipt_key_file": written})
        return settings

    def _build(self, context: Context) -> dict[str, Service]:
        services = {}
        for name in SERVICES:
            if name == "customers" and context.settings.keys_url is None:
                # A store elsewhere, without the one of its keys: nobody is recognised, or joins.
                continue
            self._step(name)
            build = find_build(name)
            own = self.plan.context_of(name, context)
            services[name] = build(own)
        return services

    def _recorder_loop(self, context: Context) -> ServiceLoop:
        return ServiceLoop(
            service="recorder",
            bus=context.bus,
            topics=RECORDED,
            handler=self.recorder,
            health=self.health,
            from_end=True,
        )

    def _player(self, context: Context, stand: StandService) -> VirtualPlayer:
        """Return a player of all stands."""
        mall = self.plan.mall.current()
        own = self.plan.context_of("player", context)
        return VirtualPlayer(
            self.address,
            [stand.id for stand in mall.stands],
            own.clock,
            token=stand.player_token,
            journal=self.journal,
            trust=stand.trust,
        )

    # Threads

    def _start(self, name: str, run: Callable[[Event], None]) -> None:
        if name in SERVICES and name != "ingest":
            self.health.unready(name, "starting")
        worker = Worker(name, run, self.changed)
        self._workers[name] = worker
        worker.start()

    def _wait_until_ready(self, *events: Event) -> None:
        """Wait until all services are ready and the events set.

        Raises what stopped a service, or Unavailable.
        """
        deadline = time.monotonic() + READY_LIMIT_S
        while not self._is_ready(*events):
            self.check()
            waited_for = ", ".join(self.health.reasons())
            self._step(f"waiting for {waited_for}" if waited_for else "nearly there")
            if time.monotonic() > deadline:
                reasons = self.health.reasons()
                raise Unavailable(f"not ready within {READY_LIMIT_S:g} s: {reasons}")
            self.changed.wait(READY_TICK_S)

    def _is_ready(self, *events: Event) -> bool:
        if self.health.reasons():
            return False
        return all(event.is_set() for event in events)

    def _step(self, step: str) -> None:
        if self._interrupted.is_set():
            raise KeyboardInterrupt
        self._say(step)

    def _abandon(self) -> None:
        for worker in self._workers.values():
            worker.abandon()
