"""Campaigns for the tests of the stand, and a stand service that runs in the test's process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx

from tests.builders import T0_NS, at
from tests.store_users import as_user
from vitrine.bus import Outgoing, encode
from vitrine.bus.memory import MemoryBus
from vitrine.clock import Clock, EventClock
from vitrine.mall import Campaign, Mall, Stand
from vitrine.mall.folder import FixedMall, MallSource
from vitrine.programme.commands import Command, PlayReport
from vitrine.programme.licences import Licence
from vitrine.runtime import Context
from vitrine.schemas import Event as BusEvent
from vitrine.services.stand.app import StandService
from vitrine.services.stand.settings import StandSettings
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS, Topic

TILL_TOKEN = "a token of the till"  # noqa: S105
STAND = Stand(id="north", time_zone="UTC")
ENGAGED = {"engagement": 60, "for_seconds": 2}
readers = count()


def make_campaign(
    name: str = "spring", *creatives: dict[str, Any], **fields: Any
) -> Campaign:
    """A campaign at `north` that holds out nothing; one plain creative if none is given."""
    values: dict[str, Any] = {
        "id": name,
        "advertiser": f"{name}-co",
        "from": "2027-01-01",
        "to": "2027-12-31",
        "stands": ["north"],
        "holdout": 0,
        "creatives": creatives or ({"id": f"{name}-plain", "file": f"{name}.html"},),
    }
    return Campaign.model_validate(values | fields)


def make_offer(**fields: Any) -> dict[str, Any]:
    """An offer for engaged people, as configuration."""
    return {
        "id": "ten",
        "when": ENGAGED,
        "once_per": "visit",
        "budget": 10,
        "codes": "pool",
    } | fields


# What a command and a licence have in common here.
DECISION: dict[str, Any] = {
    "stand_id": "north",
    "player_id": "page-1",
    "player": "page",
    "campaign_id": "spring",
    "advertiser": "acme",
    "creative_id": "shoe",
    "seconds": 8,
    "config_version": "v1",
}


def make_command(**fields: Any) -> Command:
    """The command of the play `page-1.c0ffee` at `north`, issued ten seconds after T0_NS."""
    values = DECISION | {
        "command_id": "c0ffee",
        "reason": "rotation",
        "probability": 0.6,
        "arm": "adaptive",
        "slot_ns": T0_NS,
        "issued_ns": at(10),
        "responds": False,
    }
    return Command(**values | fields)


def make_licence(**fields: Any) -> Licence:
    """A licence for an hour from T0_NS on."""
    values = DECISION | {
        "licence_id": "abc",
        "probability": 0.5,
        "holdout": 0.5,
        "from_ns": T0_NS,
        "until_ns": at(3600),
    }
    return Licence(**values | fields)


def make_report(**fields: Any) -> PlayReport:
    """The report of that play: complete, from second 11 to 19."""
    values: dict[str, Any] = {
        "play_id": "page-1.c0ffee",
        "token": "",
        "start_ns": at(11),
        "end_ns": at(19),
        "completed": True,
    }
    return PlayReport(**values | fields)


def mall_of(*campaigns: Campaign) -> Mall:
    """The stand `north` with these campaigns."""
    return Mall(
        cameras=(),
        stands=(STAND,),
        campaigns=campaigns,
    )


@dataclass(frozen=True)
class Running:
    """A stand service at work."""

    bus: MemoryBus
    clock: Clock
    ended: Thread
    """Alive as long as the service."""
    http: httpx.Client
    address: str
    redis_url: str
    health: Health
    public_address: str = ""
    """Of the pages for customers' phones, with `public_port`."""

    def publish(self, topic: Topic, *events: BusEvent) -> None:
        """Put events of stands on the bus."""
        producer = self.bus.producer()
        for event in events:
            stand_id: str = event.stand_id  # type: ignore[attr-defined]
            message = encode(Outgoing(topic, stand_id, event))
            producer.send(message)
        producer.flush()

    def read(self, topic: Topic) -> list[Any]:
        """Everything on a topic."""
        return read(self.bus, topic)


def read(bus: MemoryBus, topic: Topic) -> list[Any]:
    """Everything on a topic."""
    consumer = bus.consumer(f"test-{next(readers)}", [topic])
    records = consumer.poll(0, 10_000)
    consumer.close()
    return [topic.schema.model_validate_json(record.value) for record in records]


@contextmanager
def running_stand(
    folder: Path,
    redis_url: str,
    *campaigns: Campaign,
    mall: Mall | None = None,
    mall_source: MallSource | None = None,
    bus: MemoryBus | None = None,
    clock: Clock | None = None,
    tls: Path | None = None,
    **settings: Any,
) -> Iterator[Running]:
    """A stand service with `folder` as its configuration, `north` with these campaigns.

    By default on a free port, with an event clock that starts at T0_NS. An error that stops the
    service is raised at the end of the block. `tls` is the folder of a certificate; `settings`
    are those of the stand and of the process, by their names.
    """
    bus = bus or MemoryBus(TOPICS)
    if clock is None:
        clock = EventClock()
        clock.observe(T0_NS)
    health = Health()
    store_url = as_user(redis_url, "stand")
    of_stand, of_process = _parted(settings)
    context = Context(
        settings=Settings(config=folder, bus="memory", **of_process),
        bus=bus,
        mall=mall_source or FixedMall(mall or mall_of(*campaigns)),
        health=health,
        redis=lambda: connect(store_url),
        clock=clock,
    )
    service = StandService(context, StandSettings(**of_stand, **_pairs_in(tls)))
    with _at_work(service) as thread:
        verify = service.trust() if service.trust is not None else True
        with httpx.Client(
            base_url=service.address, timeout=20, verify=verify
        ) as client:
            yield Running(
                bus,
                clock,
                thread,
                client,
                service.address,
                redis_url,
                health,
                service.public_address,
            )


def _parted(settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings of the stand, and of the process."""
    of_stand: dict[str, Any] = {"port": 0, "till_token": TILL_TOKEN}
    of_process: dict[str, Any] = {"startup_limit_s": 5}
    for name, value in settings.items():
        part = of_stand if name in StandSettings.model_fields else of_process
        part[name] = value
    return of_stand, of_process


def _pairs_in(tls: Path | None) -> dict[str, Any]:
    """The certificate in a folder, for the own pages and the public ones."""
    if tls is None:
        return {}
    pairs: dict[str, Any] = {}
    for pages in ("certificate", "public_certificate"):
        pairs[pages] = tls / "site.pem"
        pairs[f"{pages}_key"] = tls / "site-key.pem"
    return pairs


@contextmanager
def _at_work(service: StandService) -> Iterator[Thread]:
    """Run a service in a thread during the block; what stops it is raised."""
    stop = Event()
    failure: list[Exception] = []

    def run() -> None:
        try:
            service.run(stop)
        except Exception as error:  # noqa: BLE001 - raised again by the test's thread
            failure.append(error)

    thread = Thread(target=run)
    thread.start()
    with ExitStack() as stack:
        stack.callback(lambda: thread.join(20))
        stack.callback(stop.set)
        while thread.is_alive() and not service.listening.wait(0.05):
            pass
        if failure:
            raise RuntimeError(str(failure.pop())) from None
        yield thread
    if failure:
        raise failure[0]


def write_creatives(folder: Path, *campaigns: Campaign) -> None:
    """A small file for each creative."""
    (folder / "creatives").mkdir(exist_ok=True)
    for campaign in campaigns:
        for creative in campaign.creatives:
            (folder / "creatives" / creative.file).write_text(f"<p>{creative.id}</p>")
