"""Who is killed when: seeded, each target by a thread of its own, also while it starts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

from benchmarks.kills.site import READY_LIMIT_S, Site

LONGEST_LIFE_S = 6.0
LONGEST_DOWN_S = 1.5
STARTING_SHARE = 0.3
"""So many kills are followed by another one while the target starts."""
SETTLING_S = 3.0


@dataclass(slots=True)
class Outage:
    """From the kill until the target was ready again, by the wall clock."""

    target: str
    start_ns: int
    end_ns: int
    kills: int

    @property
    def seconds(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9


@dataclass(slots=True)
class Killer:
    """Kills one target `kills` times, or more if the last one is followed by another."""

    site: Site
    target: str
    kills: int
    seed: int
    stop: Event
    say: Callable[[str], None]
    outages: list[Outage] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def run(self) -> None:
        """To the end of the schedule, or `stop`; what goes wrong becomes a problem."""
        try:
            self._work()
        except (AssertionError, RuntimeError, OSError) as error:
            self.problems.append(f"{self.target}: {error}")

    def _work(self) -> None:
        chance = random.Random(f"{self.seed}/{self.target}")
        done = 0
        while done < self.kills and not self.stop.wait(
            chance.uniform(0, LONGEST_LIFE_S)
        ):
            outage = Outage(self.target, time.time_ns(), 0, 0)
            self._strike(chance, outage)
            if outage.kills < self.kills - done and chance.random() < STARTING_SHARE:
                self.stop.wait(chance.uniform(0, SETTLING_S))
                self._strike(chance, outage)
            self._await_ready()
            outage.end_ns = time.time_ns()
            self.outages.append(outage)
            self.say(f"{self.target} is back after {outage.seconds:.1f} s")
            done += outage.kills

    def _strike(self, chance: random.Random, outage: Outage) -> None:
        self.site.kill(self.target)
        outage.kills += 1
        self.stop.wait(chance.uniform(0, LONGEST_DOWN_S))
        self.site.start(self.target)

    def _await_ready(self) -> None:
        deadline = time.monotonic() + READY_LIMIT_S
        servers = ("redis", "broker")
        while not (
            self.site.all_ready() if self.target in servers else self._is_ready()
        ):
            if time.monotonic() > deadline:
                self.problems.append(
                    f"{self.target} is not ready {READY_LIMIT_S:g} s after a kill"
                )
                return
            self.stop.wait(0.1)

    def _is_ready(self) -> bool:
        self.site.revive(self.target)
        return self.site.ready(self.target)


def kill_all(
    site: Site,
    targets: dict[str, int],
    seed: int,
    stop: Event,
    say: Callable[[str], None],
) -> list[Killer]:
    """Every target so many times, all at the same time; returns when all are done and the site is ready."""
    killers = [
        Killer(site, target, kills, seed, stop, say)
        for target, kills in targets.items()
    ]
    threads = [
        Thread(target=killer.run, name=f"killer of {killer.target}")
        for killer in killers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    site.wait_until_ready()
    return killers
