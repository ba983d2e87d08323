"""Run a `stand` process on real Kafka and Redis behind a network, and screens in Chromium."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Final

import httpx
from playwright.sync_api import BrowserContext, Error, Page, Playwright, ViewportSize

from benchmarks.kills.evidence import has_read_all
from benchmarks.screen_days.stand_process import set_clock
from benchmarks.screen_days.witness import BINDING, WATCH
from tests.brokers import ROOT, KafkaBroker, RedisServer, ServerProcess, free_ports
from tests.e2e.pages import IMAGE, write_film
from tests.processes import SHOWN_LOG, wait_for
from tests.proxies import Proxy
from vitrine.bus import decode
from vitrine.bus.kafka import KafkaBus
from vitrine.clock import SECOND_NS
from vitrine.schemas import Play
from vitrine.topics import PLAYS, TOPICS

ALWAYS: Final = {"from": "2000-01-01", "to": "2999-12-31"}
FILES: Final = ("picture.svg", "film.webm", "page.html")
# Many screens share two cores; what is drawn does not depend on its size.
VIEWPORT: Final[ViewportSize] = {"width": 320, "height": 180}
DAY_MS: Final = 86_400_000
READY_S: Final = 120.0


class StandProcess(ServerProcess):
    """Run `stand` on ports that it keeps; its clock can be set."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._log = folder / "stand.log"
        self._clock = folder / "clock"
        self._offset_s = 0
        set_clock(self._clock, 0)
        self.port, self._health = free_ports(2)
        self._environment = {
            **os.environ,
            **environment,
            "PYTHONPATH": str(ROOT),
            "VITRINE_STAND_PORT": str(self.port),
            "VITRINE_HEALTH_PORT": str(self._health),
        }

    def start(self) -> None:
        """Start it, and do not wait."""
        module = "benchmarks.screen_days.stand_process"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(self._clock)],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def set_by(self, seconds: int) -> None:
        """Set its clock, ahead or back."""
        self._offset_s += seconds
        set_clock(self._clock, self._offset_s * SECOND_NS)

    def ready(self) -> bool:
        """Tell whether it can work. Raises AssertionError when it ended by itself."""
        if self._process is None or self._process.poll() is not None:
            said = self._log.read_text(errors="replace")
            raise AssertionError(f"stand ended by itself: {said[-SHOWN_LOG:]}")
        with suppress(httpx.TransportError):
            answer = httpx.get(f"http://127.0.0.1:{self._health}/readyz")
            return answer.status_code == httpx.codes.OK
        return False


@dataclass(slots=True)
class Site:
    """Hold the servers, and the network before them."""

    bus: KafkaBus
    redis: RedisServer
    stand: StandProcess
    proxy: Proxy

    def wait_until_ready(self) -> None:
        """Wait for the stand. Raises AssertionError after two minutes."""
        wait_for(self.stand.ready, "the stand is ready", READY_S)

    def plays(self) -> list[Play]:
        """Return all plays on the topic, repetitions too, in the order of their stand."""
        consumer = self.bus.consumer(f"witness-{os.urandom(4).hex()}", [PLAYS])
        found = []
        try:
            while True:
                records = consumer.poll(1, 5_000)
                events = [decode(record).event for record in records]
                found += [event for event in events if isinstance(event, Play)]
                # The pages go on, so there may always be a next one.
                if has_read_all(consumer):
                    return found
        finally:
            consumer.close()
            self.bus.close()


def stand_names(count: int) -> list[str]:
    """Return the ids of so many stands."""
    return [f"stand-{number}" for number in range(count)]


def write_config(folder: Path, stands: Sequence[str], seconds: float) -> None:
    """Write a mall whose stands all show a picture, a film and a page. JSON is YAML."""
    (folder / "creatives").mkdir(parents=True)
    (folder / "creatives" / "picture.svg").write_text(IMAGE)
    (folder / "creatives" / "page.html").write_text("<h1>page</h1>")
    write_film(folder / "creatives" / "film.webm")
    creatives = []
    for file in FILES:
        name = file.partition(".")[0]
        creatives.append({"id": name, "file": file, "seconds": seconds})
    campaign = {
        "id": "spring",
        "advertiser": "acme",
        **ALWAYS,
        "stands": list(stands),
        "creatives": creatives,
    }
    contents = {
        "cameras": [],
        "stands": [{"id": name, "time_zone": "UTC"} for name in stands],
        "campaigns": [campaign],
    }
    for name, content in contents.items():
        (folder / f"{name}.yaml").write_text(json.dumps({name: content}))


