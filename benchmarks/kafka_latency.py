"""Print latency from capture to decision and to pixels over a real Kafka: six processes, cameras.

    make kafka-libs && python -m benchmarks.kafka_latency --models ../shared/models

Prints four tables. The latency (from the stand's histogram, interpolated within its bucket) and
the lag of every consumer, in ten parts of the run: neither may grow. The age of a picture as it
leaves each stage. The CPU time of each process. And from the capture to the second frame that
Chromium drew with the answer, of answers that cut a play; they are few, and the snapshot that led
to one is the last that the bus had before the decision.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import numpy as np
import psutil
import yaml
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.screens import ALWAYS, WATCH, Answer, answers_that_cut
from tests.brokers import KafkaBroker, kafka_libs, redis_server
from tests.processes import Processes
from vitrine.bus import decode
from vitrine.topics import ENGAGEMENT

CONFIG = Path(__file__).resolve().parents[1] / "config"
CONSUMERS = (
    "landmarks",
    "identity",
    "engagement",
    "stand",
    "analytics",
)
LATENCY = "vitrine_decision_latency_seconds"
AGES = "vitrine_stage_latency_seconds"
STAGES = ("ingest", "landmarks", "engagement", "stand")
SERVICE = "vitrine.services."
# Scores at which somebody is answered: one that rises passes several.
SCORES = range(20, 70, 5)
# Ten parts show a trend; each has enough decisions for a 99th percentile only in a long run.
PARTS = 10
QUANTILES = (0.5, 0.95, 0.99)
LAG = re.compile(r"^vitrine_consumer_lag{[^}]*} (\S+)$", re.MULTILINE)


def buckets(metrics: str, name: str) -> dict[float, float]:
    """Return the cumulative count of each upper bound of a histogram, over all labels.

    A service fills only its own stage of a histogram of stages.
    """
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
    uri: str,
) -> None:
    """Write the examples, with so many cameras."""
    described = []
    for number in range(cameras):
        camera = {
            "id": f"c{number}",
            "uri": uri.format(number=number),
            "stand": "north",
            "fps": fps,
            "overload": "drop",
            "loop": True,
        }
        described.append(camera)
    text = yaml.safe_dump({"cameras": described})
    (folder / "cameras.yaml").write_text(text)
    (folder / "stands.yaml").symlink_to(CONFIG / "stands.yaml")
    write_answers(folder)


def write_answers(folder: Path) -> None:
    """Write a campaign that answers whoever is engaged, often."""
    creatives: list[dict[str, object]] = [
        {"id": "plain", "file": "plain.html", "seconds": 60}
    ]
    for score in SCORES:
        name = f"from-{score}"
        answer = {"id": name, "file": f"{name}.html", "seconds": 1}
        creatives.append({**answer, "when": {"engagement": score}})
    campaign = {
        **ALWAYS,
        "id": "answers",
        "advertiser": "acme",
        "stands": ["north"],
        "creatives": creatives,
        "holdout": 0,
    }
    text = yaml.safe_dump({"campaigns": [campaign]})
    (folder / "campaigns.yaml").write_text(text)
    (folder / "creatives").mkdir()
    for creative in creatives:
        page = folder / "creatives" / str(creative["file"])
        page.write_text(f"<p>{creative['id']}</p>")


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
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument(
        "--uri",
        default="synthetic:?people=3&seed={number}",
        help="what the cameras see; {number} is that of the camera",
    )
    parser.add_argument(
        "--no-screen",
        dest="screen",
        action="store_false",
        help="leave out Chromium: the screen of a stand is usually a machine of its own",
    )
    options = parser.parse_args()
    libs = kafka_libs()
    if libs is None:
        parser.error("no broker: run `make kafka-libs`, and install Java")
    console = Console()
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_config(folder, options.cameras, options.fps, options.uri)
        with running_site(folder, libs, options.models) as site:
            if options.screen:
                measure_with_screen(site, options, console)
            else:
                measure(site, options.seconds, console)
    console.print(f"load of the machine: {os.getloadavg()[1]:.1f}")


def measure_with_screen(
    site: Processes,
    options: argparse.Namespace,
    console: Console,
) -> None:
    """Print the latency up to the pixels, too."""
    # Its place is taken by the browser.
    site.kill("player")
    with watched_page(site, options.chromium) as page:
        measure(site, options.seconds, console)
        answers = answers_that_cut(page)
    show_answers(answers, seen_ns(site), console)


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
                security=None,
                **environment,
            ) as site,
        ):
            yield site
    finally:
        broker.stop()


@contextmanager
def watched_page(site: Processes, chromium: str) -> Iterator[Page]:
    """Show the stand in Chromium, and note what is drawn."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox"],
        )
        page = browser.new_page()
        page.add_init_script(WATCH)
        page.goto(f"http://127.0.0.1:{site.page}/stands/north")
        yield page
        browser.close()


