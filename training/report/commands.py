"""`python -m training measure` and `report`: docs/accuracy.md from the data to the page."""

import sys
from pathlib import Path

import click

from training.evaluation.commands import evaluate

RESULTS = Path("docs/accuracy")


@click.command("measure")
@click.option(
    "--shared",
    type=click.Path(
        exists=True,
        file_okay=False,
        path_type=Path,
    ),
    required=True,
    help="Folder with the data sets in data/ and the public models in models/.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=RESULTS,
    show_default=True,
)
@click.argument(
    "names",
    nargs=-1,
    metavar="[NAME...]",
)
def measure(
    shared: Path,
    folder: Path,
    names: tuple[str, ...],
) -> None:
    """Write all result files of docs/accuracy.md, or those whose names begin with a NAME."""
    # Only this command needs these two, and onnxruntime takes a while to import.
    from training.report import measuring  # noqa: PLC0415
    from training.report.speed import write_speed  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    measurements = measuring.chosen(names)
    failed = measuring.measure(
        measurements,
        shared,
        folder,
        _evaluate,
    )
    if not names or measuring.SPEED in names:
        write_speed(folder / f"{measuring.SPEED}.json")
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def _evaluate(arguments: list[str]) -> None:
    # Not standalone: errors are raised instead of ending the process.
    evaluate.main(
        arguments,
        prog_name="evaluate",
        standalone_mode=False,
    )


@click.command("report")
@click.option(
    "--folder",
    type=click.Path(
        exists=True,
        file_okay=False,
        path_type=Path,
    ),
    default=RESULTS,
    show_default=True,
)
@click.option(
    "--page",
    type=click.Path(path_type=Path),
    default=RESULTS.with_suffix(".md"),
    show_default=True,
)
def report(folder: Path, page: Path) -> None:
    """Write docs/accuracy.md and its plots from the result files."""
    # matplotlib takes a while to import.
    from training.report.page import write_page  # noqa: PLC0415

    write_page(folder, page)
