"""Composition root of `vitrine run analytics`."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, ExitStack
from threading import Event
from typing import Final

from prometheus_client import REGISTRY

from vitrine.beside import now_and_then
from vitrine.people.audit import AuditLog
from vitrine.runtime import Context, ServiceLoop
from vitrine.services.analytics.dependencies import Web
from vitrine.services.analytics.exporter import exported
from vitrine.services.analytics.handler import AnalyticsHandler
from vitrine.services.analytics.history import read_history
from vitrine.services.analytics.known_effects import EVERY_S, KnownEffects
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.services.analytics.spared import spared_collections
from vitrine.services.analytics.web import create_app
from vitrine.stores.campaigns import AnalyticsStore
from vitrine.telemetry import metrics
from vitrine.topics import COVERAGE, EXPOSURES, IDENTITIES, INTERACTIONS, PLAYS
from vitrine.web.guard import operators_of
from vitrine.web.names import ServerNames
from vitrine.web.people import check_accounts
from vitrine.web.server import served
from vitrine.web.tokens import require_tokens

logger = logging.getLogger(__name__)

NAME: Final = "analytics"
TOPICS = (PLAYS, EXPOSURES, IDENTITIES, INTERACTIONS, COVERAGE)
# Measured (benchmarks.analytics, 50 stands, in turns): 84 µs an event, with 500 it is 96. What a
# batch costs for each of its stands is then shared by more events. There are as many only when
# the worker is behind.
MOST_RECORDS: Final = 2000
"""Records of a batch."""


class AnalyticsService:
    """Run the loop, and beside it the exporter and the campaigns' pages.

    The exporter works on the worker that owns the first partition; the pages, which read the
    store, on each that has a port for them. They are at `address` once `listening` is set.
    """

    def __init__(self, context: Context, settings: AnalyticsSettings) -> None:
        self._context = context
        self._settings = settings
        self._audit = AuditLog(context.settings.audit_file, NAME)
        self._guard = operators_of(
            context.settings,
            self._audit,
            asked_by_services=True,
        )
        self.address = ""
        self.listening = Event()

    def run(self, stop: Event) -> None:
        """Work until `stop`."""
        context = self._context
        store = AnalyticsStore(context.redis)
        handler = AnalyticsHandler(
            context.mall,
            store,
            self._settings.rules(),
            finite=context.finite,
            clock=context.clock,
            history=lambda partitions: read_history(context.bus, partitions),
        )
        loop = ServiceLoop(
            service=NAME,
            bus=context.bus,
            topics=TOPICS,
            handler=handler,
            health=context.health,
            startup_limit_s=context.settings.startup_limit_s,
            max_records=MOST_RECORDS,
        )
        for topic in TOPICS:
            metrics.LATE_EVENTS.labels(topic.name)
        known = KnownEffects(context.redis, lambda: handler.owns(0))
        with ExitStack() as stack:
            stack.enter_context(spared_collections())
            figures = exported(
                REGISTRY,
                context.redis,
                lambda: handler.owns(0),
                context.mall,
                stop,
                effects_of=known,
            )
            stack.enter_context(figures)
            computed = now_and_then(
                known.look,
                EVERY_S,
                "effects",
                stop,
            )
            stack.enter_context(computed)
            if self._settings.port is not None:
                pages = self._pages(self._settings.port, stop)
                self.address = stack.enter_context(pages)
                logger.info("pages of campaigns at %s/campaigns", self.address)
                self.listening.set()
            loop.run(stop)

    def _pages(self, port: int, stop: Event) -> AbstractContextManager[str]:
        """Return the web server of the campaigns' pages. Raises ConfigurationError."""
        context = self._context
        creatives = context.settings.config / "creatives"
        web = Web(
            context.redis,
            context.mall,
            self._audit,
            self._settings.rules(),
            creatives,
        )
        return served(
            create_app(web, self._guard),
            context.settings.http_host,
            port,
            stop,
            name=NAME,
            variable="VITRINE_ANALYTICS_PORT",
            names=ServerNames(context.settings.own_names()),
        )


def build(context: Context) -> AnalyticsService:
    """Return analytics on the bus and store of the context.

    Raises ConfigurationError for pages that are open to other machines, and for a file of
    accounts that cannot be used.
    """
    settings = context.load(AnalyticsSettings)
    if settings.port is not None:
        check_accounts(context.settings)
        require_tokens(
            context.settings.http_host,
            vitrine_services_token=context.settings.between_services(),
        )
    return AnalyticsService(context, settings)
