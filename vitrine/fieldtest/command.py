"""Run `vitrine fieldtest`: a scenario through the whole pipeline, compared with the truth."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from vitrine.errors import ConfigurationError
from vitrine.fieldtest.checks import check
from vitrine.fieldtest.labels import Labels, read_labels
from vitrine.fieldtest.report import list_of, table_of, to_json
from vitrine.fieldtest.running import Run, perform
from vitrine.fieldtest.sabotage import FAULTS
from vitrine.fieldtest.scenarios import SCENARIOS, Scenario, recording
from vitrine.settings import Settings
from vitrine.site.embedded import Site
from vitrine.site.output import write_output
from vitrine.telemetry.logs import configure_logs


@click.command()
@click.argument("name", metavar="[SCENARIO]", required=False)
@click.option(
    "--list",
    "listed",
    is_flag=True,
    help="Show the scenarios and what each of them asks for.",
)
@click.option(
    "--recording",
    "video",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="VIDEO",
    help="Run on a video instead; needs --labels.",
)
@click.option(
    "--labels",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.csv",
    help="Hand labels of the video; docs/fieldtest.md has the form.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    help="Watch for so long, a day.  [default: the scenario's]",
)
@click.option(
    "--bus", type=click.Choice(["memory", "kafka"]), default="memory", show_default=True
)
@click.option(
    "--break",
    "broken",
    type=click.Choice(sorted(FAULTS)),
    help="Damage the run on purpose, to see that the checks notice.",
)
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Keep every event and the truth there.",
)
@click.option(
    "--json",
    "json_out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT",
    help="Results as JSON.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT",
    default=Path("fieldtest.html"),
    show_default=True,
    help="The page with timelines and the worst cases.",
)
def fieldtest(
    name: str | None,
    listed: bool,
    video: Path | None,
    labels: Path | None,
    seconds: float | None,
    bus: Literal["memory", "kafka"],
    broken: str | None,
    record: Path | None,
    json_out: Path | None,
    html: Path,
) -> None:
    """Run a whole stand on people whose every move is known, and compare figures with the truth.

    Detector, landmarks, engagement, identity, stand, player and analytics run as in production, as
    fast as this machine can. Tracks, presences, dwell, attention, visits, plays and campaign totals
    are then held against what really happened; the page shows where they differ. Exit status 1 says
    that a check failed.

    \b
    vitrine fieldtest --list                              what there is
    vitrine fieldtest rush                                eight people at once, at two stands
    vitrine fieldtest rush --seconds 600 --json out.json  longer, and for other programs
    vitrine fieldtest rush --break clock                  must fail: the camera's clock is 3 s ahead
    vitrine fieldtest --recording shop.mp4 --labels shop.csv

    Optional public models (YuNet, MobileFaceNet) are used from the folder VITRINE_MODELS.
    """
    if listed:
        Console().print(list_of(SCENARIOS.values()))
        return
    scenario, truth = _chosen(name, video, labels)
    if seconds is not None:
        scenario = replace(scenario, seconds=seconds)
    if truth is None:
        scenario = scenario.addressed()
    settings = Settings.load(bus=bus)
    _log(settings)
    console = Console(stderr=True)
    with _folder(record) as folder:
        run = Run(
            scenario=scenario,
            settings=settings,
            folder=folder,
            fault=FAULTS[broken]() if broken else None,
            labels=truth,
        )
        with _progress(console, scenario.title) as progress:
            case = perform(run, progress)
        results = check(case)
        from vitrine.fieldtest.page import render  # noqa: PLC0415 - drawing is slow to load

        page = render(run, case, results)
    write_output(html, page)
    if json_out is not None:
        text = json.dumps(to_json(run, results), indent=2)
        write_output(json_out, f"{text}\n")
    console.print(table_of(run, results))
    console.print(f"Page: [bold]{html}[/]")
    failed = any(result.passed is False for result in results)
    sys.exit(int(failed))


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
