"""Print what decoding costs with PyAV, beside OpenCV's capture, and how bad cameras weigh.

    python -m benchmarks.decoding cost ../shared/video/*.mp4 [--rounds 9]
    python -m benchmarks.decoding cameras [--seconds 30]

`cost`: CPU time of a picture that ingest takes, ten a second by default: all are decoded, those
are converted to BGR. Runs of both alternate, so that other work on the machine falls on both.

`cameras`: 16 cameras over HTTP and RTSP, of which 4 hang, 4 refuse, 4 send garbage and 4 are
good. They are served by a process of their own. Ingest runs in this process with the memory
bus; its workers only commit.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Final

import cv2
from prometheus_client import REGISTRY

from tests.bad_cameras import bad_cameras
from tests.builders import make_mall
from tests.http_cameras import Answer, Request, http_camera, mjpeg
from tests.ingest_builders import commit_all, dropped, make_camera, make_picture
from tests.rtsp_cameras import rtsp_camera
from vitrine.bus.memory import MemoryBus
from vitrine.mall import Camera, Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context
from vitrine.services.ingest.app import build
from vitrine.services.ingest.frame_output import DROP_REASONS
from vitrine.services.ingest.frames import to_jpeg
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.ingest.sources import source_of
from vitrine.services.ingest.times import FILE_JITTER, Rate, StreamTimes
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS

FPS: Final = 10
KIB: Final = 1024
LIMIT_MB: Final = 512
KEPT: Final = 0.95


Decode = Callable[[str, float], int]


def with_pyav(path: str, fps: float) -> int:
    """Decode a video as ingest does; return the number of pictures that it takes."""
    rate = Rate(fps, FILE_JITTER)
    number = 0
    for shot in source_of(make_camera(path)).shots():
        if rate.accepts(shot.at_ns):
            shot.read()
            number += 1
    return number


def with_opencv(path: str, fps: float) -> int:
    """Decode a video by OpenCV's capture, and take as many pictures of it."""
    rate = Rate(fps, FILE_JITTER)
    options = (cv2.CAP_PROP_N_THREADS, 1)
    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, options)
    times = StreamTimes("benchmark", capture.get(cv2.CAP_PROP_FPS))
    number = 0
    while capture.grab():
        position_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1e3
        if rate.accepts(times.next_ns(position_s)):
            capture.retrieve()
            number += 1
    capture.release()
    return number


def milliseconds(decode: Decode, path: str, fps: float) -> float:
    """Return the CPU time of a picture that is taken."""
    begun = time.process_time()
    number = decode(path, fps)
    took = time.process_time() - begun
    return took / number * 1e3


def print_cost(paths: Sequence[str], rounds: int, fps: float) -> None:
    """Print the cost of a picture of each video, and the ratio of pairs of runs."""
    for path in paths:
        pyav = []
        opencv = []
        for _ in range(rounds):
            opencv.append(milliseconds(with_opencv, path, fps))
            pyav.append(milliseconds(with_pyav, path, fps))
        ratios = [a / b for a, b in zip(pyav, opencv, strict=True)]
        print(
            f"{Path(path).name}: PyAV {median(pyav):.2f} ms, "
            f"OpenCV {median(opencv):.2f} ms a picture; "
            f"ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )


def serve() -> None:
    """Be all cameras over the network until standard input ends; prints their addresses."""
    jpegs = []
    for number in range(20):
        picture = make_picture(number, width=1280, height=720)
        jpegs.append(to_jpeg(cv2.blur(picture, (9, 9)), 80))  # type: ignore[arg-type]

    def pictures(over: Event) -> Iterator[bytes]:
        number = 0
        while not over.wait(1 / FPS):
            yield mjpeg([jpegs[number % len(jpegs)]])
            number += 1

    def site(request: Request) -> Answer:
        if request.path == "/refuses":
            return Answer(status=403)
        return Answer(content_type="multipart/x-mixed-replace", chunks=pictures)

    with (
        TemporaryDirectory() as folder,
        bad_cameras() as (bad, _),
        http_camera(site) as place,
        rtsp_camera(Path(folder)) as rtsp,
    ):
        lines = []
        for number in range(4):
            lines.append(f"hangs-{number} {bad}/stops")
            lines.append(f"garbage-{number} {bad}/sends-garbage")
        for number in range(2):
            lines.append(f"refuses-{number} http://{place}/refuses")
            lines.append(f"refuses-{number + 2} rtsp://127.0.0.1:9/1")
            lines.append(f"good-{number} http://{place}/mjpeg")
            lines.append(f"good-{number + 2} rtsp://127.0.0.1:{rtsp.port}/1")
        print("\n".join(lines), flush=True)
        print(flush=True)
        sys.stdin.read()


@contextmanager
def served() -> Iterator[list[Camera]]:
    """Run the cameras in a process of their own."""
    command = [sys.executable, "-m", "benchmarks.decoding", "serve"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        cameras = []
        assert process.stdout is not None  # noqa: S101 - asked for
        for line in process.stdout:
            if not line.strip():
                break
            name, address = line.split()
            cameras.append(make_camera(address, id=name, fps=FPS))
        try:
            yield cameras
        finally:
            process.communicate("")


def published(camera_id: str) -> int:
    """Return how many pictures of a camera reached the bus."""
    name = "vitrine_camera_frames_total"
    taken = REGISTRY.get_sample_value(name, {"camera": camera_id}) or 0.0
    lost = [dropped(camera_id, reason) for reason in DROP_REASONS]
    return round(taken - sum(lost))


def print_cameras(seconds: float) -> int:
    """Print what the good cameras keep beside the bad ones; return 1 where it is too little."""
    bus = MemoryBus(TOPICS)
    stop = Event()
    workers = Thread(target=commit_all, args=(bus, stop))
    workers.start()
    # Nobody is before these cameras; the pictures are drawn.
    told = Stand(id="north", notice="sign")
    with served() as cameras:
        context = Context(
            settings=Settings(bus="memory"),
            bus=bus,
            mall=FixedMall(make_mall(told, cameras=cameras)),
            health=Health(),
            redis=lambda: connect("redis://127.0.0.1:1"),
            finite=False,
            defaults={IngestSettings: {"seconds": seconds}},
        )
        build(context).run(Event())
    stop.set()
    workers.join()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB
    shares = []
    for camera in cameras:
        count = published(camera.id)
        share = count / (seconds * FPS)
        print(f"{camera.id:10} {count:5} frames, {share:6.1%}")
        if camera.id.startswith("good"):
            shares.append(share)
    print(f"good cameras keep at least {min(shares):.1%}; peak memory {peak_mb:.0f} MB")
    good = min(shares) >= KEPT and peak_mb < LIMIT_MB
    return int(not good)


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    cost = commands.add_parser("cost")
    cost.add_argument("videos", nargs="+")
    cost.add_argument("--rounds", type=int, default=9)
    cost.add_argument("--fps", type=float, default=FPS)
    cameras = commands.add_parser("cameras")
    cameras.add_argument("--seconds", type=float, default=30)
    commands.add_parser("serve")
    options = parser.parse_args()
    if options.command == "cost":
        print_cost(options.videos, options.rounds, options.fps)
    elif options.command == "serve":
        serve()
    else:
        sys.exit(print_cameras(options.seconds))


if __name__ == "__main__":
    main()
