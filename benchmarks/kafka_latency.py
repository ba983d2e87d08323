"""Print latency from capture to decision over a real Kafka: six processes, two cameras.

    make kafka-libs && python -m benchmarks.kafka_latency --models ../shared/models

Prints the latency (from the stand's histogram, interpolated within its bucket) and the lag of every
consumer, in ten parts of the run: neither may grow.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.brokers import KafkaBroker, kafka_libs, redis_server
from tests.processes import Processes

CONFIG = Path(__file__).resolve().parents[1] / "config"
CONSUMERS = (
    "landmarks",
    "identity",
    "engagement",
    "stand",
    "analytics",
)
LATENCY = "vitrine_decision_latency_seconds"
# Ten parts show a trend; each has enough decisions for a 99th percentile only in a long run.
PARTS = 10
QUANTILES = (0.5, 0.95, 0.99)
LAG = re.compile(r"^vitrine_consumer_lag{[^}]*} (\S+)$", re.MULTILINE)


def buckets(metrics: str, name: str) -> dict[float, float]:
    """Return the cumulative count of each upper bound of a histogram, over all labels."""
    found: dict[float, float] = {}
    line = rf'^{name}_bucket{{[^}}]*le="([^"]+)"[^}}]*}} (\S+)$'
    for text, value in re.findall(line, metrics, re.MULTILINE):
        bound = float(text)
        found[bound] = found.get(bound, 0.0) + float(value)
    return found


def quantile(counts: Mapping[float, float], share: float) -> float:
    """Return a quantile, interpolated within its bucket as PromQL's histogram_quantile does."""
    wanted = share * max(counts.values(), default=0.0)
    lower = 0.0
    below = 0.0
    for bound, count in sorted(counts.items()):
        if count >= wanted and count > below:
            part = (wanted - below) / (count - below)
            return lower + (bound - lower) * part
        lower = bound
        below = count
    return float("nan")


def lag(site: Processes) -> dict[str, int]:
    """Return the number of records that each service has not read."""
    found = {}
    for name in CONSUMERS:
        values = LAG.findall(site.metrics(name))
        found[name] = sum(int(float(value)) for value in values)
    return found


def write_config(
    folder: Path,
    cameras: int,
    fps: float,
) -> None:
    """Write the examples, with so many synthetic cameras."""
    lines = ["cameras:"]
    for number in range(cameras):
        uri = f"synthetic:?people=3&seed={number}"
        lines.append(
            f"  - {{id: c{number}, uri: '{uri}', stand: north, fps: {fps}, overload: drop}}"
        )
    text = "\n".join(lines)
    (folder / "cameras.yaml").write_text(f"{text}\n")
    for name in ("stands.yaml", "campaigns.yaml", "creatives", "codes"):
        (folder / name).symlink_to(CONFIG / name)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--models",
        type=Path,
        help="folder with yunet_n_dynamic.onnx",
    )
    parser.add_argument(
        "--cameras",
        type=int,
        default=2,
    )
    parser.add_argument(
        "--fps",
        type=float,
        default=10,
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=60,
    )
    options = parser.parse_args()
    libs = kafka_libs()
    if libs is None:
        parser.error("no broker: run `make kafka-libs`, and install Java")
    console = Console()
    table = Table(
        "part",
        "decisions",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "lag in records",
    )
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_config(folder, options.cameras, options.fps)
        with running_site(folder, libs, options.models) as site:
            measure(
                site,
                table,
                options.seconds,
                console,
            )
    console.print(table)


@contextmanager
def running_site(
    folder: Path,
    libs: Path,
    models: Path | None,
) -> Iterator[Processes]:
    """Give the services as processes, with a broker and a Redis of their own."""
    environment = {"VITRINE_CONFIG": str(folder)}
    if models is not None:
        environment["VITRINE_MODELS"] = str(models.resolve())
    # The broker outlives the services: they commit when they stop.
    broker = KafkaBroker(libs, folder)
    broker.start()
    try:
        with (
            redis_server(folder) as redis_url,
            Processes(
                folder,
                broker.servers,
                redis_url,
                **environment,
            ) as site,
        ):
            yield site
    finally:
        broker.stop()


def measure(
    site: Processes,
    table: Table,
    seconds: float,
    console: Console,
) -> None:
    """Add a row for each part of the run, after one part of warming up."""
    # Networks load and consumers join in the first part.
    pause = Event()
    pause.wait(seconds / PARTS)
    before = buckets(site.metrics("stand"), LATENCY)
    for part in track(range(PARTS), "measuring", console=console):
        pause.wait(seconds / PARTS)
        after = buckets(site.metrics("stand"), LATENCY)
        counts = {}
        for bound, count in after.items():
            counts[bound] = count - before.get(bound, 0.0)
        before = after
        decisions = max(counts.values(), default=0)
        milliseconds = [1000 * quantile(counts, share) for share in QUANTILES]
        waiting = [f"{name} {records}" for name, records in lag(site).items()]
        table.add_row(
            f"{part + 1}/{PARTS}",
            f"{decisions:.0f}",
            *(f"{value:.0f}" for value in milliseconds),
            ", ".join(waiting),
        )


if __name__ == "__main__":
    main()
