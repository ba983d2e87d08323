"""`vitrine fieldtest`: a scenario through the whole pipeline, compared with the truth."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from vitrine.errors import ConfigurationError
from vitrine.fieldtest.case import Result
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
    """Run a whole stand on people whose every move is known, and compare the figures with the truth.

    Detector, landmarks, engagement, identity, stand, player and analytics run as in production, as fast as
    this machine can. Tracks, presences, dwell, attention, visits, plays and campaign totals are then held
    against what really happened; the page shows where they differ. Exit status 1 says that a check failed.

    \b
    vitrine fieldtest --list                              what there is
    vitrine fieldtest rush                                eight people at once, at two stands
    vitrine fieldtest rush --seconds 600 --json out.json  longer, and for other programs
    vitrine fieldtest rush --break clock                  must fail: the camera's clock is 3 s ahead
    vitrine fieldtest --recording shop.mp4 --labels shop.csv

    Optional public models (YuNet, MobileFaceNet) are used from the folder VITRINE_MODELS.
    """
    console = Console(stderr=True)
    if listed:
        Console().print(list_of(SCENARIOS.values()))
        return
    scenario, truth = _chosen(name, video, labels)
    if seconds is not None:
        scenario = replace(scenario, seconds=seconds)
    settings = Settings.load(bus=bus)
    configure_logs(
        "WARNING" if settings.log_format == "json" else settings.log_level, "text"
    )
    with ExitStack() as stack:
        folder = record or Path(
            stack.enter_context(TemporaryDirectory(prefix="fieldtest-"))
        )
        fault = FAULTS[broken]() if broken else None
        run = Run(
            scenario.addressed() if truth is None else scenario,
            settings,
            folder,
            fault,
            truth,
        )
        with _progress(console, scenario.title) as progress:
            case = perform(run, progress)
        results = check(case)
        from vitrine.fieldtest.page import render  # noqa: PLC0415 - drawing is slow to load

        write_output(html, render(run, case, results))
    if json_out is not None:
        write_output(json_out, json.dumps(to_json(run, results), indent=2) + "\n")
    console.print(table_of(run, results), f"Page: [bold]{html}[/]", sep="\n")
    sys.exit(_status(results))


def _chosen(
    name: str | None, video: Path | None, labels: Path | None
) -> tuple[Scenario, Labels | None]:
    """The scenario, and the labels of a recording."""
    if video is None and labels is None:
        if name is None or name not in SCENARIOS:
            raise ConfigurationError(
                f"expected a scenario of {', '.join(SCENARIOS)}, or --recording with --labels"
            )
        return SCENARIOS[name], None
    if video is None or labels is None or name is not None:
        raise ConfigurationError(
            "a recording needs --recording VIDEO and --labels FILE.csv, and no scenario"
        )
    truth = read_labels(labels)
    if truth.sha256:
        with video.open("rb") as file:
            if file_digest(file, "sha256").hexdigest() != truth.sha256:
                raise ConfigurationError(
                    f"{labels} is about another video than {video}: its sha256 differs"
                )
    return recording(video, truth.width), truth


def _status(results: Sequence[Result]) -> int:
    return int(any(result.passed is False for result in results))


@contextmanager
def _progress(console: Console, title: str) -> Iterator[Callable[[Site, int], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[figures]}"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(title, total=None, figures="")

        def show(site: Site, expected: int) -> None:
            counts = site.recorder.counts
            figures = f"{counts.frames} frames · {counts.faces} faces · {counts.events['plays']} plays"
            bar.update(
                task, total=expected or None, completed=counts.frames, figures=figures
            )

        yield show
