"""From capture to the stand's decision over a real Kafka: six processes on this machine, two cameras.

    make kafka-libs && python -m benchmarks.kafka_latency --models ../shared/models

Prints the latency (from the stand's histogram, interpolated within its bucket) and the lag of every consumer,
in ten parts of the run: neither may grow.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.brokers import KafkaBroker, kafka_libs, redis_server
from tests.processes import Processes

CONFIG = Path(__file__).resolve().parents[1] / "config"
CONSUMERS = ("landmarks", "identity", "engagement", "stand", "analytics")


def buckets(metrics: str, name: str) -> dict[float, float]:
    """Upper bound → cumulative count of a histogram, over all labels."""
    found: dict[float, float] = {}
    line = rf'^{name}_bucket{{[^}}]*le="([^"]+)"[^}}]*}} (\S+)$'
    for bound, value in re.findall(line, metrics, re.MULTILINE):
        found[float(bound)] = found.get(float(bound), 0.0) + float(value)
    return found


def quantile(counts: Mapping[float, float], share: float) -> float:
    """Interpolated within the bucket, as PromQL's histogram_quantile does."""
    total = max(counts.values(), default=0.0)
    lower = 0.0
    below = 0.0
    for bound, count in sorted(counts.items()):
        if count >= share * total and count > below:
            return lower + (bound - lower) * (share * total - below) / (count - below)
        lower = bound
        below = count
    return float("nan")


def lag(site: Processes) -> dict[str, int]:
    """Records that each service has not read."""
    found = {}
    for name in CONSUMERS:
        values = re.findall(
            r"^vitrine_consumer_lag{[^}]*} (\S+)$", site.metrics(name), re.MULTILINE
        )
        found[name] = sum(int(float(value)) for value in values)
    return found


def write_config(folder: Path, cameras: int, fps: float) -> None:
    """The examples, with so many synthetic cameras."""
    lines = [
        f"  - {{id: c{n}, uri: 'synthetic:?people=3&seed={n}', stand: north, fps: {fps}, overload: drop}}"
        for n in range(cameras)
    ]
    (folder / "cameras.yaml").write_text("\n".join(["cameras:", *lines, ""]))
    for name in ("stands.yaml", "campaigns.yaml", "creatives", "codes"):
        (folder / name).symlink_to(CONFIG / name)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, help="folder with yunet_n_dynamic.onnx")
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--fps", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    libs = kafka_libs()
    if libs is None:
        parser.error("no broker: run `make kafka-libs`, and install Java")
    console = Console()
    table = Table("part", "decisions", "p50 ms", "p95 ms", "p99 ms", "lag in records")
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_config(folder, options.cameras, options.fps)
        broker = KafkaBroker(libs, folder)
        broker.start()
        models = (
            {"VITRINE_MODELS": str(options.models.resolve())} if options.models else {}
        )
        try:
            with (
                redis_server(folder) as redis_url,
                Processes(
                    folder,
                    broker.servers,
                    redis_url,
                    VITRINE_CONFIG=str(folder),
                    **models,
                ) as site,
            ):
                measure(site, table, options.seconds, console)
        finally:
            broker.stop()
    console.print(table)


def measure(site: Processes, table: Table, seconds: float, console: Console) -> None:
    """Ten parts of the run, after one part of warming up."""
    pause = Event()
    pause.wait(seconds / 10)
    before = buckets(site.metrics("stand"), "vitrine_decision_latency_seconds")
    for part in track(range(10), "measuring", console=console):
        pause.wait(seconds / 10)
        after = buckets(site.metrics("stand"), "vitrine_decision_latency_seconds")
        counts = {bound: after[bound] - before.get(bound, 0.0) for bound in after}
        before = after
        figures = [
            f"{quantile(counts, share) * 1000:.0f}" for share in (0.5, 0.95, 0.99)
        ]
        waiting = ", ".join(f"{name} {records}" for name, records in lag(site).items())
        table.add_row(
            f"{part + 1}/10",
            f"{max(counts.values(), default=0):.0f}",
            *figures,
            waiting,
        )


if __name__ == "__main__":
    main()
