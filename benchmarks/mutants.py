"""Alter the domain's code in small ways, one at a time, and count what the tests notice.

    make mutants                                        400 of each package
    python -m benchmarks.mutants presence --count 40    a taste of one package

Mutants are made by cosmic-ray's operators and drawn by seed: first one for each place in the
code, then a second one, and so on. Each is tried in a copy of the checkout, by a process that
has the libraries loaded already. Survivors that may live stand in tests/survivors.yaml with
the reason. The exit status is 1 where less than --floor of the mutants were killed.
"""

from __future__ import annotations

import ast
import importlib
import multiprocessing
import os
import random
import resource
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest
import yaml
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from rich.console import Console
from rich.progress import Progress

ROOT = Path(__file__).resolve().parents[1]
SURVIVORS = ROOT / "tests" / "survivors.yaml"
COPIED = ("vitrine", "services", "tests", "models", "config", "pyproject.toml")
# Loading these takes longer than most tests; they are loaded once, before the first fork.
LIBRARIES = ("numpy", "cv2", "sklearn.neighbors", "pydantic_settings", "redis", "httpx")
POLL_S = 0.02
# A mutant that loops for ever is killed by the time that it computes, so that other work on the
# machine kills none; one that waits for ever, by the clock. A package's tests take some 3 s.
COMPUTES_S = 40
LIMIT_S = 240.0
# `X | None` in an annotation is never evaluated: its mutants could not be noticed.
NEVER_NOTICED = "core/ReplaceBinaryOperator_BitOr_"
# Nor could those of `slots=True`, which spares memory and changes no result.
SPARES_MEMORY = "slots="
BY_DEFAULT = ("presence", "customers", "offers")


@dataclass(frozen=True, slots=True)
class Package:
    """Name the folders that are altered, and the tests that should notice."""

    folders: tuple[str, ...]
    tests: tuple[str, ...]


