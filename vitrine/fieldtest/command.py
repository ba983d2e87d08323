"""Run `vitrine fieldtest`: a scenario through the whole pipeline, compared with the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click
from click.shell_completion import CompletionItem


def scenario_names(
    context: click.Context,  # noqa: ARG001 - part of click's interface
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[CompletionItem]:
    """Return the scenarios that begin with `incomplete`, with their titles, for the shell."""
    from vitrine.fieldtest.scenarios import SCENARIOS

    found = []
    for name, scenario in SCENARIOS.items():
        if name.startswith(incomplete):
            item = CompletionItem(name, help=scenario.title)
            found.append(item)
    return found


def fault_names(
    context: click.Context,  # noqa: ARG001
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    """Return the faults that begin with `incomplete`, for the shell."""
    from vitrine.fieldtest.sabotage import FAULTS

    return sorted(name for name in FAULTS if name.startswith(incomplete))


@click.command(short_help="Compare figures with a known truth.")
@click.argument(
    "name",
    metavar="[SCENARIO]",
    required=False,
    shell_complete=scenario_names,
)
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
    metavar="FAULT",
    shell_complete=fault_names,
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
    type=click.Path(dir_okay=False, path_type=Path, allow_dash=True),
    metavar="OUT",
    help="Results, or the list, as JSON; - for standard output.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT",
    help="The page with timelines and the worst cases.  "
    "[default: fieldtest.html, or the next free name]",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace files of an earlier run that --html, --json or --record name.",
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
    html: Path | None,
    overwrite: bool,
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

    Public models are used from the folder VITRINE_MODELS; VITRINE_MODEL_SET chooses the set.
    """
    from vitrine.fieldtest.terminal import Files, list_scenarios, run_fieldtest

    if listed:
        list_scenarios(json_out)
        return
    run_fieldtest(
        name=name,
        video=video,
        labels=labels,
        seconds=seconds,
        bus=bus,
        broken=broken,
        files=Files(
            record=record,
            json=json_out,
            html=html,
            overwrite=overwrite,
        ),
    )
