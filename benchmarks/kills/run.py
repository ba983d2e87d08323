"""Run a site with kills, from the start of the servers to the verdict."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from threading import Event
from typing import Any

from benchmarks.kills import checks, video
from benchmarks.kills.evidence import Evidence, gather
from benchmarks.kills.killer import Killer, Outage, kill_all
from benchmarks.kills.site import FPS, Site
from tests.brokers import KafkaBroker, RedisServer
from vitrine.clock import SECOND_NS
from vitrine.mall.folder import MallFolder
from vitrine.stores.redis import connect

VISION = ("ingest", "landmarks")
SERVERS = ("redis", "broker")
GROUPS = (
    (
        "identity",
        "engagement",
        "stand",
        "player",
        "analytics",
    ),
    VISION,
    SERVERS,
)
"""Targets that the long form kills in one run."""
# Seconds without kills at both ends of a run. Chosen, not measured.
CALM_S = (1.0, 4.0)
CHECKS = (
    checks.plays,
    checks.offers,
    checks.exposures,
    checks.identities,
    checks.totals,
    checks.dead_letters,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold what a run showed."""

    targets: dict[str, dict[str, float]]
    """For each target: kills, and median and longest seconds until it was ready again."""
    counts: dict[str, int]
    """How much there was of everything."""
    exits: Sequence[str] = ()
    """Processes that ended by themselves and were started again."""
    violations: Sequence[str] = field(default_factory=list)

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold."""
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
    """Kill each target so many times.

    Cameras wait for the workers, so that every frame must arrive, unless `ingest` or
    `landmarks` are killed: then they drop, as live ones do.
    """
    chance = random.Random(seed)
    stop = Event()
    complete = not set(VISION) & set(targets)
    overload = "wait" if complete else "drop"
    with open_site(
        folder,
        libs,
        seed,
        overload,
    ) as site:
        say(f"the site runs, logs are in {folder}")
        site.wait_until_busy()
        stop.wait(chance.uniform(*CALM_S))
        killers = kill_all(
            site,
            targets,
            seed,
            stop,
            say,
        )
        stop.wait(chance.uniform(*CALM_S))
        site.wait_until_ready()
        say("the site ends")
        evidence = finish(site)
        return judge(
            evidence,
            killers,
            site.exits,
            complete=complete,
        )


@contextmanager
def open_site(
    folder: Path,
    libs: Path,
    seed: int,
    overload: str,
) -> Iterator[Site]:
    """Give a running site with servers of its own."""
    broker = KafkaBroker(libs, folder)
    redis = RedisServer(folder)
    try:
        redis.start()
        broker.start()
        with Site(
            folder,
            broker,
            redis,
            seed=seed,
            overload=overload,
        ) as site:
            yield site
    finally:
        broker.stop()
        redis.stop()


def finish(site: Site) -> Evidence:
    """Stop the services, each after it handled what is there, and return what they left."""
    site.finish()
    mall = MallFolder(site.folder / "config")
    with connect(site.redis.url) as redis:
        return gather(
            site.bus,
            redis,
            site.journal,
            mall,
        )


def judge(
    evidence: Evidence,
    killers: Sequence[Killer],
    exits: Sequence[str],
    *,
    complete: bool,
) -> Verdict:
    """Return the verdict of all checks; `complete` says that no frame may be missing."""
    outages: list[Outage] = []
    violations: list[str] = []
    for killer in killers:
        outages += killer.outages
        violations += killer.problems
    for check in CHECKS:
        name = check.__name__
        violations += [f"{name}: {line}" for line in check(evidence)]
    lost = lost_video(evidence, outages, complete=complete)
    violations += [f"frames: {line}" for line in lost]
    return Verdict(
        targets={killer.target: summary(killer) for killer in killers},
        counts=counts(evidence, outages),
        exits=exits,
        violations=violations,
    )


def lost_video(
    evidence: Evidence,
    outages: Sequence[Outage],
    *,
    complete: bool,
) -> Iterator[str]:
    """Return the violations of what may be missing of the cameras' video."""
    if complete:
        return video.frames(evidence)
    return video.losses(evidence, outages, FPS)


def summary(killer: Killer) -> dict[str, float]:
    """Return the number of kills, and how long the target was away."""
    away_s = [outage.seconds for outage in killer.outages] or [0.0]
    return {
        "kills": sum(outage.kills for outage in killer.outages),
        "median_s": round(median(away_s), 1),
        "longest_s": round(max(away_s), 1),
    }


def counts(evidence: Evidence, outages: Sequence[Outage]) -> dict[str, int]:
    """Return the records of each topic, plays finished and resent, and seconds lost."""
    found = {topic: len(records) for topic, records in evidence.records.items()}
    ids = [event["play_id"] for event in evidence.events("plays")]
    down_ns = sum(end - start for start, end in video.merged(outages))
    found["plays finished"] = len(evidence.journal)
    found["plays resent"] = len(ids) - len(set(ids))
    found["seconds of video lost"] = round(video.lost_s(evidence, FPS))
    found["seconds in which something was down"] = round(down_ns / SECOND_NS)
    return found
