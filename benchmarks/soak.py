"""Whether an hour of the mall leaves anything behind: memory, threads, files, Redis, topics.

    python -m benchmarks.soak --models ../shared/models

Runs the whole site in this process on synthetic visitors at two stands, as fast as the machine can analyse
them, and samples it every few seconds. Printed for each measure: its level, and its slope per hour of the
mall with a 95 % interval (least squares over the samples after the warm-up; neighbouring samples depend on
each other, so the true interval is wider). `flat`: the interval holds 0, or ends below 2 % of the level.

Late events are taken for ten minutes here instead of a day, so that what analytics keeps for them has reached
its full size when the warm-up ends. In memory a partition keeps up to 1 MB of what everybody has read: topics
with less are only in the sum.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import psutil
from redis import Redis
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from scipy import stats

from vitrine.bus.memory import READ_BYTES, MemoryBus
from vitrine.mall import Camera, Mall, Stand
from vitrine.mall.folder import FixedMall, load_mall
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.settings import Defaults, Settings
from vitrine.site.embedded import Site
from vitrine.site.plan import Plan
from vitrine.stores.redis import connect

CONFIG = Path(__file__).resolve().parents[1] / "config"
STANDS = ("north", "south")
FLAT_SHARE = 0.02
DEFAULTS: Defaults = {
    AnalyticsSettings: {"window_s": 60, "grace_s": 15, "horizon_s": 600},
}


@dataclass(frozen=True, slots=True)
class Trend:
    """How a measure went over hours of the mall."""

    level: float
    slope: float
    low: float
    high: float

    @property
    def flat(self) -> bool:
        """Whether nothing says that it grows."""
        return self.low <= 0 or self.high < FLAT_SHARE * self.level


def trend(hours: Sequence[float], values: Sequence[float]) -> Trend:
    """Least squares of three or more samples; the interval has 95 %."""
    fit = stats.linregress(hours, values)
    margin = float(stats.t.ppf(0.975, len(hours) - 2)) * float(fit.stderr)
    slope = float(fit.slope)
    return Trend(float(np.mean(values)), slope, slope - margin, slope + margin)


def mall(seed: int, people: int, fps: float, seconds: float) -> Mall:
    """Two stands of one synthetic mall, a camera each, with the example campaigns."""
    examples = load_mall(CONFIG)
    cameras = tuple(
        Camera(
            id=f"{name}-1",
            stand=name,
            fps=fps,
            uri=f"synthetic:?scene=rush&people={people}&seed={seed}&stand={number}&seconds={seconds:g}",
        )
        for number, name in enumerate(STANDS, 1)
    )
    stands = tuple(Stand(id=name, recognition="enrolled") for name in STANDS)
    campaigns = tuple(
        c.model_copy(update={"stands": STANDS}) for c in examples.campaigns
    )
    return Mall(cameras=cameras, stands=stands, campaigns=campaigns)


def sample(process: psutil.Process, redis: Redis, bus: MemoryBus) -> dict[str, float]:
    """The measures of this moment."""
    sizes = bus.held_bytes()
    memory = redis.info("memory")
    return {
        "memory, MB": process.memory_info().rss / 1e6,
        "threads": process.num_threads(),
        "open files": process.num_fds(),
        "Redis keys": float(redis.dbsize()),
        "Redis memory, MB": memory["used_memory"] / 1e6,
        "topics, MB": sum(sizes.values()) / 1e6,
    } | {
        f"topic {name}, MB": size / 1e6
        for name, size in sorted(sizes.items())
        if size > 2 * READ_BYTES
    }


def soak(options: argparse.Namespace) -> tuple[list[float], list[dict[str, float]]]:
    """Hours of the mall and what was measured then."""
    settings = Settings(
        config=CONFIG, bus="memory", models=options.models, log_level="WARNING"
    )
    source = FixedMall(
        mall(options.seed, options.people, options.fps, options.minutes * 60)
    )
    plan = Plan(settings, source, speed="max", port=0, defaults=DEFAULTS)
    hours: list[float] = []
    samples: list[dict[str, float]] = []
    site = Site(plan)
    process = psutil.Process()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with site.running(), Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("minutes of the mall", total=options.minutes)
        redis = connect(site.redis_url)
        bus = cast(MemoryBus, site.bus)
        while not site.sources_ended:
            site.changed.wait(options.every)
            site.check()
            elapsed_s = site.recorder.counts.source_seconds
            progress.update(task, completed=elapsed_s / 60)
            hours.append(elapsed_s / 3600)
            samples.append(sample(process, redis, bus))
        site.finish()
    return hours, samples


def report(console: Console, trends: dict[str, Trend], hours: float) -> None:
    """Print the table."""
    table = Table("measure", "level", "slope per hour", "95 % interval", "")
    for name, t in trends.items():
        verdict = "flat" if t.flat else "[bold red]grows[/]"
        table.add_row(
            name,
            f"{t.level:.4g}",
            f"{t.slope:+.3g}",
            f"{t.low:+.3g} … {t.high:+.3g}",
            verdict,
        )
    console.print(table, f"{hours:.2f} hours of the mall after the warm-up")


def main() -> None:
    """Run, print, and exit with 1 when something grows."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--minutes", type=float, default=60, help="of the mall, after which it ends"
    )
    parser.add_argument(
        "--warm-up",
        type=float,
        default=20,
        help="minutes of the mall that are left out",
    )
    parser.add_argument(
        "--every", type=float, default=3, help="seconds between samples, on the wall"
    )
    parser.add_argument("--people", type=int, default=4, help="at once at a stand")
    parser.add_argument("--fps", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--models", type=Path, help="folder with the optional public models"
    )
    parser.add_argument("--json", type=Path, help="write the samples there")
    options = parser.parse_args()
    hours, samples = soak(options)
    if options.json:
        options.json.write_text(json.dumps({"hours": hours, "samples": samples}))
    kept = [n for n, hour in enumerate(hours) if hour * 60 >= options.warm_up]
    if len(kept) < 3:
        sys.exit(
            "too few samples after the warm-up: more --minutes, or a shorter --every"
        )
    names = samples[-1].keys()
    trends = {
        name: trend([hours[n] for n in kept], [samples[n].get(name, 0.0) for n in kept])
        for name in names
    }
    report(Console(), trends, hours[kept[-1]] - hours[kept[0]])
    sys.exit(any(not t.flat for t in trends.values()))


if __name__ == "__main__":
    main()
