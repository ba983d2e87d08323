"""Print how much of the pipeline's own rate is left while `vitrine view` shows a window.

    xvfb-run -a python -m benchmarks.view --source ../shared/video/two-people-head-pose.h264

The same pictures, decoded beforehand, are analysed as fast as possible: alone, and with the window
open, in turns, so that a machine that others load too is the same for both. Needs a display.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from rich.console import Console
from rich.table import Table

from vitrine.lab.view.analysis import Analysis
from vitrine.lab.view.kit import OWN, Kit
from vitrine.lab.view.latest import Latest
from vitrine.lab.view.reading import Picture, Player, Reading, camera_of
from vitrine.lab.view.watching import Watch
from vitrine.lab.view.window import Window

SHARE_WANTED = 0.8


class Ready(Latest[Picture]):
    """Give pictures in order, each as soon as it is asked for."""

    def __init__(self, pictures: Sequence[Picture], done: Event) -> None:
        super().__init__()
        self._pictures = iter(pictures)
        self._done = done

    def take(self, timeout_s: float = 0) -> Picture | None:
        """Return the next picture; None once all were taken."""
        picture = next(self._pictures, None)
        if picture is None:
            self._done.wait(timeout_s)
            self._done.set()
        return picture


class Unpaced(Player):
    """Hand decoded pictures on without waiting for their time."""

    def __init__(
        self, pictures: Sequence[Picture], reading: Reading, done: Event
    ) -> None:
        super().__init__(reading)
        self.newest = Ready(pictures, done)

    def run(self, stop: Event) -> None:
        """Wait for the end: there is nothing to read."""
        stop.wait()


def cpu_s() -> float:
    """Return the seconds of processor time that this process has taken."""
    times = os.times()
    return times.user + times.system


def alone(kit: Kit, pictures: Sequence[Picture]) -> tuple[float, float]:
    """Return pictures a second without a window, and milliseconds of processor time of each."""
    analysis = Analysis(kit, "own", OWN, synthetic=False)
    started = time.perf_counter()
    cpu = cpu_s()
    for picture in pictures:
        analysis.see(picture)
    return _figures(pictures, started, cpu)


def with_window(
    kit: Kit, pictures: Sequence[Picture], reading: Reading
) -> tuple[float, float]:
    """Return the same while a window shows the newest picture."""
    analysis = Analysis(kit, "own", OWN, synthetic=False)
    done = Event()
    player = Unpaced(pictures, reading, done)
    watch = Watch(kit, analysis, player)
    window = Window(watch, Path(tempfile.gettempdir()))
    started = time.perf_counter()
    cpu = cpu_s()
    with watch.running(done):
        window.run(done)
    return _figures(pictures, started, cpu)


def _figures(
    pictures: Sequence[Picture], started: float, cpu: float
) -> tuple[float, float]:
    rate = len(pictures) / (time.perf_counter() - started)
    return rate, 1000 * (cpu_s() - cpu) / len(pictures)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=200)
    arguments = parser.parse_args()
    camera = camera_of(arguments.source, 30, 640)
    reading = Reading(camera)
    pictures = []
    for picture in reading.pictures():
        pictures.append(picture)
        if len(pictures) == arguments.pictures:
            break
    kit = Kit(None)
    # The first run loads the networks.
    alone(kit, pictures[:10])
    table = Table(
        "turn", "alone /s", "window /s", "share", "alone CPU ms", "window CPU ms"
    )
    shares = []
    for turn in range(1, arguments.turns + 1):
        own, own_cpu = alone(kit, pictures)
        shown, shown_cpu = with_window(kit, pictures, reading)
        shares.append(shown / own)
        table.add_row(
            str(turn),
            f"{own:.1f}",
            f"{shown:.1f}",
            f"{shown / own:.2f}",
            f"{own_cpu:.1f}",
            f"{shown_cpu:.1f}",
        )
    screen = Console()
    screen.print(table)
    median = statistics.median(shares)
    screen.print(f"median share {median:.2f}; wanted: {SHARE_WANTED}")


if __name__ == "__main__":
    main()
