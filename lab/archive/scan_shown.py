"""A scan at the terminal: its progress, and what it could not read."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from vitrine.lab.archive.faces import FaceFinder
from vitrine.lab.archive.scanning import Scan, scan
from vitrine.lab.archive.store import opened
from vitrine.lab.archive.walking import shown
from vitrine.settings import Settings
from vitrine.site.interrupts import interrupts
from vitrine.terminal import console
from vitrine.vision.detectors.choice import Kind


def scan_archive(
    archive: Path,
    state: Path | None,
    detector: Kind,
    threads: int | None,
) -> None:
    """Scan an archive and say what was found. Raises ConfigurationError, KeyboardInterrupt."""
    screen = console(stderr=True)
    stop = Event()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with (
        opened(archive, state, create=True) as store,
        Progress(*columns, console=screen) as progress,
        interrupts(stop),
    ):
        finder = FaceFinder.load(Settings.load().models, detector)
        task = progress.add_task("reading photos", total=None)
        counted = scan(
            archive,
            store,
            finder,
            threads=threads or os.cpu_count() or 1,
            stop=stop,
            begun=lambda total: progress.update(task, total=total),
            done=lambda count: progress.advance(task, count),
        )
    tell(screen, console(), counted)
    if stop.is_set():
        raise KeyboardInterrupt


def tell(screen: Console, out: Console, counted: Scan) -> None:
    """Print problems to the screen, and the sums to the output."""
    for problem in counted.problems:
        screen.print(
            f"[yellow]{escape(shown(problem.path))}[/]: {escape(problem.reason)}"
        )
    kept = counted.faces - counted.dropped
    out.print(
        f"{counted.read} photos read, {counted.unchanged} known already, "
        f"{counted.gone} gone, {len(counted.problems)} left out"
    )
    out.print(f"{counted.faces} faces: {kept} to group, {counted.dropped} dropped")