PACKAGES = {
    "presence": Package(
        ("vitrine/presence",),
        (
            "tests/unit/presence",
            "tests/unit/engagement",
            "tests/unit/stores/test_presence.py",
        ),
    ),
    "customers": Package(
        ("vitrine/customers",),
        (
            "tests/unit/customers",
            "tests/unit/identity",
            "tests/unit/stores/test_customers.py",
        ),
    ),
    # Offers alone are too few lines: what decides about them is in the programme.
    "offers": Package(
        ("vitrine/offers", "vitrine/programme"),
        ("tests/unit/offers", "tests/unit/programme", "tests/unit/stand"),
    ),
    "campaigns": Package(
        ("vitrine/campaigns",), ("tests/unit/campaigns", "tests/unit/analytics")
    ),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """Hold one change: where, by which operator, and the line before and after."""

    file: str
    line: int
    column: int
    operator: str
    occurrence: int

    def code(self) -> str:
        """Return the altered file."""
        original = (ROOT / self.file).read_text(encoding="utf-8")
        altered = mutate_code(original, get_operator(self.operator)(), self.occurrence)
        assert altered is not None  # noqa: S101 - it was found in this very file
        return str(altered)

    def lines(self) -> tuple[str, str]:
        """Return the first line that differs, before and after."""
        before = (ROOT / self.file).read_text(encoding="utf-8").splitlines()
        after = self.code().splitlines()
        for old, new in zip(before, after, strict=False):
            if old != new:
                return old.strip(), new.strip()
        return before[self.line - 1].strip(), "(removed)"

    def scope(self) -> str:
        """Return the function or class that holds it, the innermost one; "" outside of any."""
        tree = ast.parse((ROOT / self.file).read_text(encoding="utf-8"))
        found = ""
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            # A decorator stands above what it belongs to. `walk` comes from the outside in.
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if first <= self.line <= (node.end_lineno or first):
                found = node.name
        return found

    @property
    def name(self) -> str:
        """Return what tests/survivors.yaml calls it: not its line number, which moves."""
        before, after = self.lines()
        return f"{self.file} {self.scope()}: {before} → {after}"


def mutants_of(package: Package) -> list[Mutant]:
    """Return every mutant of a package, in a fixed order."""
    found = []
    for folder in package.folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found += mutants_in(path)
    return found


def mutants_in(path: Path) -> list[Mutant]:
    """Return every mutant of one file, in a fixed order."""
    nodes = list(ast_nodes(get_ast_from_path(path)))
    text = path.read_text(encoding="utf-8").splitlines()
    file = path.relative_to(ROOT).as_posix()
    found = []
    for name in sorted(operator_names()):
        operator = get_operator(name)
        if operator.arguments() or name.startswith(NEVER_NOTICED):
            continue
        occurrence = 0
        for node in nodes:
            for (line, column), _ in operator().mutation_positions(node):
                before = text[line - 1][:column]
                if not before.endswith(SPARES_MEMORY):
                    found.append(Mutant(file, line, column, name, occurrence))
                occurrence += 1
    return found


def draw(mutants: Sequence[Mutant], count: int, seed: int) -> list[Mutant]:
    """Return `count` mutants, by seed: one of every place before a second one of any."""
    chance = random.Random(seed)
    places: dict[tuple[str, int, int], list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        places[mutant.file, mutant.line, mutant.column].append(mutant)
    groups = list(places.values())
    chance.shuffle(groups)
    for group in groups:
        chance.shuffle(group)
    drawn: list[Mutant] = []
    while groups and len(drawn) < count:
        drawn += [group.pop() for group in groups]
        groups = [group for group in groups if group]
    return drawn[:count]


def copy_checkout(folder: Path) -> None:
    """Copy what the tests of a package need, links as links."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, folder / name, symlinks=True, ignore=ignored)
        else:
            shutil.copy(source, folder / name)


def run_tests(folder: Path, tests: Sequence[str]) -> None:
    """Run tests in a copy, in this process, and end it: status 0 where all passed."""
    os.chdir(folder)
    os.environ["PYTHONPATH"] = str(folder)
    sys.path[:] = [str(folder), *(each for each in sys.path if each != str(ROOT))]
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (COMPUTES_S, COMPUTES_S))
    status = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *tests])
    os._exit(0 if status == pytest.ExitCode.OK else 1)


@dataclass(slots=True)
class Bench:
    """Try one mutant after the other in a copy of the checkout."""

    folder: Path
    tests: Sequence[str]
    mutant: Mutant | None = None
    process: BaseProcess | None = None
    started_s: float = 0.0

    def begin(self, mutant: Mutant | None) -> None:
        """Alter the copy, and run its tests in a child of this process."""
        self.mutant = mutant
        if mutant is not None:
            (self.folder / mutant.file).write_text(mutant.code(), encoding="utf-8")
        context = multiprocessing.get_context("fork")
        self.process = context.Process(target=run_tests, args=(self.folder, self.tests))
        self.process.start()
        self.started_s = time.monotonic()

    def outcome(self) -> bool | None:
        """Return whether the tests noticed; None while they run. The copy is as before."""
        assert self.process is not None  # noqa: S101 - `begin` comes first
        if self.process.is_alive():
            if time.monotonic() - self.started_s < LIMIT_S:
                return None
            self.process.kill()
        self.process.join()
        if self.mutant is not None:
            shutil.copy(ROOT / self.mutant.file, self.folder / self.mutant.file)
        noticed = self.process.exitcode != 0
        self.process = None
        return noticed


def try_all(
    benches: Sequence[Bench], mutants: Sequence[Mutant], console: Console
) -> list[Mutant]:
    """Return the mutants that no test noticed."""
    waiting = list(reversed(mutants))
    survivors: list[Mutant] = []
    with Progress(console=console, auto_refresh=False) as progress:
        task = progress.add_task("mutants", total=len(mutants))
        busy: list[Bench] = []
        while waiting or busy:
            for bench in benches:
                if bench.process is None and waiting:
                    bench.begin(waiting.pop())
                    busy.append(bench)
            time.sleep(POLL_S)
            for bench in list(busy):
                noticed = bench.outcome()
                if noticed is None:
                    continue
                busy.remove(bench)
                progress.update(task, advance=1, refresh=True)
                if not noticed and bench.mutant is not None:
                    survivors.append(bench.mutant)
                    # At once: a run that is cut off has shown what it found.
                    console.print(
                        f"lives: {bench.mutant.name}", markup=False, soft_wrap=True
                    )
    return survivors


def excuses() -> dict[str, str]:
    """Return the survivors that may live, with the reason of each."""
    listed = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or []
    return {entry["mutant"]: entry["reason"] for entry in listed}


def tell(
    package: str, tried: int, survivors: Sequence[Mutant], console: Console
) -> float:
    """Print the score and the survivors; return the share that was killed."""
    share = 1 - len(survivors) / tried
    console.print(f"{package}: {tried - len(survivors)} of {tried} killed, {share:.1%}")
    reasons = excuses()
    for mutant in sorted(survivors, key=lambda each: (each.file, each.line)):
        reason = reasons.get(mutant.name, "NO REASON in tests/survivors.yaml")
        place = f"{mutant.file}:{mutant.line}"
        text = f"  {place}\n    {mutant.name}\n    may live: {reason}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    return share


def try_package(name: str, count: int, seed: int, jobs: int, console: Console) -> float:
    """Try the mutants of one package and return the share that was killed."""
    package = PACKAGES[name]
    drawn = draw(mutants_of(package), count, seed)
    with TemporaryDirectory(prefix="mutants-") as place:
        benches = []
        for number in range(jobs):
            folder = Path(place) / str(number)
            folder.mkdir()
            copy_checkout(folder)
            benches.append(Bench(folder, package.tests))
        benches[0].begin(None)
        untouched = None
        while untouched is None:
            time.sleep(POLL_S)
            untouched = benches[0].outcome()
        if untouched:
            raise click.ClickException(f"the tests of {name} fail without any mutant")
        survivors = try_all(benches, drawn, console)
    return tell(name, len(drawn), survivors, console)


@click.command()
@click.argument("packages", nargs=-1, type=click.Choice(sorted(PACKAGES)))
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
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for library in LIBRARIES:
        importlib.import_module(library)
    console = Console()
    worst = 1.0
    for package in packages or BY_DEFAULT:
        worst = min(worst, try_package(package, count, seed, jobs, console))
    sys.exit(worst < floor)


if __name__ == "__main__":
    main()
