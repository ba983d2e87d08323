"""Redis and the broker away, or hung, for ten seconds: /readyz says so, nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import httpx
import pytest

from benchmarks.kills.run import finish, judge, open_site
from benchmarks.kills.site import Site
from tests.brokers import KafkaBroker, kafka_libs
from tests.processes import wait_for

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(400)]

OUTAGE_S = 10.0


def test_nothing_is_lost_while_a_server_is_stopped_or_hangs(
    tmp_path: Path, kafka_broker: KafkaBroker
) -> None:
    libs = kafka_libs()
    assert libs, kafka_broker.servers
    with open_site(tmp_path, libs, seed=1, overload="wait") as site:
        site.wait_until_busy()
        redis = site.redis
        broker = site.broker
        for end, begin_again in (
            (redis.stop, redis.start),
            (redis.pause, redis.resume),
        ):
            outage(
                site,
                end,
                begin_again,
                waiting=("analytics",),
                at_work=("landmarks", "engagement"),
            )
        services = (
            "ingest",
            "landmarks",
            "engagement",
            "identity",
            "stand",
            "analytics",
        )
        for end, begin_again in (
            (broker.stop, broker.start),
            (broker.pause, broker.resume),
        ):
            outage(site, end, begin_again, waiting=services, at_work=())
        verdict = judge(finish(site), [], site.exits, complete=True)
    assert list(verdict.exits) == []
    assert list(verdict.violations) == []


def outage(
    site: Site,
    end: Callable[[], None],
    begin_again: Callable[[], None],
    waiting: tuple[str, ...],
    at_work: tuple[str, ...],
) -> None:
    """Take a server away for ten seconds or more, and wait until all are ready again.

    It stays away until all those that need it say so.
    """
    pause = Event()
    end()
    try:
        pause.wait(OUTAGE_S)
        for name in waiting:
            wait_for(
                lambda name=name: bool(reasons(site, name)),  # type: ignore[misc]
                f"{name} says what it misses",
                60,
            )
        assert {name: reasons(site, name) for name in at_work} == {
            name: {} for name in at_work
        }
    finally:
        begin_again()
    site.wait_until_ready()


def reasons(site: Site, name: str) -> dict[str, str]:
    """Why a service is not ready."""
    answer = httpx.get(f"http://127.0.0.1:{site.ports[name]}/readyz").json()
    found: dict[str, str] = answer["reasons"]
    return found
