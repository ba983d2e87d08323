"""One run with kills, from the start of the servers to the verdict."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any

from benchmarks.kills import checks
from benchmarks.kills.evidence import Evidence, gather
from benchmarks.kills.killer import Killer, kill_all
from benchmarks.kills.site import FPS, Site
from tests.brokers import KafkaBroker, RedisServer
from vitrine.mall.folder import MallFolder
from vitrine.stores.redis import connect

VISION = ("ingest", "landmarks")
GROUPS = (
    ("identity", "engagement", "stand", "player", "analytics"),
    VISION,
    ("redis", "broker"),
)
"""Targets that the long form kills in one run."""
CALM_S = (1.0, 4.0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run showed."""

    targets: dict[str, dict[str, float]]
    """For each target: kills, and median and longest seconds until it was ready again."""
    counts: dict[str, int]
    """How much there was of everything."""
    exits: Sequence[str] = ()
    """Processes that ended by themselves and were started again."""
    violations: Sequence[str] = field(default_factory=list)

    def to_plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "targets": self.targets,
            "counts": self.counts,
            "exits": list(self.exits),
            "violations": list(self.violations),
        }


def run(
    folder: Path,
    libs: Path,
    targets: dict[str, int],
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> Verdict:
    """Kill each target so many times. Cameras wait for the workers, so that every frame must arrive, unless
    `ingest` or `landmarks` are killed: then they drop, as live ones do."""
    chance = random.Random(seed)
    stop = Event()
    complete = not set(VISION) & set(targets)
    with open_site(folder, libs, seed, "wait" if complete else "drop") as site:
        say(f"the site runs, logs are in {folder}")
        site.wait_until_busy()
        stop.wait(chance.uniform(*CALM_S))
        killers = kill_all(site, targets, seed, stop, say)
        stop.wait(chance.uniform(*CALM_S))
        site.wait_until_ready()
        say("the site ends")
        return judge(finish(site), killers, site.exits, complete=complete)


@contextmanager
def open_site(folder: Path, libs: Path, seed: int, overload: str) -> Iterator[Site]:
    """A running site with servers of its own."""
    broker = KafkaBroker(libs, folder)
    redis = RedisServer(folder)
    try:
        redis.start()
        broker.start()
        with Site(folder, broker, redis, seed=seed, overload=overload) as site:
            yield site
    finally:
        broker.stop()
        redis.stop()


def finish(site: Site) -> Evidence:
    """Stop the services, each after it handled what is there, and look at what they left."""
    site.finish()
    mall = MallFolder(site.folder / "config")
    with connect(site.redis.url) as redis:
        return gather(site.bus, redis, site.journal, mall)


def judge(
    evidence: Evidence,
    killers: Sequence[Killer],
    exits: Sequence[str],
    *,
    complete: bool,
) -> Verdict:
    """All checks."""
    outages = [outage for killer in killers for outage in killer.outages]
    violations = [problem for killer in killers for problem in killer.problems]
    for check in (
        checks.plays,
        checks.offers,
        checks.exposures,
        checks.identities,
        checks.totals,
        checks.dead_letters,
    ):
        violations += [f"{check.__name__}: {line}" for line in check(evidence)]
    lost = (
        checks.frames(evidence, FPS)
        if complete
        else checks.losses(evidence, outages, FPS)
    )
    violations += [f"frames: {line}" for line in lost]
    found = counts(evidence)
    found["seconds of video lost"] = round(checks.lost_s(evidence, FPS))
    found["seconds in which something was down"] = round(
        sum(b - a for a, b in checks.merged(outages)) / 1e9
    )
    return Verdict({k.target: summary(k) for k in killers}, found, exits, violations)


def summary(killer: Killer) -> dict[str, float]:
    """Kills, and how long the target was away."""
    away = [outage.seconds for outage in killer.outages] or [0.0]
    return {
        "kills": sum(outage.kills for outage in killer.outages),
        "median_s": round(median(away), 1),
        "longest_s": round(max(away), 1),
    }


def counts(evidence: Evidence) -> dict[str, int]:
    """Records of each topic, and how many plays were resent."""
    found = {topic: len(records) for topic, records in evidence.records.items()}
    ids = [event["play_id"] for event in evidence.events("plays")]
    return {
        **found,
        "plays finished": len(evidence.journal),
        "plays resent": len(ids) - len(set(ids)),
    }