@contextmanager
def open_site(
    folder: Path, libs: Path, stands: Sequence[str], seconds: float
) -> Iterator[Site]:
    """Run a site with servers of its own."""
    write_config(folder / "config", stands, seconds)
    broker = KafkaBroker(libs, folder)
    redis = RedisServer(folder)
    stand = None
    try:
        redis.start()
        broker.start()
        # What is read after the run must still be there, whatever time the stand gives it.
        kept = [replace(topic, retention_ms=DAY_MS) for topic in TOPICS]
        bus = KafkaBus(broker.servers)
        bus.apply_topics(kept)
        # An idle client looks for a broker that is away, and leaks its sockets.
        bus.close()
        environment = {
            "VITRINE_BUS": "kafka",
            "VITRINE_KAFKA_SERVERS": broker.servers,
            "VITRINE_REDIS_URL": redis.url,
            "VITRINE_CONFIG": str(folder / "config"),
        }
        stand = StandProcess(folder, environment)
        stand.start()
        with network_to(stand.port) as proxy:
            site = Site(bus, redis, stand, proxy)
            site.wait_until_ready()
            yield site
    finally:
        if stand is not None:
            stand.kill()
        broker.stop()
        redis.stop()


@contextmanager
def network_to(port: int) -> Iterator[Proxy]:
    """A network before a server that may be away."""
    proxy = Proxy(port)
    thread = Thread(target=proxy.serve, name="network")
    thread.start()
    try:
        yield proxy
    finally:
        proxy.close()
        thread.join(10)


class Screens:
    """Run a Chromium with a profile of its own, and in it a page for each of some stands."""

    def __init__(
        self,
        playwright: Playwright,
        chromium: str,
        profile: Path,
        address: str,
        stands: Sequence[str],
        hear: Callable[..., None],
    ) -> None:
        self._launch = partial(
            playwright.chromium.launch_persistent_context,
            profile,
            executable_path=chromium,
            args=["--no-sandbox"],
            viewport=VIEWPORT,
        )
        self.profile = profile
        self._address = address
        self.stands = list(stands)
        self._hear = hear
        self._pages: dict[str, Page] = {}
        self._waiting: list[str] = []
        """Stands whose page has not opened yet."""
        self._context: BrowserContext | None = None
        self._idle: Page | None = None
        """An empty page to wait in: a wait in one that loads anew may end with it, or never."""

    def start(self) -> None:
        """Start the browser; the pages open as soon as they can."""
        self._context = self._launch()
        [self._idle] = self._context.pages
        self._context.expose_binding(BINDING, self._hear)
        self._context.add_init_script(WATCH)
        self._pages = {stand: self._context.new_page() for stand in self.stands}
        self._waiting = list(self.stands)
        self.open_pages()

    def open_pages(self) -> None:
        """Open one page that is not open yet, as somebody who presses reload."""
        if not self._waiting:
            return
        stand = self._waiting.pop(0)
        try:
            url = f"{self._address}/stands/{stand}"
            self._pages[stand].goto(url, timeout=5_000, wait_until="commit")
        except Error:
            self._waiting.append(stand)

    def wait(self, milliseconds: float) -> None:
        """Go on, and hear what the pages tell."""
        if self._idle is not None:
            self._idle.wait_for_timeout(milliseconds)

    def describe(self, stands: Collection[str]) -> list[str]:
        """Return what the pages of these stands say, for somebody to look after them."""
        found = []
        for stand in sorted(stands):
            page = self._pages[stand]
            said = "its address does not open"
            if stand not in self._waiting:
                said = page.locator("body").inner_text(timeout=5_000)
            found.append(f"{stand} is dark, {page.url}: {said[:200]!r}")
        return found

    @property
    def is_running(self) -> bool:
        """Tell whether it was started and not let go of."""
        return self._context is not None

    def forget(self) -> None:
        """Close the browser; one that was killed is let go of."""
        context = self._context
        self._context = None
        if context is not None:
            with suppress(Error):
                context.close()