def measure(
    site: Processes,
    seconds: float,
    console: Console,
) -> None:
    """Print the latency of each part of the run, and the ages by stage, without one of warming up.

    Networks load and consumers join in that part.
    """
    table = Table(
        "part",
        "decisions",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "lag in records",
    )
    pause = Event()
    pause.wait(seconds / PARTS)
    first = {stage: buckets(site.metrics(stage), AGES) for stage in STAGES}
    before = buckets(site.metrics("stand"), LATENCY)
    cpu_before = cpu_s()
    for part in track(range(PARTS), "measuring", console=console):
        pause.wait(seconds / PARTS)
        after = buckets(site.metrics("stand"), LATENCY)
        counts = difference(after, before)
        before = after
        waiting = [f"{name} {records}" for name, records in lag(site).items()]
        table.add_row(f"{part + 1}/{PARTS}", *figures(counts), ", ".join(waiting))
    console.print(table)
    table = Table("capture to the end of", "times", "p50 ms", "p95 ms", "p99 ms")
    for stage in STAGES:
        counts = difference(buckets(site.metrics(stage), AGES), first[stage])
        table.add_row(stage, *figures(counts))
    console.print(table)
    counts = difference(buckets(site.metrics("ingest"), AGES), first["ingest"])
    show_cpu(cpu_before, seconds, max(counts.values()), console)


def cpu_s() -> dict[str, float]:
    """Return the CPU time of each child of this process, servers included, by name."""
    found: dict[str, float] = {}
    for child in psutil.Process().children(recursive=True):
        name = child.name()
        for argument in child.cmdline():
            if argument.startswith(SERVICE):
                name = argument.removeprefix(SERVICE)
        times = child.cpu_times()
        found[name] = found.get(name, 0.0) + times.user + times.system
    return found


def show_cpu(
    before: Mapping[str, float],
    seconds: float,
    frames: float,
    console: Console,
) -> None:
    """Print what each process took since `before`."""
    table = Table("process", "CPU ms a frame", "cores")
    whole_s = 0.0
    for name, after_s in sorted(cpu_s().items()):
        used_s = after_s - before.get(name, 0.0)
        whole_s += used_s
        table.add_row(name, f"{1000 * used_s / frames:.2f}", f"{used_s / seconds:.3f}")
    table.add_row("all", f"{1000 * whole_s / frames:.2f}", f"{whole_s / seconds:.3f}")
    console.print(table)


def difference(
    after: Mapping[float, float], before: Mapping[float, float]
) -> dict[float, float]:
    """Return what a histogram counted between two readings."""
    counts = {}
    for bound, count in after.items():
        counts[bound] = count - before.get(bound, 0.0)
    return counts


def figures(counts: Mapping[float, float]) -> list[str]:
    """Return how many values a histogram has, and their quantiles in ms."""
    total = max(counts.values(), default=0)
    milliseconds = [1000 * quantile(counts, share) for share in QUANTILES]
    return [f"{total:.0f}", *(f"{value:.0f}" for value in milliseconds)]


def seen_ns(site: Processes) -> list[tuple[int, int]]:
    """Return when each snapshot came to the bus, and when it was captured, in order.

    Reads up to now: the cameras go on, so that there is no end.
    """
    now_ns = time.time_ns()
    consumer = site.bus.consumer("latency", [ENGAGEMENT])
    found: list[tuple[int, int]] = []
    newest_ns = 0
    while newest_ns < now_ns:
        for record in consumer.poll(1.0, 1000):
            snapshot = decode(record).event
            newest_ns = record.appended_at_ns
            found.append((newest_ns, snapshot.occurred_at_ns))
    consumer.close()
    return sorted(found)


def show_answers(
    answers: Sequence[Answer],
    seen: Sequence[tuple[int, int]],
    console: Console,
) -> None:
    """Print the times from the capture and from the decision to the pixels."""
    appended = [appended_ns for appended_ns, _ in seen]
    table = Table("answers that cut a play", "times", "p50 ms", "p95 ms", "longest ms")
    whole = []
    last_part = []
    for answer in answers:
        place = bisect_right(appended, int(answer.issued_ms * 1e6)) - 1
        if place < 0:
            continue
        captured_ms = seen[place][1] / 1e6
        whole.append(answer.drawn_ms - captured_ms)
        last_part.append(answer.drawn_ms - answer.issued_ms)
    for name, times in {"capture": whole, "decision": last_part}.items():
        if times:
            quantiles = [*np.quantile(times, [0.5, 0.95]), max(times)]
            row = [f"{value:.0f}" for value in quantiles]
            table.add_row(f"{name} to pixels", str(len(times)), *row)
    console.print(table)


if __name__ == "__main__":
    main()
