"""Alter the domain's code in small ways, one at a time, and count what the tests notice.

    make mutants                                        400 of each package
    python -m benchmarks.mutants presence --count 40    a taste of one package

Mutants are made by cosmic-ray. They are drawn by seed, at most one for each place in the
code. A package is copied with its tests to a temporary folder for each job; the checkout is
never touched. Survivors that may live stand in tests/survivors.yaml with the reason. The
exit status is 1 where less than --floor of the mutants were killed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import yaml
from rich.console import Console
from rich.progress import Progress

ROOT = Path(__file__).resolve().parents[1]
SURVIVORS = ROOT / "tests" / "survivors.yaml"
COPIED = ("vitrine", "services", "tests", "models", "config", "pyproject.toml")
POLL_S = 2.0
# A mutant that loops for ever is killed by the clock. Tests of a package take some 6 s.
TIMEOUT_S = 60.0
TESTS = {
    "presence": ("tests/unit/presence", "tests/unit/engagement"),
    "customers": ("tests/unit/customers", "tests/unit/identity"),
    "offers": ("tests/unit/offers", "tests/unit/programme", "tests/unit/stand"),
    "programme": ("tests/unit/programme", "tests/unit/stand"),
    "campaigns": ("tests/unit/campaigns", "tests/unit/analytics"),
}
BY_DEFAULT = ("presence", "customers", "offers")
# `X | None` in an annotation is never evaluated: its mutants could not be noticed.
NEVER_NOTICED = "core/ReplaceBinaryOperator_BitOr_"
EDIT = """
[cosmic-ray]
module-path = {modules}
timeout = {timeout}
excluded-modules = []
test-command = "{command}"

[cosmic-ray.distributor]
name = "local"
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """Hold one altered place: its file, line, the kind of change, and whether a test noticed."""

    file: str
    line: int
    operator: str
    before: str
    after: str
    killed: bool

    @property
    def name(self) -> str:
        """Return what tests/survivors.yaml calls it: not its line number, which moves."""
        return f"{self.file}: {self.before} → {self.after}"


def copy_checkout(folder: Path) -> None:
    """Copy what the tests of a package need, links as links."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(source, folder / name)


def tool(*arguments: str, folder: Path) -> str:
    """Run cosmic-ray in a copy and return what it printed."""
    program = Path(sys.executable).with_name("cosmic-ray")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [str(program), *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def prepare(folder: Path, package: str) -> None:
    """Make a copy, and list every mutant of a package in its session file."""
    copy_checkout(folder)
    tests = [test for test in TESTS[package] if (folder / test).is_dir()]
    command = " ".join(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    )
    modules = json.dumps([f"vitrine/{package}"])
    text = EDIT.format(modules=modules, timeout=TIMEOUT_S, command=command)
    (folder / "mutants.toml").write_text(text, encoding="utf-8")
    tool("init", "mutants.toml", "mutants.sqlite", folder=folder)


def draw(folder: Path, count: int, seed: int) -> list[str]:
    """Return the jobs of `count` mutants, drawn by `seed`, at most one for each place."""
    query = (
        "SELECT job_id, module_path, start_pos_row, start_pos_col, operator_name"
        " FROM mutation_specs ORDER BY module_path, start_pos_row, start_pos_col, operator_name"
        ", occurrence"
    )
    with closing(sqlite3.connect(folder / "mutants.sqlite")) as session:
        rows = session.execute(query).fetchall()
    random.Random(seed).shuffle(rows)
    places = set()
    jobs = []
    for job, module, row, column, operator in rows:
        place = (module, row, column)
        if place in places or operator.startswith(NEVER_NOTICED):
            continue
        places.add(place)
        jobs.append(job)
    return jobs[:count]


def keep(folder: Path, jobs: Sequence[str]) -> None:
    """Take every other mutant out of a copy's session."""
    with closing(sqlite3.connect(folder / "mutants.sqlite")) as session:
        session.execute("CREATE TEMP TABLE kept (job_id TEXT)")
        session.executemany("INSERT INTO kept VALUES (?)", [(job,) for job in jobs])
        for table in ("mutation_specs", "work_items"):
            session.execute(
                f"DELETE FROM {table} WHERE job_id NOT IN (SELECT job_id FROM kept)"  # noqa: S608
            )
        session.commit()


