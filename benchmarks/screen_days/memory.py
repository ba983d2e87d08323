"""Measure the memory of one page over many plays.

All is faster by a factor: in the page its timers, `performance.now` and `Date.now`, and the clock
of the stand, which runs in this process. What the browser does itself (layout, garbage collection,
the fading of a creative) takes its own time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.e2e.pages import stand_with
from vitrine.clock import SECOND_NS, Moment
from vitrine.stores.embedded import embedded_redis

# Runs in the page before its own scripts; FACTOR is put in.
FASTER: Final = """
    if (window === top) {
      const now = performance.now.bind(performance);
      const date = Date.now;
      const begun = date();
      performance.now = () => now() * FACTOR;
      Date.now = () => begun + (date() - begun) * FACTOR;
      for (const name of ['setTimeout', 'setInterval']) {
        const real = window[name];
        window[name] = (run, ms = 0, ...rest) => real(run, ms / FACTOR, ...rest);
      }
      window.plays = 0;
      const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (text, name) {
        if (`${name}`.split('/')[2] === 'plays') window.plays += 1;
        return put.call(this, text, name);
      };
    }
"""
KEPT: Final = """
    async () => {
      const { names } = await import('/static/store.js');
      const caches_ = await Promise.all((await caches.keys()).map(async (name) =>
        (await (await caches.open(name)).keys()).length));
      const { usage } = await navigator.storage.estimate();
      return {
        names: names().length,
        cached: caches_.reduce((sum, count) => sum + count, 0),
        entries: performance.getEntries().length,
        stored_kb: Math.round(usage / 1e3),
      };
    }
"""
CREATIVES: Final[Sequence[dict[str, Any]]] = (
    {"id": "picture", "file": "picture.svg", "seconds": 1},
    {"id": "film", "file": "film.webm", "seconds": 1},
    {"id": "page", "file": "page.html", "seconds": 1},
)
METRICS: Final = ("JSHeapUsedSize", "Nodes", "JSEventListeners", "Documents")
# Flat: the mean of the last third is not above that of the first one by more than this.
FLAT_SHARE: Final = 0.05
FLAT_BYTES: Final = 1_000_000
# What it does not keep alive ends a little later, as a frame that fades.
CALM_MS: Final = 200


class FastClock:
    """Tell a time that goes by faster than that of the machine."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._begun_ns = time.time_ns()
        self._begun_steady_ns = time.monotonic_ns()

    def now(self) -> Moment:
        """Return the time now, by both clocks."""
        passed_ns = time.monotonic_ns() - self._begun_steady_ns
        steady_ns = int(passed_ns * self._factor)
        return Moment(self._begun_ns + steady_ns, steady_ns)

    def now_ns(self) -> int:
        """Return UTC nanoseconds."""
        return self.now().utc_ns

    def age_ns(self, at_ns: int) -> int | None:
        """Return how long ago an event was."""
        return self.now_ns() - at_ns

    def observe(self, at_ns: int) -> None:
        """Ignore the events."""

    def wait_until(self, steady_ns: int, stop: Event) -> bool:
        """Wait until `steady_ns`; return False when `stop` came first."""
        left_ns = max(0, steady_ns - self.now().steady_ns)
        return not stop.wait(left_ns / SECOND_NS / self._factor)


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold what a page takes after some plays, once the garbage is collected."""

    plays: int
    figures: dict[str, int]


def measure(
    folder: Path,
    chromium: str,
    plays: int,
    every: int,
    factor: float,
    tell: Callable[[int], None] = lambda _plays: None,
) -> Iterator[Sample]:
    """Yield a sample after each `every` plays."""
    with ExitStack() as stack:
        store = stack.enter_context(embedded_redis())
        clock = FastClock(factor)
        stand = stack.enter_context(stand_with(folder, store, *CREATIVES, clock=clock))
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"]
        )
        stack.callback(browser.close)
        page = browser.new_page(viewport={"width": 320, "height": 180})
        page.add_init_script(FASTER.replace("FACTOR", str(factor)))
        page.goto(f"{stand.address}/stands/north")
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        due = every
        while due <= plays:
            page.wait_for_timeout(CALM_MS)
            done = page.evaluate("window.plays")
            tell(done)
            if done >= due:
                due += every
                yield Sample(done, _figures(page, session))


def _figures(page: Page, session: CDPSession) -> dict[str, int]:
    page.wait_for_timeout(CALM_MS)
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    answer = session.send("Performance.getMetrics")
    metrics = {metric["name"]: metric["value"] for metric in answer["metrics"]}
    found = {name: int(metrics[name]) for name in METRICS}
    kept: dict[str, int] = page.evaluate(KEPT)
    return found | kept


def is_flat(samples: Sequence[Sample]) -> bool:
    """Tell whether the heap of the last third is that of the first third."""
    heap = [sample.figures["JSHeapUsedSize"] for sample in samples]
    third = max(1, len(heap) // 3)
    first = sum(heap[:third]) / third
    last = sum(heap[-third:]) / third
    return last - first <= max(FLAT_BYTES, FLAT_SHARE * first)
