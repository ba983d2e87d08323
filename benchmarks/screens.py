"""Measure what screens cost one process, and how soon they show what was decided.

    python -m benchmarks.screens load       50 screens on one process, then 1,000 idle connections
    python -m benchmarks.screens pixels     from a decision to the second frame with it, in Chromium

The load has two visitors at every stand, five snapshots a second; virtual players report their
plays. The processor's time and the memory are those of the process with the stands, which also
makes the snapshots. Its store is another process.
"""

from __future__ import annotations

import argparse
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Final, NamedTuple

import numpy as np
import psutil
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.progress import track

from tests.builders import make_engagement, make_person
from tests.e2e.pages import now
from tests.stand_builders import make_campaign, running_stand, write_creatives
from vitrine.clock import SystemClock
from vitrine.mall import Campaign, Mall, Stand
from vitrine.services.stand.virtual_player import VirtualPlayer
from vitrine.stores.embedded import embedded_redis
from vitrine.topics import ENGAGEMENT, PLAYS

ALWAYS: Final = {"from": "2000-01-01", "to": "2999-12-31"}
SNAPSHOTS_A_SECOND: Final = 5
# All players are connected, and the first plays were reported.
WARM_UP_S: Final = 10.0
ASKED: Final = 40
# A request that never ends: a header that comes now and then keeps it open.
BEGUN: Final = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"
IDLE_S: Final = 1.0

# Of `pixels`: somebody is engaged for a moment every six seconds, when the plain creative has run
# long enough to be cut. No response comes twice within its rest.
RESPONSES: Final = 10
EVERY_STEPS: Final = 6 * SNAPSHOTS_A_SECOND
# Runs in the page: decisions as they arrive, and when the second frame with each was drawn.
WATCH: Final = """
    window.decided = [];
    window.drawn = [];
    window.WebSocket = class extends WebSocket {
      constructor(url) {
        super(url);
        this.addEventListener('message', (message) => {
          const { event, data } = JSON.parse(message.data);
          if (event === 'play') decided.push(data);
        });
      }
    };
    // It runs in the frames of creatives too.
    if (window === top) addEventListener('DOMContentLoaded', () => {
      const look = (changes) => changes.forEach(({ target }) => {
        if (!target.classList.contains('shown')) return;
        requestAnimationFrame(() => requestAnimationFrame(() => {
          const at = performance.timeOrigin + performance.now();
          drawn.push({ src: new URL(target.src).pathname, at });
        }));
      });
      const stage = document.querySelector('#stage');
      new MutationObserver(look).observe(stage, { subtree: true, attributeFilter: ['class'] });
    });
"""


def stand_names(count: int) -> list[str]:
    """Return the ids of so many stands."""
    return [f"stand-{number}" for number in range(count)]


def mall_with(count: int) -> Mall:
    """Return a mall of `count` stands that all show the same campaign."""
    stands = [Stand(id=name, time_zone="UTC") for name in stand_names(count)]
    campaign = make_campaign(
        "spring",
        {"id": "one", "file": "one.html", "seconds": 4},
        {"id": "two", "file": "two.html", "seconds": 6},
        stands=stand_names(count),
        **ALWAYS,
    )
    return Mall(cameras=(), stands=tuple(stands), campaigns=(campaign,))


def serve(count: int, connection: Connection) -> None:
    """Run the stands in this process until something comes over the connection.

    Sends the address of the pages, and at the end the number of plays.
    """
    mall = mall_with(count)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        write_creatives(folder, *mall.campaigns)
        store_url = stack.enter_context(embedded_redis())
        clock = SystemClock()
        stand = stack.enter_context(
            running_stand(folder, store_url, mall=mall, clock=clock)
        )
        connection.send(stand.address)
        people = [make_person("a", score=20), make_person("b", score=35)]
        while not connection.poll(1 / SNAPSHOTS_A_SECOND):
            at_ns = clock.now_ns()
            for name in stand_names(count):
                snapshot = make_engagement(0, *people, at_ns=at_ns, stand_id=name)
                stand.publish(ENGAGEMENT, snapshot)
        connection.send(len(stand.read(PLAYS)))


@contextmanager
def serving(count: int, console: Console) -> Iterator[tuple[str, psutil.Process]]:
    """Run the stands in a process of their own; yield the address and the process.

    Prints at the end how many plays were reported.
    """
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(count, theirs))
    process.start()
    try:
        address: str = ours.recv()
        yield address, psutil.Process(process.pid)
    finally:
        ours.send("end")
        console.print(f"{ours.recv()} plays were reported")
        process.join(60)


