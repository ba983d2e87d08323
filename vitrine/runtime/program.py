"""What a program is built from, and how it is run as a process."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from threading import Event
from typing import TYPE_CHECKING, Protocol

from vitrine.bus.memory import MemoryBus
from vitrine.clock import Clock, SystemClock
from vitrine.errors import ConfigurationError
from vitrine.mall_folder import MallFolder, MallSource
from vitrine.runtime.stop import DrainingStop
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health, Page, health_server
from vitrine.telemetry.logs import configure_logs
from vitrine.topics import TOPICS

if TYPE_CHECKING:
    from redis import Redis

    from vitrine.bus import Bus

logger = logging.getLogger(__name__)


class Service(Protocol):
    """A program: runs until `stop` is set, or, with finite input, until its work is done."""

    def run(self, stop: Event) -> None:
        """Work until `stop`; clean up; raise what cannot be handled."""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a composition root `build(context) -> Service` may need. Nothing in it has connected yet."""

    settings: Settings
    bus: Bus
    mall: MallSource
    health: Health
    redis: Callable[[], Redis]
    """A new client for one thread; raises Unavailable when used while the server is away."""
    clock: Clock = field(default_factory=SystemClock)
    finite: bool = False
    """The input ends: what is open then is closed and counted, as nothing more can come."""
    pages: dict[str, Page] = field(default_factory=dict)
    """What a service adds to the health server; see `health_server`."""


def open_bus(settings: Settings) -> Bus:
    """The bus that the settings name; connects on first use."""
    if settings.bus == "memory":
        return MemoryBus(TOPICS)
    from vitrine.bus.kafka import KafkaBus, KafkaSecurity  # noqa: PLC0415 - the embedded default needs no client

    password = (
        settings.kafka_password.get_secret_value() if settings.kafka_password else None
    )
    security = KafkaSecurity(
        protocol=settings.kafka_protocol,
        mechanism=settings.kafka_mechanism,
        username=settings.kafka_username,
        password=password,
        cafile=str(settings.kafka_cafile) if settings.kafka_cafile else None,
    )
    return KafkaBus(settings.kafka_servers, security=security)


def find_build(name: str) -> Callable[[Context], Service]:
    """The composition root of a service. Raises ConfigurationError for an unknown name."""
    found = entry_points(group="vitrine.services")
    if name not in found.names:
        raise ConfigurationError(
            f"no service {name!r}; there are: {', '.join(sorted(found.names))}"
        )
    build: Callable[[Context], Service] = found[name].load()
    return build


def run_service(name: str, settings: Settings) -> None:
    """Run one service as this process until SIGTERM or SIGINT. Raises what stops it."""
    configure_logs(settings.log_level, settings.log_format)
    stop = DrainingStop() if settings.finite else Event()
    health = Health()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stack:
        bus = open_bus(settings)
        stack.callback(bus.close)
        context = Context(
            settings=settings,
            bus=bus,
            mall=MallFolder(settings.config),
            health=health,
            redis=lambda: connect(settings.redis_url.get_secret_value()),
            finite=settings.finite,
        )
        service = find_build(name)(context)
        health.unready(name, "starting")
        host = settings.http_host
        port = settings.health_port
        port = stack.enter_context(health_server(health, host, port, context.pages))
        logger.info("%s started; health and metrics on port %d", name, port)
        service.run(stop)
    logger.info("%s ended", name)
