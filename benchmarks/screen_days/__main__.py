"""Let screens play among faults, and count what was lost, doubled or too long.

    python -m benchmarks.screen_days day       10,800 plays of a second: a day of eight-second plays
    python -m benchmarks.screen_days hour      one real hour of eight-second plays, each fault once
    python -m benchmarks.screen_days memory    the memory of one page over 10,000 plays

Needs chromium, java and the jars of `make kafka-libs`.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Column, Table

from benchmarks.screen_days.faults import Pace
from benchmarks.screen_days.memory import is_flat
from benchmarks.screen_days.memory import measure as sample
from benchmarks.screen_days.run import Plan, run
from benchmarks.screen_days.verdict import COLUMNS, Verdict
from tests.brokers import kafka_libs

SHOWN_EXAMPLES: Final = 20
WIDTH: Final = 110
PROGRESS: Final = (
    *Progress.get_default_columns(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)
# Chosen, not measured: a fault is never far, and most end before the next of their track.
DAY: Final = Pace(calm_s=(3, 20), fault_s=(1, 12))

chromium_option = click.option(
    "--chromium",
    default=shutil.which("chromium") or "chromium",
    show_default=True,
    help="The browser.",
)
seed_option = click.option(
    "--seed", default=1, show_default=True, help="Of the moments and kinds of faults."
)


@click.group()
def main() -> None:
    """Let screens play among faults, and count what was lost, doubled or too long.

    Needs chromium, java and the jars of `make kafka-libs`. `day` is 10,800 plays of a second, as
    many as a day has of eight seconds; `COMMAND --help` says more.
    """


@main.command()
@click.option("--plays", default=10_800, show_default=True, help="To be drawn.")
@click.option("--screens", default=8, show_default=True, help="Each a stand.")
@click.option(
    "--browsers", default=2, show_default=True, help="They share the screens."
)
@seed_option
@chromium_option
def day(plays: int, screens: int, browsers: int, seed: int, chromium: str) -> None:
    """Play creatives of one second; faults of four kinds come at random, side by side.

    Exit status 1 when a play was lost, counted twice, or reported longer than it was drawn.
    """
    plan = Plan(screens, browsers, 1, plays, 0, DAY, seed)
    measure(plan, chromium)


@main.command()
@click.option("--minutes", default=60.0, show_default=True)
@click.option("--screens", default=2, show_default=True, help="Each a stand.")
@seed_option
@chromium_option
def hour(minutes: float, screens: int, seed: int, chromium: str) -> None:
    """Play creatives of eight seconds in real time; each fault comes once.

    Exit status 1 as for `day`.
    """
    seconds = 60 * minutes
    # Of the longest track, which has four kinds.
    calm_s = (seconds / 8, seconds / 6)
    pace = Pace(calm_s, fault_s=(5, 30), rounds=1)
    plan = Plan(screens, 1, 8, 0, seconds, pace, seed)
    measure(plan, chromium)


@main.command()
@click.option("--plays", default=10_000, show_default=True, help="Of one second.")
@click.option("--every", default=1_000, show_default=True, help="Plays to a sample.")
@click.option(
    "--factor", default=8.0, show_default=True, help="By which time is faster."
)
@chromium_option
def memory(plays: int, every: int, factor: float, chromium: str) -> None:
    """Measure the heap, nodes, listeners and storage of one page after garbage collection.

    Timers and clocks of the page and the stand's clock are faster by the factor. Exit status 1
    when the last third of the samples takes 5 % and 1 MB more than the first third.
    """
    console = Console(width=WIDTH)
    folder = Path(tempfile.mkdtemp(prefix="screen-memory-"))
    with Progress(*PROGRESS, console=console) as progress:
        task = progress.add_task("plays", total=plays)

        def tell(done: int) -> None:
            progress.update(task, completed=done)

        samples = []
        for each in sample(folder, chromium, plays, every, factor, tell):
            samples.append(each)
            # Long before the end: somebody may see it grow.
            progress.print(each.plays, each.figures)
    console.print("flat" if is_flat(samples) else "it grows", style="bold")
    console.print(f"load of the machine: {os.getloadavg()[1]:.1f}")
    sys.exit(not is_flat(samples))


def measure(plan: Plan, chromium: str) -> None:
    """Run a plan, print its figures, and exit."""
    libs = kafka_libs()
    if libs is None:
        raise click.ClickException(
            "no broker: needs java, and the jars that `make kafka-libs` fetches"
        )
    console = Console(width=WIDTH)
    folder = Path(tempfile.mkdtemp(prefix="screen-days-"))
    console.print(f"logs are in {folder}")
    columns = [
        *Progress.get_default_columns(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=console) as progress:
        unit = "plays" if plan.plays else "seconds"
        task = progress.add_task(unit, total=plan.plays or plan.for_s)

        def tell(drawn: int, seconds: float) -> None:
            progress.update(task, completed=drawn if plan.plays else round(seconds))

        verdict = run(folder, libs, chromium, plan, tell)
    show(verdict, console)
    console.print(f"load of the machine: {os.getloadavg()[1]:.1f}")
    sys.exit(bool(verdict.bad))


def show(verdict: Verdict, console: Console) -> None:
    """Print the verdict as a table, by the fault that began last."""
    table = Table(Column("fault", no_wrap=True), "times", *COLUMNS)
    for kind in sorted(verdict.rows):
        row = verdict.rows[kind]
        figures = [str(row[column]) for column in COLUMNS]
        table.add_row(kind, str(verdict.faults.get(kind, 0)), *figures)
    totals = [str(verdict.total(column)) for column in COLUMNS]
    table.add_section()
    table.add_row("all", str(sum(verdict.faults.values())), *totals)
    console.print(table)
    console.print(
        f"told twice under one id: {verdict.told_twice}, refused: {verdict.refused}, "
        f"kept with nothing on the screen: {verdict.unseen}, "
        f"on the topic, and the benchmark did not hear of it: {verdict.unwitnessed}"
    )
    console.print(
        f"one picture on a screen: at most {verdict.longest_s:.1f} s, "
        f"p99 {verdict.p99_s:.1f} s; "
        f"the house {verdict.house} times, {verdict.house_s:.0f} s in all"
    )
    for example in [*verdict.dark, *verdict.examples[:SHOWN_EXAMPLES]]:
        console.print(example, style="red", highlight=False)


if __name__ == "__main__":
    main()
