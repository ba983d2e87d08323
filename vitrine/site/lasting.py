"""A small site for every day: all services in one process, with a store that stays."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, Final

from pydantic import SecretStr

from vitrine.bus.choice import open_bus
from vitrine.errors import ConfigurationError
from vitrine.mall import Stand
from vitrine.mall.folder import MallFolder
from vitrine.runtime import Context
from vitrine.services.customers.app import CustomersService
from vitrine.services.customers.settings import CustomersSettings
from vitrine.services.stand.app import StandService
from vitrine.services.stand.settings import StandSettings
from vitrine.services.stand.virtual_player import VirtualPlayer
from vitrine.settings import SERVICES, Defaults, Settings
from vitrine.site.own_pages import free_port, passed_on
from vitrine.site.parts import Part, Run
from vitrine.site.process import find_build
from vitrine.site.systemd import notify
from vitrine.stores.data_folder import REACTION_KEYS, DataFolder
from vitrine.stores.embedded import EmbeddedStore
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS
from vitrine.web.health_server import health_server
from vitrine.web.names import ServerNames
from vitrine.web.tokens import is_loopback

logger = logging.getLogger(__name__)

# How often services and store are looked at. Chosen, not measured.
TICK_S: Final = 0.5
# At the end, little is on its way between the services of one process. Chosen, not measured.
DRAIN_LIMIT_S: Final = 20.0
PLAYER: Final = "player"
STORE: Final = "store"

# Each ends after everything that it reads from, so that nothing on its way is lost.
ORDER: Final = (
    "ingest",
    "landmarks",
    "engagement",
    "identity",
    PLAYER,
    "stand",
    "console",
    "analytics",
    "customers",
)


@dataclass(frozen=True, slots=True)
class SitePlan:
    """Say what a lasting site runs on."""

    settings: Settings
    data: Path
    port: int | None = None
    """Of the pages; None for the one of the environment."""
    virtual_player: bool = False
    """Play at every stand, where no screen does."""


class LastingSite:
    """Run a site until it is asked to stop; start again what falls."""

    def __init__(self, plan: SitePlan) -> None:
        self.plan = plan
        self.health = Health()
        self.mall = MallFolder(plan.settings.config, plan.data)
        self.settings = plan.settings
        self.health_port = 0
        self._defaults: Defaults = {}
        self._parts: dict[str, Part] = {}
        self._changed = Event()
        self._stores: list[EmbeddedStore] = []
        self._stand: StandService | None = None
        self._customers: CustomersService | None = None

    def run(
        self,
        stop: Event,
        ready: Callable[[LastingSite], None],
    ) -> None:
        """Work until `stop`; `ready` is called once all services can work.

        Raises ConfigurationError for what nobody could run: a wrong configuration, a port or a
        folder that is taken.
        """
        data = DataFolder(self.plan.data)
        # Wrong files are told before anything starts.
        self.mall.current()
        with ExitStack() as stack:
            stack.enter_context(data.locked())
            self._prepare(data, stack)
            context = self._context(stack)
            for name in self._names():
                make = partial(self._make, name, context)
                self._parts[name] = Part(name, make, self.health, self._changed)
            stack.callback(self._abandon)
            for part in self._parts.values():
                part.start()
            server = health_server(
                self.health,
                self.settings.health_host,
                self.settings.health_port,
                ServerNames(self.settings.own_names()),
            )
            self.health_port = stack.enter_context(server)
            self._watch(stop, ready)
            notify("STOPPING=1")
            self._finish()

    def kill(self) -> None:
        """End what would outlive this process."""
        for store in self._stores:
            store.kill()

    @property
    def address(self) -> str:
        """Return the address of the pages, once the stand listens."""
        return self._stand.address if self._stand is not None else ""

    @property
    def customers_address(self) -> str:
        """Return where people join, once that listens."""
        return self._customers.address if self._customers is not None else ""

    @property
    def player_token(self) -> SecretStr | None:
        """Return what screens need to play."""
        return self._stand.player_token if self._stand is not None else None

    def stands(self) -> Sequence[Stand]:
        """Return the stands as they are configured now."""
        return self.mall.current().stands

    # Composition

    def _prepare(self, data: DataFolder, stack: ExitStack) -> None:
        """Add to the settings what the environment leaves open."""
        settings = self.plan.settings
        added: dict[str, Any] = {}
        if settings.keys_url is None:
            key_store = stack.enter_context(data.key_store())
            self._stores.append(key_store)
            added["keys_url"] = SecretStr(key_store.url)
        if "redis_url" not in settings.model_fields_set:
            store = stack.enter_context(data.store())
            self._stores.append(store)
            added["redis_url"] = SecretStr(store.url)
        added |= files_of(settings, data)
        self.settings = settings.model_copy(update=added)
        pages = passed_on(settings.http_host, free_port(), free_port())
        stand = dict(pages[StandSettings])
        stand["offers_mark"] = data.path / "offers-mark"
        if self.plan.port is not None:
            stand["port"] = self.plan.port
        if not is_loopback(settings.http_host):
            stand["player_token"] = data.token("player-token")
        self._defaults = {**pages, StandSettings: stand}
        if self.plan.port == 0:
            # Who asks for a free port may run a second site beside this one.
            self._defaults = {**self._defaults, CustomersSettings: {"public_port": 0}}

    def _context(self, stack: ExitStack) -> Context:
        settings = self.settings
        bus = open_bus(settings)
        stack.callback(bus.close)
        bus.apply_topics(TOPICS)
        url = settings.redis_url.get_secret_value()
        return Context(
            settings=settings,
            bus=bus,
            mall=self.mall,
            health=self.health,
            redis=lambda: connect(url),
            defaults=self._defaults,
        )

    def _names(self) -> list[str]:
        """Return the parts, in the order in which they start: the cameras last."""
        names = [name for name in SERVICES if name != "ingest"]
        if self.plan.virtual_player:
            names.append(PLAYER)
        names.append("ingest")
        return names

    def _make(self, name: str, context: Context) -> Run:
        if name == PLAYER:
            return partial(self._play, context)
        self.health.unready(name, "starting")
        service = find_build(name)(context)
        if isinstance(service, StandService):
            self._stand = service
        if isinstance(service, CustomersService):
            self._customers = service
        if name == "ingest":
            # Its cameras say how they are in metrics; one that is away stops nobody.
            self.health.ready(name)
        return service.run

    def _play(self, context: Context, stop: Event) -> None:
        """Play at all stands as soon as their pages are there."""
        stand = self._stand
        assert stand is not None  # noqa: S101 - the stand is made before the player
        while not stand.listening.wait(TICK_S):
            if stop.is_set():
                return
        self.health.ready(PLAYER)
        player = VirtualPlayer(
            stand.address,
            [place.id for place in self.stands()],
            context.clock,
            keep=self.plan.data / "player.json",
            token=stand.player_token,
            trust=stand.trust,
        )
        player.run(stop)

    # Watching

    def _watch(self, stop: Event, ready: Callable[[LastingSite], None]) -> None:
        # Before everything is well: a store elsewhere may be away for longer than systemd waits.
        notify("READY=1\nSTATUS=starting, or waiting; /readyz says for what")
        told = False
        while not stop.is_set():
            for store in self._stores:
                self._look_at(store)
            for part in self._parts.values():
                part.look()
            notify("WATCHDOG=1")
            if not told and self._is_ready():
                told = True
                notify("STATUS=ready")
                ready(self)
            self._changed.clear()
            stop.wait(TICK_S)

    def _is_ready(self) -> bool:
        parts = (self._stand, self._customers)
        listening = all(part is not None and part.listening.is_set() for part in parts)
        return listening and not self.health.reasons()

    def _look_at(self, store: EmbeddedStore) -> None:
        """Start a store again where it fell; the services wait for it meanwhile."""
        if store.running:
            return
        logger.error("the embedded store fell; it starts again")
        try:
            store.start()
        except ConfigurationError as error:
            # Told, and tried again at the next look.
            self.health.unready(STORE, str(error))
        else:
            self.health.ready(STORE)

    # The end

    def _finish(self) -> None:
        for name in ORDER:
            if name in self._parts:
                self._parts[name].finish(DRAIN_LIMIT_S)

    def _abandon(self) -> None:
        for part in self._parts.values():
            part.abandon()


def files_of(settings: Settings, data: DataFolder) -> dict[str, Any]:
    """Return keys, tokens and audit log of a folder, where the environment names no other."""
    added: dict[str, Any] = {}
    if settings.key_file is None:
        added["key_file"] = data.key_file()
    if settings.reactions_key_file is None:
        added["reactions_key_file"] = data.key_file(REACTION_KEYS)
    if settings.receipt_key_file is None:
        added["receipt_key_file"] = data.receipt_key_file()
    if settings.audit_file is None:
        added["audit_file"] = data.audit_file()
    if settings.operator_token is None:
        added["operator_token"] = data.token("operator-token")
    if settings.services_token is None:
        added["services_token"] = data.token("services-token")
    return added
