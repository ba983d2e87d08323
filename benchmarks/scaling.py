"""Print what many cameras cost a growing number of `landmarks` processes over a real Kafka.

    make kafka-libs && python -m benchmarks.scaling --models ../shared/models VIDEO

The cameras are simulated: each sends the pictures of one video, from another place in it. Two
tables. The first hands each number of workers the same backlog. Its efficiency is the CPU time of a
frame with one worker, divided by that with so many: what more workers cost beside the work itself.
The rate of the wall clock says the same only where every worker has a core; cores beyond this
machine's are computed, and marked so.

The second lets the cameras send in real time, while a worker joins, leaves and is killed. The pause
is the longest that any camera waited for its faces beyond the time between two frames.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import cast

import httpx
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.vision import read
from tests.brokers import ROOT, KafkaBroker, free_ports, kafka_libs
from tests.processes import wait_for
from vitrine.bus import Outgoing, decode, encode
from vitrine.bus.kafka import KafkaBus
from vitrine.clock import SECOND_NS
from vitrine.errors import Unavailable
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.services.ingest.frames import to_jpeg
from vitrine.topics import FACES, FRAMES, TOPICS

CONFIG = ROOT / "config"
WIDTH = 640
QUALITY = 85
GROUP = "landmarks"
# Pictures of the video that the cameras take turns in.
PICTURES = 300
# A longer start, or a backlog that nobody works on, is a fault.
LIMIT_S = 120.0
# Cores that a mall's machine may have: what is computed from the measured cost.
COMPUTED_CORES = (4, 8, 16)


@dataclass(frozen=True, slots=True)
class Picture:
    """Hold a JPEG with its size in pixels."""

    jpeg: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Seen:
    """Name a frame whose faces are on the bus, and when the bus took them."""

    camera_id: str
    captured_ns: int
    appended_ns: int


class Cameras:
    """Publish frames of many cameras."""

    def __init__(
        self,
        bus: KafkaBus,
        count: int,
        pictures: Sequence[Picture],
    ) -> None:
        self._producer = bus.producer()
        self._pictures = pictures
        self.count = count
        self.sent_ns: list[int] = []
        """Capture time of what each camera has sent."""

    def send(self) -> None:
        """Publish one frame of each camera, captured now."""
        now_ns = time.time_ns()
        for number in range(self.count):
            # From places in the video that lie far apart.
            place = len(self.sent_ns) + number * len(self._pictures) // self.count
            picture = self._pictures[place % len(self._pictures)]
            meta = FrameMeta(
                camera_id=f"c{number}",
                stand_id="north",
                captured_at_ns=now_ns,
                width=picture.width,
                height=picture.height,
            )
            frame = Outgoing(
                FRAMES,
                meta.camera_id,
                meta,
                picture.jpeg,
                number % FRAMES.partitions,
            )
            self._producer.send(encode(frame))
        self._producer.flush()
        self.sent_ns.append(now_ns)

    def close(self) -> None:
        """Release the producer."""
        self._producer.close()


class Workers:
    """Run `landmarks` processes of one group."""

    def __init__(
        self,
        folder: Path,
        servers: str,
        models: Path | None,
    ) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            "VITRINE_BUS": "kafka",
            "VITRINE_KAFKA_SERVERS": servers,
            "VITRINE_CONFIG": str(CONFIG),
            "VITRINE_STATE": str(folder / "state"),
        }
        if models is not None:
            self._environment["VITRINE_MODELS"] = str(models.resolve())
        self._running: list[tuple[subprocess.Popen[bytes], int]] = []
        """Each process with the port of its health."""

    def start(self) -> None:
        """Start one more process."""
        (port,) = free_ports(1)
        log_file = self._folder / f"landmarks-{port}.log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "vitrine.services.landmarks"],
                cwd=ROOT,
                env={**self._environment, "VITRINE_HEALTH_PORT": str(port)},
                stdout=log,
                stderr=log,
            )
        self._running.append((process, port))

    def ready(self) -> bool:
        """Tell whether each has its share of the partitions."""
        for _, port in self._running:
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/readyz")
            except httpx.TransportError:
                return False
            if answer.status_code != HTTPStatus.OK:
                return False
        return True

    def end(self, number: signal.Signals) -> None:
        """End the process that was started last."""
        process, _ = self._running.pop()
        process.send_signal(number)
        process.wait()

    def stop(self) -> None:
        """End all."""
        while self._running:
            self.end(signal.SIGTERM)

    def cpu_s(self) -> float:
        """Return the CPU time of all that run."""
        total = 0.0
        for process, _ in self._running:
            times = psutil.Process(process.pid).cpu_times()
            total += times.user + times.system
        return total


def main() -> None:
    """Print both tables."""
    options = _options()
    libs = kafka_libs()
    if libs is None:
        sys.exit("no broker: run `make kafka-libs`, and install Java")
    pictures = []
    for image in read(options.video, WIDTH, PICTURES):
        height, width = image.shape[:2]
        pictures.append(Picture(to_jpeg(image, QUALITY), width, height))
    console = Console(width=100)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        broker = KafkaBroker(libs, folder)
        broker.start()
        stack.callback(broker.stop)
        bus = KafkaBus(broker.servers)
        stack.callback(bus.close)
        bus.apply_topics(TOPICS)
        cameras = Cameras(bus, options.cameras, pictures)
        stack.callback(cameras.close)
        workers = Workers(folder, broker.servers, options.models)
        stack.callback(workers.stop)
        print_cost(bus, cameras, workers, options, console)
        print_pauses(bus, cameras, workers, options, console)
    console.print(f"load of the machine: {os.getloadavg()[1]:.1f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("video", type=Path)
    parser.add_argument("--models", type=Path, help="folder with yunet_n_dynamic.onnx")
    parser.add_argument("--cameras", type=int, default=64)
    parser.add_argument("--frames", type=int, default=10, help="of each camera")
    parser.add_argument("--most-workers", type=int, default=4)
    parser.add_argument("--fps", type=float, default=1.0, help="in the second table")
    parser.add_argument("--seconds", type=float, default=12.0, help="after each change")
    return parser.parse_args()


def print_cost(
    bus: KafkaBus,
    cameras: Cameras,
    workers: Workers,
    options: argparse.Namespace,
    console: Console,
) -> None:
    """Print what a frame costs by the number of workers, and what more cores would do."""
    table = Table(
        "workers", "frames/s", "CPU ms a frame", "efficiency", "decided twice"
    )
    alone_ms = 0.0
    cost_ms = 0.0
    for count in range(1, options.most_workers + 1):
        workers.start()
        warm_up(bus, cameras, workers)
        before = workers.cpu_s()
        watch = Watch(bus)
        started = time.monotonic()
        for _ in range(options.frames):
            cameras.send()
        wait_until_read(bus)
        wall_s = time.monotonic() - started
        frames = options.frames * options.cameras
        cost_ms = (workers.cpu_s() - before) / frames * 1000
        alone_ms = alone_ms or cost_ms
        table.add_row(
            str(count),
            f"{frames / wall_s:.0f}",
            f"{cost_ms:.2f}",
            f"{alone_ms / cost_ms:.0%}",
            str(twice(watch.read())),
        )
    for cores in COMPUTED_CORES:
        rate = cores * 1000 / cost_ms
        table.add_row(f"{cores} cores, computed", f"{rate:.0f}", "", "", "")
    console.print(table)


def print_pauses(
    bus: KafkaBus,
    cameras: Cameras,
    workers: Workers,
    options: argparse.Namespace,
    console: Console,
) -> None:
    """Print how long cameras wait when workers come and go."""

    def join() -> None:
        workers.start()
        wait_for(workers.ready, "all workers are ready", LIMIT_S)

    workers.stop()
    for _ in range(2):
        workers.start()
    warm_up(bus, cameras, workers)
    changes: dict[str, Callable[[], None]] = {
        "none": lambda: None,
        "a third joins": join,
        "it leaves": lambda: workers.end(signal.SIGTERM),
        "another joins": join,
        "it is killed": lambda: workers.end(signal.SIGKILL),
    }
    table = Table("change", "frames", "longest pause s", "lost", "decided twice")
    with sending(cameras, 1 / options.fps):
        for name, change in changes.items():
            watch = Watch(bus)
            first = len(cameras.sent_ns)
            change()
            Event().wait(options.seconds)
            sent_ns = cameras.sent_ns[first:]
            wait_until_read(bus)
            seen = watch.read()
            pause_s = longest_pause_s(seen, watch.since_ns) - 1 / options.fps
            table.add_row(
                name,
                str(len(sent_ns) * cameras.count),
                f"{max(0.0, pause_s):.2f}",
                str(lost(sent_ns, cameras.count, seen)),
                str(twice(seen)),
            )
    console.print(table)


@contextmanager
def sending(cameras: Cameras, period_s: float) -> Iterator[None]:
    """Let the cameras send in real time."""
    stop = Event()

    def send() -> None:
        while not stop.wait(period_s):
            cameras.send()

    thread = Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Watch:
    """Read the faces that come from now on."""

    def __init__(self, bus: KafkaBus) -> None:
        self._tail = bus.tail({FACES: 0})
        self.since_ns = time.time_ns()

    def read(self) -> list[Seen]:
        """Return all that has come."""
        until_ns = time.time_ns()
        seen: list[Seen] = []
        while any(self._tail.lag().values()):
            for record in self._tail.poll(0.5, 500):
                event = decode(record).event
                if record.appended_at_ns > until_ns:
                    continue
                faces = cast(FrameFaces, event)
                one = Seen(
                    faces.camera_id,
                    faces.captured_at_ns,
                    record.appended_at_ns,
                )
                seen.append(one)
        self._tail.close()
        return seen


def longest_pause_s(seen: Sequence[Seen], since_ns: int) -> float:
    """Return the longest time that a camera was without faces, from `since_ns` on."""
    times: defaultdict[str, list[int]] = defaultdict(lambda: [since_ns])
    for each in seen:
        times[each.camera_id].append(each.appended_ns)
    longest_ns = 0
    for of_camera in times.values():
        of_camera.sort()
        for earlier, later in pairwise(of_camera):
            longest_ns = max(longest_ns, later - earlier)
    return longest_ns / SECOND_NS


def lost(sent_ns: Sequence[int], cameras: int, seen: Sequence[Seen]) -> int:
    """Return how many of the frames that were sent at these times never came."""
    came = Counter(captured_ns for _, captured_ns in seen_frames(seen))
    return sum(cameras - came[captured_ns] for captured_ns in sent_ns)


def twice(seen: Sequence[Seen]) -> int:
    """Return how many frames came more than once."""
    return len(seen) - len(seen_frames(seen))


def seen_frames(seen: Sequence[Seen]) -> set[tuple[str, int]]:
    """Return camera and capture time of each frame that came."""
    return {(each.camera_id, each.captured_ns) for each in seen}


def warm_up(
    bus: KafkaBus,
    cameras: Cameras,
    workers: Workers,
) -> None:
    """Wait until the group has shared out its partitions and the networks have run."""
    wait_for(workers.ready, "all workers are ready", LIMIT_S)
    for _ in range(2):
        cameras.send()
        wait_until_read(bus)


def wait_until_read(bus: KafkaBus) -> None:
    """Wait until the workers have committed all frames."""

    def all_read() -> bool:
        try:
            return not any(bus.backlog(GROUP, FRAMES).values())
        except Unavailable:
            # A new cluster has no coordinator for the group yet.
            return False

    wait_for(all_read, "the workers have read all frames", LIMIT_S)


if __name__ == "__main__":
    main()
