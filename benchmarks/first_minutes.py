"""How long somebody waits at first: `python -m benchmarks.first_minutes`.

With --install also for `make install` of a new clone, which fetches all packages.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click

ROOT: Final = Path(__file__).parents[1]
VITRINE: Final = (sys.executable, "-m", "vitrine.cli")
HELP: Final = (
    ("--help",),
    ("demo", "--help"),
    ("fieldtest", "--help"),
    ("site", "--help"),
)
COMPLETED: Final = ("vitrine fieldtest r", "vitrine run i", "vitrine models pull y")


@click.command()
@click.option("--repeats", default=7, show_default=True, help="Of each short command.")
@click.option("--install", is_flag=True, help="Also time `make install`; minutes.")
def first_minutes(repeats: int, install: bool) -> None:
    """Print seconds: the median of the repeats, and the slowest."""
    for arguments in HELP:
        name = " ".join(("vitrine", *arguments))
        report(name, repeats, [*VITRINE, *arguments], {})
    for line in COMPLETED:
        environment = {
            "_VITRINE_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(line.count(" ")),
        }
        report(f"{line}<TAB>", repeats, [*VITRINE], environment)
    demo()
    if install:
        installation()


def report(
    name: str,
    repeats: int,
    command: Sequence[str],
    environment: Mapping[str, str],
) -> None:
    """Run a command so many times and print how long it took."""
    taken_s = []
    for _ in range(repeats):
        started = time.perf_counter()
        subprocess.run(
            command,
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        taken_s.append(time.perf_counter() - started)
    median_s = statistics.median(taken_s)
    print(f"{name:32} {median_s:6.2f} s  (slowest {max(taken_s):.2f} s)")


def demo() -> None:
    """Print when the demo says its first line, and when it is ready."""
    command = [*VITRINE, "demo", "--no-browser", "--port", "0"]
    started = time.perf_counter()
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            command,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ) as running,
    ):
        assert running.stderr is not None  # noqa: S101 - it is a pipe
        running.stderr.readline()
        first_s = time.perf_counter() - started
        for line in running.stderr:
            if line.startswith("Ready"):
                break
        ready_s = time.perf_counter() - started
        running.send_signal(signal.SIGINT)
        running.stderr.read()
    print(f"{'vitrine demo: first line':32} {first_s:6.2f} s")
    print(f"{'vitrine demo: ready':32} {ready_s:6.2f} s")


def installation() -> None:
    """Print how long a new clone takes to be installed."""
    with TemporaryDirectory() as folder:
        clone = Path(folder) / "vitrine"
        subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)  # noqa: S607
        started = time.perf_counter()
        subprocess.run(
            ["make", "install"],  # noqa: S607
            cwd=clone,
            check=True,
        )
        taken_s = time.perf_counter() - started
    print(f"{'make install':32} {taken_s:6.0f} s")


if __name__ == "__main__":
    first_minutes()
