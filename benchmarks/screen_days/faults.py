"""Make faults at seeded moments: of the stand, of Redis, of the network, of the clock."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from threading import Event
from typing import Final

from benchmarks.screen_days.site import Site
from benchmarks.screen_days.witness import wall_ms

DELAY_S: Final = 0.3
CLOCK_STEPS_S: Final = (-600, -8, 3600)
BROWSER: Final = "browser killed"
Lasting = Callable[[], None]
"""Waits as long as the fault lasts."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Hold the bounds of what is drawn at random, in seconds."""

    calm_s: tuple[float, float]
    """From the end of a fault to the next one of its track."""
    fault_s: tuple[float, float]
    rounds: int | None = None
    """So many faults of each kind; None for as many as there is time for."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Hold what happened, in ms of the browsers' clock."""

    kind: str
    begun_ms: float
    over_ms: float


@dataclass(slots=True)
class Track:
    """Make faults of some kinds one after the other; tracks run side by side."""

    name: str
    kinds: Mapping[str, Callable[[Lasting], None]]
    pace: Pace
    seed: int
    stop: Event
    faults: list[Fault] = field(default_factory=list)
    rounds: int = 0
    problem: str | None = None

    def run(self) -> None:
        """Go on until `stop`, or to the last round; what goes wrong becomes a problem."""
        try:
            self._work(random.Random(f"{self.seed}/{self.name}"))
        except (AssertionError, RuntimeError, OSError) as error:
            self.problem = f"{self.name}: {error}"

    def _work(self, chance: random.Random) -> None:
        while self.pace.rounds is None or self.rounds < self.pace.rounds:
            for kind in chance.sample(list(self.kinds), len(self.kinds)):
                if self.stop.wait(chance.uniform(*self.pace.calm_s)):
                    return
                seconds = chance.uniform(*self.pace.fault_s)
                begun_ms = wall_ms()
                self.kinds[kind](partial(self._last, seconds))
                self.faults.append(Fault(kind, begun_ms, wall_ms()))
            self.rounds += 1

    def _last(self, seconds: float) -> None:
        self.stop.wait(seconds)


def tracks(site: Site, pace: Pace, seed: int, stop: Event) -> list[Track]:
    """Return what goes wrong besides the browsers, which belong to the main thread."""
    servers = {
        "stand killed": partial(_stand_killed, site),
        "stand hangs": partial(_stand_hangs, site),
        "Redis killed": partial(_redis_killed, site),
        "Redis stopped": partial(_redis_stopped, site),
    }
    network = {
        "network forgets": partial(_network_forgets, site),
        "network refuses": partial(_network_refuses, site),
        "network holds up": partial(_network_holds_up, site),
        "network delays": partial(_network_delays, site),
    }
    clock = {
        f"clock {step_s:+d} s": partial(_clock_set, site, step_s)
        for step_s in CLOCK_STEPS_S
    }
    named = {"servers": servers, "network": network, "clock": clock}
    return [
        Track(name, kinds, pace, seed, stop) for name, kinds in named.items() if kinds
    ]


def _stand_killed(site: Site, last: Lasting) -> None:
    site.stand.kill()
    last()
    site.stand.start()
    site.wait_until_ready()


def _stand_hangs(site: Site, last: Lasting) -> None:
    site.stand.pause()
    last()
    site.stand.resume()


def _redis_killed(site: Site, last: Lasting) -> None:
    site.redis.kill()
    last()
    site.redis.start()


def _redis_stopped(site: Site, last: Lasting) -> None:
    site.redis.stop()
    last()
    site.redis.start()


def _network_forgets(site: Site, last: Lasting) -> None:
    site.proxy.forget()
    last()


def _network_refuses(site: Site, last: Lasting) -> None:
    site.proxy.refuse()
    last()
    site.proxy.refusing = False


def _network_holds_up(site: Site, last: Lasting) -> None:
    site.proxy.open.clear()
    last()
    site.proxy.open.set()


def _network_delays(site: Site, last: Lasting) -> None:
    site.proxy.delay_s = DELAY_S
    last()
    site.proxy.delay_s = 0.0


def _clock_set(site: Site, step_s: int, last: Lasting) -> None:
    site.stand.set_by(step_s)
    last()