def done_in(folder: Path) -> int:
    """Return how many mutants of a copy have been tried."""
    with closing(sqlite3.connect(folder / "mutants.sqlite")) as session:
        found = session.execute("SELECT COUNT(*) FROM work_results").fetchone()
    return int(found[0])


def execute(folders: Sequence[Path], total: int, console: Console) -> None:
    """Try the mutants of all copies at once, with a progress bar."""
    program = str(Path(sys.executable).with_name("cosmic-ray"))
    running = []
    for folder in folders:
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        command = [program, "exec", "mutants.toml", "mutants.sqlite"]
        running.append(subprocess.Popen(command, cwd=folder, env=environment))
    with Progress(console=console) as progress:
        task = progress.add_task("mutants", total=total)
        while any(process.poll() is None for process in running):
            time.sleep(POLL_S)
            progress.update(task, completed=sum(done_in(each) for each in folders))


def results(folder: Path) -> Iterator[Mutant]:
    """Yield the tried mutants of a copy."""
    for line in tool("dump", "mutants.sqlite", folder=folder).splitlines():
        item, result = json.loads(line)
        if result is not None:
            yield mutant_of(item, result)


def mutant_of(item: dict[str, Any], result: dict[str, Any]) -> Mutant:
    """Return one line of cosmic-ray's dump as a mutant."""
    mutation = item["mutations"][0]
    removed = ""
    added = ""
    for line in (result["diff"] or "").splitlines():
        if line.startswith("-") and not line.startswith("---"):
            removed = line[1:].strip()
        if line.startswith("+") and not line.startswith("+++"):
            added = line[1:].strip()
    return Mutant(
        file=mutation["module_path"],
        line=mutation["start_pos"][0],
        operator=mutation["operator_name"],
        before=removed,
        after=added,
        killed=result["test_outcome"] == "killed",
    )


def excused(package: str) -> dict[str, str]:
    """Return the survivors of a package that may live, with the reason of each."""
    listed = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or {}
    return {entry["mutant"]: entry["reason"] for entry in listed.get(package) or ()}


def tell(package: str, mutants: Sequence[Mutant], console: Console) -> float:
    """Print the score and the survivors; return the share that was killed."""
    survivors = [mutant for mutant in mutants if not mutant.killed]
    killed = len(mutants) - len(survivors)
    share = killed / len(mutants)
    console.print(f"{package}: {killed} of {len(mutants)} killed, {share:.1%}")
    reasons = excused(package)
    for mutant in sorted(survivors, key=lambda each: (each.file, each.line)):
        console.print(f"  {mutant.file}:{mutant.line} {mutant.operator}", markup=False)
        console.print(f"    - {mutant.before}", markup=False)
        console.print(f"    + {mutant.after}", markup=False)
        reason = reasons.get(mutant.name, "NO REASON in tests/survivors.yaml")
        console.print(f"    may live: {reason}", markup=False)
    return share


def try_package(
    package: str, count: int, seed: int, jobs: int, console: Console
) -> float:
    """Try the mutants of one package and return the share that was killed."""
    with TemporaryDirectory(prefix="mutants-") as name:
        first = Path(name) / "0"
        first.mkdir()
        prepare(first, package)
        drawn = draw(first, count, seed)
        folders = [first]
        for number in range(1, jobs):
            folder = Path(name) / str(number)
            shutil.copytree(first, folder, symlinks=True)
            folders.append(folder)
        for number, folder in enumerate(folders):
            keep(folder, drawn[number::jobs])
        execute(folders, len(drawn), console)
        mutants = [mutant for folder in folders for mutant in results(folder)]
    return tell(package, mutants, console)


@click.command()
@click.argument("packages", nargs=-1, type=click.Choice(sorted(TESTS)))
@click.option(
    "--count", default=400, show_default=True, help="Mutants of each package."
)
@click.option("--seed", default=1, show_default=True, help="Which mutants are drawn.")
@click.option(
    "--jobs", default=2, show_default=True, help="How many are tried at once."
)
@click.option(
    "--floor", default=0.9, show_default=True, help="Share that must be killed."
)
def main(
    packages: tuple[str, ...], count: int, seed: int, jobs: int, floor: float
) -> None:
    """Try mutants of PACKAGES, by default of presence, customers and offers."""
    console = Console()
    worst = 1.0
    for package in packages or BY_DEFAULT:
        worst = min(worst, try_package(package, count, seed, jobs, console))
    sys.exit(worst < floor)


if __name__ == "__main__":
    main()
