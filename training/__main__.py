"""`python -m training`: train, evaluate and export the models."""

from pathlib import Path

import click

from training.config import load_config
from training.datasets.splits import select
from training.mean_shape import write_mean_shape

CONFIG = click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def main() -> None:
    """Train, evaluate and export the models in models/."""


@main.command()
@CONFIG
@click.option("--resume", is_flag=True, help="Go on from the run's last checkpoint.")
def train(config: Path, *, resume: bool) -> None:
    """Train the landmark network as CONFIG (YAML) says."""
    from training import landmarks  # noqa: PLC0415  # torch takes seconds to import

    landmarks.train(load_config(config), resume=resume)


@main.command("mean-shape")
@CONFIG
@click.option(
    "--output", type=click.Path(path_type=Path), default="models/mean_shape_68.json", show_default=True
)
def mean_shape(config: Path, output: Path) -> None:
    """Fit the 3D mean face to the training part of CONFIG's data."""
    faces = [face for source in load_config(config).data for face in select(source.read(), "train")]
    click.echo(f"{len(faces)} faces, median residual {write_mean_shape(faces, output):.4f} eye distances")


if __name__ == "__main__":
    main()
