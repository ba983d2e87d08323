"""Print what the live view of the cameras costs the server, without and with viewers.

    python -m benchmarks.console --cameras 4 --fps 10

Publishes pictures of the synthetic mall with two faces each on a bus in memory, in the process of
the console. Viewers are processes of their own, so that they do not count. `processor` is the time
of this process, as a share of a core, beyond what publishing alone takes. `latency` is from
publishing to a viewer's last byte. The slow viewer takes a second over each answer.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from threading import Event, Thread

import cv2
import httpx
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from tests.builders import face_points, make_face, make_mall
from tests.console_builders import RunningConsole, opened, running_console
from vitrine.mall import Camera, Mall
from vitrine.schemas import Face, FrameFaces
from vitrine.synthetic.source import SyntheticSource

WIDTH = 640
# The viewers have begun, and the console reads, after so long.
WARM_UP_S = 3.0
SLOW_S = 1.0


@dataclass(frozen=True, slots=True)
class Watched:
    """Hold what a viewer got."""

    pictures: int
    bytes: int
    latencies_ms: Sequence[float]


@dataclass(frozen=True, slots=True)
class Line:
    """Hold a line of the table."""

    name: str
    processor: float
    """Share of a core."""
    viewers: Sequence[Watched]

    def latency_ms(self, share: float) -> float:
        """Return a quantile over all viewers."""
        all_ms: list[float] = []
        for viewer in self.viewers:
            all_ms += viewer.latencies_ms
        return float(np.quantile(all_ms, share))


def watch(
    address: str,
    cookie: str,
    viewer: str,
    seconds: float,
    pause_s: float,
) -> Watched:
    """Ask as a page does, for so long; wait `pause_s` after each answer."""
    pictures = 0
    size = 0
    version = 0
    latencies = []
    ends = time.monotonic() + seconds
    with httpx.Client(base_url=address, headers={"Cookie": cookie}) as client:
        while time.monotonic() < ends:
            params: dict[str, str | int] = {"viewer": viewer, "after": version}
            answer = client.get("/cameras/news", params=params)
            answer.raise_for_status()
            now_ms = time.time_ns() / 1e6
            head, jpegs = opened(answer.content)
            version = head["version"]
            pictures += len(jpegs)
            size += len(answer.content)
            latencies += [now_ms - view["at_ms"] for view in head["views"]]
            time.sleep(pause_s)
    return Watched(pictures, size, latencies)


def cameras(count: int, fps: float) -> Mall:
    """Return a mall with so many cameras at one stand."""
    named = []
    for number in range(count):
        camera = Camera(
            id=f"north-{number}",
            uri=f"synthetic:?people=4&seed={number}",
            stand="north",
            fps=fps,
            width=WIDTH,
        )
        named.append(camera)
    return make_mall(cameras=named)


def faces() -> tuple[Face, ...]:
    """Return two faces with their points."""
    found = []
    for number, x in enumerate((200.0, 420.0)):
        points = face_points(x=x)
        rounded = [(round(a, 2), round(b, 2)) for a, b in points.tolist()]
        face = make_face(f"north-0-180000000000000000-{number}", x=x, points=rounded)
        found.append(face)
    return tuple(found)


def jpeg_of(camera: Camera) -> bytes:
    """Return a picture of a synthetic camera, at the quality of ingest."""
    _, draw = next(iter(SyntheticSource().shots(camera)))
    pixels, _ = draw()
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return data.tobytes()


@contextmanager
def publishing(
    console: RunningConsole,
    mall: Mall,
    fps: float,
) -> Iterator[None]:
    """Publish frames and faces of all cameras at their rate while the block runs."""
    stop = Event()
    jpegs = {camera.id: jpeg_of(camera) for camera in mall.cameras}
    found = faces()

    def publish() -> None:
        due = time.monotonic()
        while not stop.is_set():
            for camera in mall.cameras:
                frame = FrameFaces(
                    camera_id=camera.id,
                    stand_id="north",
                    captured_at_ns=time.time_ns(),
                    width=WIDTH,
                    height=360,
                    faces=found,
                )
                console.show(frame, jpegs[camera.id])
            due += 1 / fps
            stop.wait(max(0.0, due - time.monotonic()))

    thread = Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def session_of(console: RunningConsole) -> str:
    """Return the cookie of a browser that has signed in."""
    answer = httpx.get(console.service.entrance())
    cookie: str = answer.headers["Set-Cookie"]
    return cookie.partition(";")[0]


def measure(
    console: RunningConsole,
    pool: ProcessPoolExecutor,
    pauses_s: Sequence[float],
    seconds: float,
) -> tuple[float, list[Watched]]:
    """Return the processor's share with such viewers, and what each of them got."""
    watching = []
    for number, pause_s in enumerate(pauses_s):
        session = session_of(console)
        job = pool.submit(
            watch,
            console.service.address,
            session,
            f"{number:08x}",
            WARM_UP_S + seconds,
            pause_s,
        )
        watching.append(job)
    time.sleep(WARM_UP_S)
    process = psutil.Process()
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    used_s = after.user + after.system - before.user - before.system
    results = [job.result() for job in watching]
    return used_s / seconds, results


def run(count: int, fps: float, seconds: float) -> list[Line]:
    """Return a line for each set of viewers."""
    mall = cameras(count, fps)
    sets = {
        "nobody": [],
        "one viewer": [0.0],
        "four viewers": [0.0] * 4,
        "a slow one": [SLOW_S],
    }
    lines = []
    spawn = get_context("spawn")
    with (
        ProcessPoolExecutor(4, mp_context=spawn) as pool,
        running_console(mall) as console,
        publishing(console, mall, fps),
    ):
        # The processes import their modules before anything is measured.
        list(pool.map(time.sleep, [1.0] * 4))
        idle = 0.0
        for name, pauses_s in sets.items():
            share, watched = measure(console, pool, pauses_s, seconds)
            if not watched:
                idle = share
            lines.append(Line(name, share - idle, watched))
            # The viewers are gone before the next ones come.
            time.sleep(7)
    return lines


def to_plain(line: Line) -> dict[str, object]:
    """Return what JSON can hold."""
    row: dict[str, object] = {"viewers": line.name, "processor": line.processor}
    if line.viewers:
        row["pictures"] = [each.pictures for each in line.viewers]
        row["megabytes"] = [each.bytes / 1e6 for each in line.viewers]
        row["median_ms"] = line.latency_ms(0.5)
        row["p95_ms"] = line.latency_ms(0.95)
    return row


def table_of(lines: Sequence[Line], seconds: float) -> Table:
    """Return the table."""
    table = Table(
        "viewers",
        "processor",
        "pictures a second, each",
        "latency, median and p95",
    )
    watched_s = WARM_UP_S + seconds
    for line in lines:
        rates = [f"{each.pictures / watched_s:.1f}" for each in line.viewers]
        latency = ""
        if line.viewers:
            latency = f"{line.latency_ms(0.5):.0f} ms, {line.latency_ms(0.95):.0f} ms"
        table.add_row(
            line.name,
            f"{line.processor:.1%}",
            ", ".join(rates),
            latency,
        )
    return table


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--fps", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    lines = run(arguments.cameras, arguments.fps, arguments.seconds)
    if arguments.json:
        print(json.dumps([to_plain(line) for line in lines], indent=2))
        return
    Console().print(table_of(lines, arguments.seconds))


if __name__ == "__main__":
    main()
