"""Kill a worker of analytics at random moments: are the figures those of a run without kills?

python -m benchmarks.analytics_kills [--kills 50] [--stands 2] [--hours 24] [--seed 1]

Each worker is a process of its own that goes on from where the store says. It ends by SIGKILL,
wherever it is: while it starts, computes, or writes. The events are those of
`benchmarks.analytics`, in one log that all workers read. `benchmarks.kills` kills whole sites, with
Kafka.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import closing
from ctypes import c_int
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from multiprocessing.sharedctypes import RawArray
from typing import Final

import click

from benchmarks.analytics import PATIENCE_S, SOURCES, STEPS_AN_HOUR, Log, Site
from vitrine.bus import Record, decode
from vitrine.campaigns.summary import CampaignFigures, Kind
from vitrine.mall.folder import FixedMall
from vitrine.services.analytics.handler import AnalyticsHandler
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.campaigns import AnalyticsStore
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect

# A fork, so that a worker starts at once and has the log.
PROCESSES: Final = get_context("fork")
# Chosen, not measured: a life is some batches, and many end while one is written.
LONGEST_LIFE_S: Final = 0.4
BATCH: Final = 100
KINDS: Final[tuple[Kind, ...]] = ("exact", "released")

Tables = Mapping[Kind, Sequence[CampaignFigures]]


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what a run came to."""

    tables: Tables
    batches: int
    """Those that were begun: some of them again, after a kill."""
    refused: int


class Workers:
    """Start workers on one store, one after the other, and count what they do."""

    def __init__(
        self,
        site: Site,
        url: str,
        log: Sequence[Record],
    ) -> None:
        self._site = site
        self._url = url
        self._log = log
        # Shared memory without a lock: who is killed cannot give one back.
        self._counts = RawArray(c_int, 2)

    def start(self) -> ForkProcess:
        """Return a worker that has started."""
        process = PROCESSES.Process(target=self._work)
        process.start()
        return process

    def finish(self) -> Result:
        """Let a last worker read to the end; return what there is then."""
        process = self.start()
        process.join()
        if process.exitcode:
            raise click.ClickException(f"a worker ended with {process.exitcode}")
        with closing(connect(self._url)) as redis:
            tables = {
                kind: load_figures(redis, kind, details=False).campaigns
                for kind in KINDS
            }
        batches, refused = self._counts
        return Result(tables, batches, refused)

    def _work(self) -> None:
        handler = AnalyticsHandler(
            FixedMall(self._site.mall()),
            AnalyticsStore(lambda: connect(self._url, answer_limit_s=PATIENCE_S)),
            AnalyticsSettings().rules(),
        )
        starts = handler.assigned(dict.fromkeys(SOURCES))
        handler.waiting(dict.fromkeys(SOURCES, 0))
        # Batches are cut from one log, so that the offsets add up to the place in it.
        for first in range(sum(starts.values()), len(self._log), BATCH):
            self._counts[0] += 1
            batch = self._log[first : first + BATCH]
            outputs = handler.handle([decode(record) for record in batch])
            self._counts[1] += len(outputs.rejected)
            handler.published(outputs)


def killed(workers: Workers, kills: int, chance: random.Random) -> Result:
    """Kill so many workers; return what there is once the last one has read to the end.

    Raises ClickException where the events end before.
    """
    for number in range(kills):
        process = workers.start()
        process.join(chance.uniform(0, LONGEST_LIFE_S))
        if process.exitcode is not None:
            raise click.ClickException(
                f"all is read after {number} kills: choose more hours or stands"
            )
        process.kill()
        process.join()
    return workers.finish()


@click.command()
@click.option("--kills", default=50, show_default=True, help="Of workers.")
@click.option("--stands", default=2, show_default=True, help="Of the worker.")
@click.option("--hours", default=24, show_default=True, help="Of event time.")
@click.option("--seed", default=1, show_default=True, help="Of the moments.")
def main(
    kills: int,
    stands: int,
    hours: int,
    seed: int,
) -> None:
    """Print whether the figures are equal. Exit status 1 if they are not."""
    site = Site(stands, campaigns=20)
    log = Log()
    records: list[Record] = []
    for step in range(hours * STEPS_AN_HOUR):
        records += log.records(site.events(step))
    with embedded_redis() as url:
        expected = Workers(site, url, records).finish()
    with embedded_redis() as url:
        found = killed(Workers(site, url, records), kills, random.Random(seed))
    equal = found.tables == expected.tables
    plays = sum(one.totals.plays for one in found.tables["exact"])
    click.echo(
        f"{kills} kills, {len(records):,} events, {found.refused} refused, "
        f"{found.batches - expected.batches} batches begun again, {plays:,} plays counted"
    )
    click.echo(f"all figures equal: {'yes' if equal else 'NO'}")
    if not equal or found.refused:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
