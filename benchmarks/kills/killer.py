"""Kill targets at seeded moments, each in a thread of its own, also while it starts."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

from benchmarks.kills.site import READY_LIMIT_S, Site

# Chosen, not measured: a target lives long enough to work, and dies often.
LONGEST_LIFE_S = 6.0
LONGEST_DOWN_S = 1.5
STARTING_SHARE = 0.3
"""Share of kills that are followed by another one while the target starts."""
SETTLING_S = 3.0
READY_POLL_S = 0.1
SERVERS = ("redis", "broker")


@dataclass(slots=True)
class Outage:
    """Hold the time from a kill until the target was ready again, by the wall clock."""

    target: str
    start_ns: int
    end_ns: int
    kills: int

    @property
    def seconds(self) -> float:
        """Return how long the target was away."""
        return (self.end_ns - self.start_ns) / 1e9


@dataclass(slots=True)
class Killer:
    """Kill one target `kills` times."""

    site: Site
    target: str
    kills: int
    seed: int
    stop: Event
    say: Callable[[str], None]
    outages: list[Outage] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Kill to the end of the schedule, or `stop`; what goes wrong becomes a problem."""
        try:
            self._work()
        except (AssertionError, RuntimeError, OSError) as error:
            self.problems.append(f"{self.target}: {error}")

    def _work(self) -> None:
        # By target: the moments stay the same when other targets are left out.
        chance = random.Random(f"{self.seed}/{self.target}")
        done = 0
        while done < self.kills:
            stopped = self.stop.wait(chance.uniform(0, LONGEST_LIFE_S))
            if stopped:
                return
            outage = Outage(
                target=self.target,
                start_ns=time.time_ns(),
                end_ns=0,
                kills=0,
            )
            self._strike(chance, outage)
            kills_left = self.kills - done - outage.kills
            if kills_left and chance.random() < STARTING_SHARE:
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
        while not self._is_ready():
            if time.monotonic() > deadline:
                self.problems.append(
                    f"{self.target} is not ready {READY_LIMIT_S:g} s after a kill"
                )
                return
            self.stop.wait(READY_POLL_S)

    def _is_ready(self) -> bool:
        # Every service needs the servers: one that fell with them has to come back too.
        if self.target in SERVERS:
            return self.site.all_ready()
        self.site.revive(self.target)
        return self.site.ready(self.target)


def kill_all(
    site: Site,
    targets: dict[str, int],
    seed: int,
    stop: Event,
    say: Callable[[str], None],
) -> list[Killer]:
    """Kill every target so many times, all at once; return when the site is ready again."""
    killers = []
    threads = []
    for target, kills in targets.items():
        killer = Killer(
            site=site,
            target=target,
            kills=kills,
            seed=seed,
            stop=stop,
            say=say,
        )
        killers.append(killer)
        threads.append(Thread(target=killer.run, name=f"killer of {target}"))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    site.wait_until_ready()
    return killers
