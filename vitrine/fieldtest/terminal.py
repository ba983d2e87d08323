"""A field test at the terminal: progress, results, and the files that stay."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from vitrine.errors import ConfigurationError
from vitrine.fieldtest.checks import check
from vitrine.fieldtest.labels import Labels, read_labels
from vitrine.fieldtest.report import list_of, scenarios_json, table_of, to_json
from vitrine.fieldtest.running import Run, perform
from vitrine.fieldtest.sabotage import FAULTS, Fault
from vitrine.fieldtest.scenarios import SCENARIOS, Scenario, recording
from vitrine.output import check_free, check_unused, free_name, write_output
from vitrine.settings import Settings
from vitrine.site.embedded import Site
from vitrine.telemetry.logs import configure_logs
from vitrine.terminal import console

PAGE: Final = Path("fieldtest.html")
STANDARD_OUTPUT: Final = Path("-")


@dataclass(frozen=True, slots=True)
class Files:
    """Hold where results go; None for what nobody asked for."""

    record: Path | None
    json: Path | None
    html: Path | None
    """Without one the page takes the first free name after PAGE."""
    overwrite: bool

    def check(self) -> None:
        """Raise ConfigurationError when results of an earlier run would be lost."""
        if self.overwrite:
            return
        if self.record is not None:
            check_unused(self.record)
        if self.html is not None:
            check_free(self.html)
        if self.json is not None and self.json != STANDARD_OUTPUT:
            check_free(self.json)

    def page(self) -> Path:
        """Return where the page goes."""
        if self.html is not None:
            return self.html
        return free_name(PAGE)


def list_scenarios(json_out: Path | None) -> None:
    """Print the scenarios as a table, or write them as JSON."""
    scenarios = SCENARIOS.values()
    if json_out is None:
        console().print(list_of(scenarios))
        return
    _write_json(json_out, scenarios_json(scenarios))


def run_fieldtest(
    *,
    name: str | None,
    video: Path | None,
    labels: Path | None,
    seconds: float | None,
    bus: Literal["memory", "kafka"],
    broken: str | None,
    files: Files,
) -> None:
    """Run, print the results, write the files, and exit 1 where a check failed."""
    scenario, truth = _chosen(name, video, labels)
    fault = _fault(broken)
    # Before the run: afterwards an hour may be lost.
    files.check()
    if seconds is not None:
        scenario = replace(scenario, seconds=seconds)
    if truth is None:
        scenario = scenario.addressed()
    settings = Settings.load(bus=bus)
    _log(settings)
    screen = console(stderr=True)
    with _folder(files.record) as folder:
        run = Run(
            scenario=scenario,
            settings=settings,
            folder=folder,
            fault=fault,
            labels=truth,
        )
        with _progress(screen, scenario.title) as progress:
            case = perform(run, progress)
        results = check(case)
        from vitrine.fieldtest.page import render  # noqa: PLC0415 - drawing is slow to load

        text = render(run, case, results)
    page = files.page()
    write_output(page, text)
    if files.json is not None:
        _write_json(files.json, to_json(run, results))
    screen.print(table_of(run, results))
    screen.print(f"Page: [bold]{page}[/]")
    failed = any(result.passed is False for result in results)
    sys.exit(int(failed))


def _write_json(path: Path, plain: object) -> None:
    text = json.dumps(plain, indent=2) + "\n"
    if path == STANDARD_OUTPUT:
        click.echo(text, nl=False)
    else:
        write_output(path, text)


def _fault(name: str | None) -> Fault | None:
    """Return the fault of this name. Raises ConfigurationError."""
    if name is None:
        return None
    if name not in FAULTS:
        listed = ", ".join(sorted(FAULTS))
        raise ConfigurationError(f"no fault {name!r}; there are: {listed}")
    return FAULTS[name]()


def _log(settings: Settings) -> None:
    """Log as text in any case: somebody watches the run on a terminal."""
    level = settings.log_level
    if settings.log_format == "json":
        level = "WARNING"
    configure_logs(level, "text")


@contextmanager
def _folder(record: Path | None) -> Iterator[Path]:
    """Give the folder for the events: the one asked for, or one that is removed afterwards."""
    if record is not None:
        yield record
        return
    with TemporaryDirectory(prefix="fieldtest-") as folder:
        yield Path(folder)


def _chosen(
    name: str | None,
    video: Path | None,
    labels: Path | None,
) -> tuple[Scenario, Labels | None]:
    """Return the scenario, and the labels of a recording.

    Raises ConfigurationError where the arguments do not fit together.
    """
    if video is None and labels is None:
        return _scenario(name), None
    if video is None or labels is None or name is not None:
        raise ConfigurationError(
            "a recording needs --recording VIDEO and --labels FILE.csv, and no scenario"
        )
    truth = read_labels(labels)
    if truth.sha256 and truth.sha256 != _sha256(video):
        raise ConfigurationError(
            f"{labels} is about another video than {video}: its sha256 differs"
        )
    return recording(video, truth.width), truth


def _scenario(name: str | None) -> Scenario:
    scenario = SCENARIOS.get(name or "")
    if scenario is None:
        raise ConfigurationError(
            f"expected a scenario of {', '.join(SCENARIOS)}, "
            "or --recording with --labels"
        )
    return scenario


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


@contextmanager
def _progress(console: Console, title: str) -> Iterator[Callable[[Site, int], None]]:
    """Show a bar, and yield the function that moves it."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[figures]}"),
        console=console,
    )
    with bar:
        task = bar.add_task(title, total=None, figures="")

        def show(site: Site, expected: int) -> None:
            counts = site.recorder.counts
            plays = counts.events["plays"]
            bar.update(
                task,
                total=expected or None,
                completed=counts.frames,
                figures=f"{counts.frames} frames · {counts.faces} faces · {plays} plays",
            )

        yield show
