"""Composition root of `vitrine run analytics`."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event

from prometheus_client import REGISTRY

from vitrine.campaigns.stand import Rules
from vitrine.runtime import Context, Service, ServiceLoop
from vitrine.services.analytics.exporter import exported
from vitrine.services.analytics.handler import AnalyticsHandler
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.stores.campaigns import AnalyticsStore
from vitrine.telemetry import metrics
from vitrine.topics import COVERAGE, EXPOSURES, IDENTITIES, INTERACTIONS, PLAYS

TOPICS = (PLAYS, EXPOSURES, IDENTITIES, INTERACTIONS, COVERAGE)


@dataclass(frozen=True, slots=True)
class Analytics:
    """Run the loop, and beside it the exporter, on the worker that owns the first partition."""

    context: Context
    rules: Rules

    def run(self, stop: Event) -> None:
        """Work until `stop`."""
        context = self.context
        store = AnalyticsStore(context.redis)
        handler = AnalyticsHandler(
            context.mall,
            store,
            self.rules,
            finite=context.finite,
        )
        loop = ServiceLoop(
            service="analytics",
            bus=context.bus,
            topics=TOPICS,
            handler=handler,
            health=context.health,
            startup_limit_s=context.settings.startup_limit_s,
        )
        for topic in TOPICS:
            metrics.LATE_EVENTS.labels(topic.name)
        with exported(
            REGISTRY,
            context.redis,
            lambda: handler.owns(0),
        ):
            loop.run(stop)


def build(context: Context) -> Service:
    """Return analytics on the bus and store of the context."""
    return Analytics(context, context.load(AnalyticsSettings).rules())
