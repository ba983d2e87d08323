"""Print what an hour of the mall leaves behind: memory, threads, files, Redis, topics.

    python -m benchmarks.soak --models ../shared/models

Runs the whole site in this process on synthetic visitors at two stands, as fast as the machine can
analyse them, and samples it every few seconds. Printed for each measure: its level, and its slope
per hour of the mall with a 95 % interval (least squares over the samples after the warm-up;
neighbouring samples depend on each other, so the true interval is wider). `flat`: the interval
holds 0, or ends below 2 % of the level.

Late events are taken for ten minutes here instead of a day, so that what analytics keeps for them
has reached its full size when the warm-up ends. In memory a partition keeps up to 1 MB of what
everybody has read: topics with less are only in the sum.
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
# Of the level: less than that in an hour is no growth. Chosen, not measured.
FLAT_SHARE = 0.02
# The fewest samples that a slope with an interval needs.
FEWEST = 3
DEFAULTS: Defaults = {
    AnalyticsSettings: {
        # Short windows: many of them end within the run.
        "window_s": 60,
        "grace_s": 15,
        "horizon_s": 600,
    },
}


@dataclass(frozen=True, slots=True)
class Trend:
    """Hold how a measure went over hours of the mall."""

    level: float
    slope: float
    low: float
    high: float

    @property
    def flat(self) -> bool:
        """Return whether nothing says that it grows."""
        return self.low <= 0 or self.high < FLAT_SHARE * self.level


def trend(hours: Sequence[float], values: Sequence[float]) -> Trend:
    """Return the least squares of three or more samples; the interval has 95 %."""
    fit = stats.linregress(hours, values)
    # Two parameters, level and slope, are taken from the samples.
    factor = float(stats.t.ppf(0.975, len(hours) - 2))
    margin = factor * float(fit.stderr)
    slope = float(fit.slope)
    return Trend(
        level=float(np.mean(values)),
        slope=slope,
        low=slope - margin,
        high=slope + margin,
    )


def mall(
    seed: int,
    people: int,
    fps: float,
    seconds: float,
) -> Mall:
    """Return two stands of one synthetic mall, a camera each, with the example campaigns."""
    examples = load_mall(CONFIG)
    shared = f"scene=rush&people={people}&seed={seed}&seconds={seconds:g}"
    cameras = []
    for number, name in enumerate(STANDS, 1):
        camera = Camera(
            id=f"{name}-1",
            stand=name,
            fps=fps,
            uri=f"synthetic:?{shared}&stand={number}",
        )
        cameras.append(camera)
    stands = [Stand(id=name, recognition="enrolled") for name in STANDS]
    at_both = {"stands": STANDS}
    campaigns = [each.model_copy(update=at_both) for each in examples.campaigns]
    return Mall(
        cameras=tuple(cameras),
        stands=tuple(stands),
        campaigns=tuple(campaigns),
    )


def sample(
    process: psutil.Process,
    redis: Redis,
    bus: MemoryBus,
) -> dict[str, float]:
    """Return the measures of this moment."""
    sizes = bus.held_bytes()
    memory = redis.info("memory")
    found = {
        "memory, MB": process.memory_info().rss / 1e6,
        "threads": process.num_threads(),
        "open files": process.num_fds(),
        "Redis keys": float(redis.dbsize()),
        "Redis memory, MB": memory["used_memory"] / 1e6,
        "topics, MB": sum(sizes.values()) / 1e6,
    }
    for name, size in sorted(sizes.items()):
        if size > 2 * READ_BYTES:
            found[f"topic {name}, MB"] = size / 1e6
    return found


def soak(options: argparse.Namespace) -> tuple[list[float], list[dict[str, float]]]:
    """Run the site to its end; return hours of the mall and what was measured then."""
    hours: list[float] = []
    samples: list[dict[str, float]] = []
    site = Site(plan_of(options))
    process = psutil.Process()
    with site.running(), progress_bar() as progress:
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


def plan_of(options: argparse.Namespace) -> Plan:
    """Return what the site has to run: as fast as it can, all in this process."""
    settings = Settings(
        config=CONFIG,
        bus="memory",
        models=options.models,
        log_level="WARNING",
    )
    visited = mall(
        options.seed,
        options.people,
        options.fps,
        options.minutes * 60,
    )
    return Plan(
        settings,
        FixedMall(visited),
        speed="max",
        port=0,
        defaults=DEFAULTS,
    )


def progress_bar() -> Progress:
    """Return a bar on standard error with the time that passed and that is left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def report(
    console: Console,
    trends: dict[str, Trend],
    hours: float,
) -> None:
    """Print the table."""
    table = Table(
        "measure",
        "level",
        "slope per hour",
        "95 % interval",
        "",
    )
    for name, found in trends.items():
        verdict = "flat" if found.flat else "[bold red]grows[/]"
        table.add_row(
            name,
            f"{found.level:.4g}",
            f"{found.slope:+.3g}",
            f"{found.low:+.3g} … {found.high:+.3g}",
            verdict,
        )
    console.print(table, f"{hours:.2f} hours of the mall after the warm-up")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--minutes",
        type=float,
        default=60,
        help="of the mall, after which it ends",
    )
    parser.add_argument(
        "--warm-up",
        type=float,
        default=20,
        help="minutes of the mall that are left out",
    )
    parser.add_argument(
        "--every",
        type=float,
        default=3,
        help="seconds between samples, on the wall",
    )
    parser.add_argument(
        "--people",
        type=int,
        default=4,
        help="at once at a stand",
    )
    parser.add_argument(
        "--fps",
        type=float,
        default=5,
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
    )
    parser.add_argument(
        "--models",
        type=Path,
        help="folder with the optional public models",
    )
    parser.add_argument(
        "--json",
        type=Path,
        help="write the samples there",
    )
    return parser.parse_args()


def main() -> None:
    """Run, print, and exit with 1 when something grows."""
    options = _options()
    hours, samples = soak(options)
    if options.json:
        options.json.write_text(json.dumps({"hours": hours, "samples": samples}))
    kept_hours = []
    kept_samples = []
    for hour, values in zip(
        hours,
        samples,
        strict=True,
    ):
        if hour * 60 >= options.warm_up:
            kept_hours.append(hour)
            kept_samples.append(values)
    if len(kept_hours) < FEWEST:
        sys.exit(
            "too few samples after the warm-up: more --minutes, or a shorter --every"
        )
    trends = {}
    for name in samples[-1]:
        # A topic is in a sample only from some size on.
        levels = [values.get(name, 0.0) for values in kept_samples]
        trends[name] = trend(kept_hours, levels)
    report(Console(), trends, kept_hours[-1] - kept_hours[0])
    sys.exit(any(not found.flat for found in trends.values()))


if __name__ == "__main__":
    main()