@contextmanager
def players(address: str, count: int) -> Iterator[None]:
    """Play at every stand."""
    stop = Event()
    player = VirtualPlayer(address, stand_names(count), SystemClock(), None)
    thread = Thread(target=player.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


@contextmanager
def idle_connections(address: str, count: int) -> Iterator[None]:
    """Hold so many connections open, half of them with a request that never ends."""
    host, _, port = address.removeprefix("http://").partition(":")
    connections: list[socket.socket] = []
    stop = Event()

    def open_again() -> None:
        """Open those that the server has closed."""
        while not stop.wait(IDLE_S):
            for place, connection in enumerate(connections):
                if _is_closed(connection):
                    connection.close()
                    connections[place] = _connected(host, int(port), place)

    connections.extend(_connected(host, int(port), place) for place in range(count))
    thread = Thread(target=open_again)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
        for connection in connections:
            connection.close()


def _connected(host: str, port: int, place: int) -> socket.socket:
    connection = socket.create_connection((host, port), 10)
    if place % 2:
        connection.sendall(BEGUN)
    connection.setblocking(False)
    return connection


def _is_closed(connection: socket.socket) -> bool:
    try:
        return not connection.recv(4096)
    except BlockingIOError:
        return False
    except OSError:
        return True


def page_times_ms(address: str) -> list[float]:
    """Return how long a new screen waits for its page, over new connections.

    Asks in a process of its own: this one plays at all the stands.
    """
    with get_context("spawn").Pool(1) as process:
        return process.apply(_ask_for_page, [address])


def _ask_for_page(address: str) -> list[float]:
    times = []
    for _ in range(ASKED):
        begun_s = time.perf_counter()
        connection = HTTPConnection(address.removeprefix("http://"), timeout=30)
        connection.request("GET", "/stands/stand-0")
        answer = connection.getresponse()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"the page answers {answer.status}")
        answer.read()
        times.append(1e3 * (time.perf_counter() - begun_s))
        connection.close()
        time.sleep(0.1)
    return times


def load(count: int, idle: int, seconds: float, console: Console) -> None:
    """Print what the screens cost, and what idle connections cost the next one."""
    with serving(count, console) as (address, process), players(address, count):
        time.sleep(WARM_UP_S)
        process.cpu_percent()
        most_bytes = 0
        for _ in track(range(round(seconds)), "screens", console=console):
            time.sleep(1)
            most_bytes = max(most_bytes, process.memory_info().rss)
        share = process.cpu_percent()
        before = page_times_ms(address)
        with idle_connections(address, idle):
            during = page_times_ms(address)
    console.print(
        f"{count} screens on one process: {share:.0f} % of a core, at most "
        f"{most_bytes / 1e6:.0f} MB"
    )
    console.print(f"the next screen's page: {_described(before)}")
    console.print(f"beside {idle} idle connections: {_described(during)}")


def _described(times_ms: Sequence[float]) -> str:
    p95 = float(np.quantile(times_ms, 0.95))
    return f"median {median(times_ms):.0f} ms, p95 {p95:.0f} ms, longest {max(times_ms):.0f} ms"


def responding() -> Campaign:
    """Return a campaign in which somebody engaged is always answered anew."""
    plain = {"id": "plain", "file": "plain.html", "seconds": 60}
    responses = [_response(f"more-{number}") for number in range(RESPONSES)]
    return make_campaign("spring", plain, *responses, **ALWAYS)


def _response(name: str) -> dict[str, Any]:
    when = {"engagement": 60}
    return {"id": name, "file": f"{name}.html", "seconds": 1, "when": when}


class Answer(NamedTuple):
    """Hold one response that cut a play, in ms of the machine's clock."""

    issued_ms: float
    """When the stand decided."""
    drawn_ms: float
    """When the second frame with it was drawn."""


def answers_that_cut(page: Page) -> list[Answer]:
    """Return the responses that cut a play, of a page with WATCH."""
    decided = page.evaluate("window.decided")
    drawn = page.evaluate("window.drawn")
    answers = []
    for event in decided:
        if not event["cut"]:
            continue
        issued_ms = event["command"]["issued_ns"] / 1e6
        path = event["url"].partition("?")[0]
        after = [
            each["at"]
            for each in drawn
            if each["src"] == path and each["at"] > issued_ms
        ]
        if after:
            answers.append(Answer(issued_ms, min(after)))
    return answers


def pixels(seconds: float, chromium: str, console: Console) -> None:
    """Print how long Chromium takes from a decision to the second frame with it."""
    campaign = responding()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        write_creatives(folder, campaign)
        store_url = stack.enter_context(embedded_redis())
        stand = stack.enter_context(
            running_stand(folder, store_url, campaign, clock=SystemClock())
        )
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox"],
        )
        stack.callback(browser.close)
        page = browser.new_page()
        page.add_init_script(WATCH)
        page.goto(f"{stand.address}/stands/north")
        steps = range(round(SNAPSHOTS_A_SECOND * seconds))
        for step in track(steps, "decisions", console=console):
            is_engaged = step % EVERY_STEPS == 0
            stand.publish(ENGAGEMENT, now(80 if is_engaged else 10))
            page.wait_for_timeout(1_000 / SNAPSHOTS_A_SECOND)
        answers = answers_that_cut(page)
    times = [answer.drawn_ms - answer.issued_ms for answer in answers]
    console.print(f"{len(times)} decisions, to pixels: {_described(times)}")


def main() -> None:
    """Print the figures of one part."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("part", choices=["load", "pixels"])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--screens", type=int, default=50)
    parser.add_argument("--idle", type=int, default=1000)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    given = parser.parse_args()
    console = Console()
    load_before = os.getloadavg()[0]
    if given.part == "load":
        load(given.screens, given.idle, given.seconds, console)
    else:
        pixels(given.seconds, given.chromium, console)
    console.print(f"load of the machine before: {load_before:.1f}")


if __name__ == "__main__":
    main()
