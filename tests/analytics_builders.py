"""Run analytics with the campaigns' pages in the test's process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import httpx
from pydantic import SecretStr

from tests.builders import make_mall
from tests.store_users import as_user
from vitrine.bus.memory import MemoryBus
from vitrine.mall import Mall
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context
from vitrine.services.analytics.app import AnalyticsService
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS


@dataclass(frozen=True)
class RunningAnalytics:
    """Hold analytics at work."""

    service: AnalyticsService
    http: httpx.Client


@contextmanager
def running_analytics(
    redis_url: str,
    *,
    mall: Mall | None = None,
    services_token: str | None = None,
    users: Path | None = None,
    audit_file: Path | None = None,
) -> Iterator[RunningAnalytics]:
    """Run analytics on a store, with its pages at a free port."""
    stop = Event()
    store_url = as_user(redis_url, "analytics")
    context = Context(
        settings=Settings(
            bus="memory",
            services_token=SecretStr(services_token) if services_token else None,
            users=users,
            audit_file=audit_file,
        ),
        bus=MemoryBus(TOPICS),
        mall=FixedMall(mall or make_mall()),
        health=Health(),
        redis=lambda: connect(store_url),
    )
    service = AnalyticsService(context, AnalyticsSettings(port=0))
    thread = Thread(target=service.run, args=(stop,))
    thread.start()
    with ExitStack() as stack:
        stack.callback(lambda: thread.join(20))
        stack.callback(stop.set)
        assert service.listening.wait(20)
        http = httpx.Client(base_url=service.address, timeout=20)
        stack.enter_context(http)
        yield RunningAnalytics(service, http)
    assert not thread.is_alive()
