"""A process: the composition of one service with what it stands on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import entry_points
from threading import Event

from vitrine.bus.choice import open_bus
from vitrine.errors import ConfigurationError
from vitrine.mall.folder import MallFolder
from vitrine.runtime import Context, Service
from vitrine.runtime.stop import DrainingStop
from vitrine.settings import Settings
from vitrine.site.interrupts import interrupts
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.telemetry.logs import configure_logs
from vitrine.web.health_server import health_server
from vitrine.web.names import ServerNames

logger = logging.getLogger(__name__)


def find_build(name: str) -> Callable[[Context], Service]:
    """Return the composition root of a service.

    Raises ConfigurationError for an unknown name.
    """
    found = entry_points(group="vitrine.services")
    if name not in found.names:
        listed = ", ".join(sorted(found.names))
        raise ConfigurationError(f"no service {name!r}; there are: {listed}")
    build: Callable[[Context], Service] = found[name].load()
    return build


def run_service(name: str, settings: Settings) -> None:
    """Run one service as this process until SIGTERM or SIGINT; a second one ends it at once.

    Raises what stops it.
    """
    configure_logs(settings.log_level, settings.log_format)
    stop = Event()
    if settings.finite:
        stop = DrainingStop()
    health = Health()
    mall = MallFolder(settings.config, settings.state_folder())
    # A mistake in the files is told at once, not after Kafka and Redis were waited for.
    mall.current()
    with ExitStack() as stack:
        stack.enter_context(interrupts(stop))
        bus = open_bus(settings)
        stack.callback(bus.close)
        context = Context(
            settings=settings,
            bus=bus,
            mall=mall,
            health=health,
            redis=lambda: connect(settings.redis_url.get_secret_value()),
            finite=settings.finite,
        )
        service = find_build(name)(context)
        health.unready(name, "starting")
        server = health_server(
            health,
            settings.health_host,
            settings.health_port,
            ServerNames(settings.own_names()),
        )
        port = stack.enter_context(server)
        logger.info("%s started; health and metrics on port %d", name, port)
        service.run(stop)
    logger.info("%s ended", name)
