"""`python -m training`: train, evaluate and export the models."""

import sys
from hashlib import sha256
from pathlib import Path

import click
from pydantic import ValidationError

from training.datasets.faces import DatasetError
from training.datasets.formats import READERS, Format
from training.datasets.splits import select
from training.evaluation.commands import evaluate
from training.mean_shape import write_mean_shape
from training.report.commands import measure, report
from vitrine.errors import ConfigurationError
from vitrine.shipped import MODELS

CONFIG = click.argument(
    "config", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


@click.group()
def main() -> None:
    """Train, evaluate and export the models in models/."""


@main.command()
@CONFIG
@click.option("--resume", is_flag=True, help="Go on from the run's last checkpoint.")
def train(config: Path, *, resume: bool) -> None:
    """Train a network as CONFIG (YAML) says; training/configs/ has one for each."""
    from training import tasks, trainer  # noqa: PLC0415  # torch takes seconds to import

    settings, task = tasks.load_run(config)
    trainer.train(settings, task, resume=resume)


@main.command("mean-shape")
@click.option(
    "--data",
    "sources",
    type=(click.Path(exists=True, path_type=Path), click.Choice(sorted(READERS))),
    multiple=True,
    required=True,
    metavar="PATH FORMAT",
    help="A set of faces; may be repeated.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="models/mean_shape_68.json",
    show_default=True,
)
def mean_shape(sources: tuple[tuple[Path, Format], ...], output: Path) -> None:
    """Fit the 3D mean face to the training part of labelled faces."""
    faces = [
        face for path, form in sources for face in select(READERS[form](path), "train")
    ]
    click.echo(write_mean_shape(faces, output))


@main.command()
@CONFIG
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, path_type=Path),
    help="Weights; default: the run's best.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Default: the product's file in models/.",
)
def export(config: Path, checkpoint: Path | None, output: Path | None) -> None:
    """Write the trained network of CONFIG as an ONNX file."""
    from training import tasks, trainer  # noqa: PLC0415  # torch takes seconds to import
    from training.export import write_onnx  # noqa: PLC0415

    settings, task = tasks.load_run(config)
    network = task.network()
    trainer.load_weights(network, checkpoint or settings.run / "best.pt")
    target = output or MODELS / task.product.file
    write_onnx(network, task.product, target)
    click.echo(
        f"{target}: {target.stat().st_size} bytes, sha256 {sha256(target.read_bytes()).hexdigest()}"
    )


@main.command("restate")
def restate_models() -> None:
    """Write size and checksum of every file in models/ into models.yaml and its card."""
    from training.restate import restate  # noqa: PLC0415

    missing = restate(MODELS)
    for line in missing:
        click.echo(line, err=True)
    sys.exit(1 if missing else 0)


main.add_command(evaluate)
main.add_command(measure)
main.add_command(report)


if __name__ == "__main__":
    try:
        main()
    except (ConfigurationError, DatasetError, ValidationError) as error:
        sys.exit(f"Error: {error}")
